package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.sampling.RowOrder;
import org.apache.commons.statistics.distribution.ChiSquaredDistribution;

/**
 * How far two distributions are apart, for different examples of the same kind: a reference and
 * what came later. From counts of bins that are fixed by the reference (equal mass of it, ties
 * never split), or from values.
 */
public final class DistributionShift {
  private DistributionShift() {}

  /**
   * The population stability index with its p-value.
   *
   * @param index sum (q_k - p_k) ln(q_k / p_k), natural logarithm; by convention below 0.1 stable,
   *     above 0.25 shifted
   * @param pValue of "no shift": index / (1/n + 1/m) against chi-square with K - 1 degrees of
   *     freedom (Yurdakul and Naranjo 2020); with millions of rows tiny shifts are significant,
   *     with a thousand 0.1 is noise
   */
  public record StabilityIndex(double index, double pValue) {}

  /**
   * The stability index of two counts by bin. Where a bin is empty on either side every share is
   * smoothed as (count + 0.5) / (n + 0.5 K); the constant changes the number, so it is part of the
   * definition.
   *
   * @throws IllegalArgumentException for fewer than 2 bins, negative counts, or an empty side
   */
  public static StabilityIndex stabilityIndex(long[] reference, long[] current) {
    double n = total("reference", reference);
    double m = total("current", current);
    checkBins(reference.length, current.length);
    boolean empty = false;
    for (int k = 0; k < reference.length; k++) {
      empty |= reference[k] == 0 || current[k] == 0;
    }
    double extra = empty ? 0.5 : 0;
    int bins = reference.length;
    double[] p = new double[bins];
    double[] q = new double[bins];
    for (int k = 0; k < bins; k++) {
      p[k] = (reference[k] + extra) / (n + extra * bins);
      q[k] = (current[k] + extra) / (m + extra * bins);
    }
    double index = symmetricDivergence(p, q);
    double statistic = index / (1 / n + 1 / m);
    return new StabilityIndex(
        index, ChiSquaredDistribution.of(bins - 1).survivalProbability(statistic));
  }

  private static double total(String name, long[] counts) {
    double total = 0;
    for (int k = 0; k < counts.length; k++) {
      if (counts[k] < 0) {
        throw new IllegalArgumentException(
            name + " counts must be at least 0, got " + counts[k] + " (bin " + k + ")");
      }
      total += counts[k];
    }
    if (total == 0) {
      throw new IllegalArgumentException(name + " must have at least one row");
    }
    return total;
  }

  private static void checkBins(int reference, int current) {
    if (reference != current || reference < 2) {
      throw new IllegalArgumentException(
          "both sides must have the same 2 or more bins, got " + reference + " and " + current);
    }
  }

  /** sum (q - p) ln(q / p) of shares above 0. */
  static double symmetricDivergence(double[] p, double[] q) {
    double sum = 0;
    for (int k = 0; k < p.length; k++) {
      sum += (q[k] - p[k]) * Math.log(q[k] / p[k]);
    }
    return sum;
  }

  /**
   * The Jensen-Shannon divergence of two counts by bin, in bits: 0 for equal shares, 1 for shares
   * that never meet. Its square root is a distance (SciPy's {@code jensenshannon} gives that, in
   * nats by default).
   */
  public static double jensenShannon(long[] reference, long[] current) {
    double n = total("reference", reference);
    double m = total("current", current);
    checkBins(reference.length, current.length);
    double sum = 0;
    for (int k = 0; k < reference.length; k++) {
      double p = reference[k] / n;
      double q = current[k] / m;
      sum += half(p, (p + q) / 2) + half(q, (p + q) / 2);
    }
    return Math.max(0, Math.min(1, sum / Math.log(2)));
  }

  /** Half of p ln(p / mean); 0 ln 0 is 0. */
  private static double half(double p, double mean) {
    return p == 0 ? 0 : p * Math.log(p / mean) / 2;
  }

  /**
   * The two-sample Kolmogorov-Smirnov distance, the largest difference of the two distribution
   * functions, taken after whole groups of ties. For large samples judge the distance (0.05, 0.1)
   * and not a p-value.
   *
   * @throws IllegalArgumentException for an empty side or a value that is NaN
   */
  public static double kolmogorovSmirnov(double[] reference, double[] current) {
    if (reference.length == 0 || current.length == 0) {
      throw new IllegalArgumentException(
          "both sides must have values, got " + reference.length + " and " + current.length);
    }
    var a = RowOrder.descending(reference);
    var b = RowOrder.descending(current);
    double distance = 0;
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      boolean takeA =
          j == b.size() || i < a.size() && Long.compareUnsigned(a.key(i), b.key(j)) <= 0;
      long key = takeA ? a.key(i) : b.key(j);
      i = i < a.size() && a.key(i) == key ? a.endOfTies(i) : i;
      j = j < b.size() && b.key(j) == key ? b.endOfTies(j) : j;
      distance = Math.max(distance, Math.abs((double) i / a.size() - (double) j / b.size()));
    }
    return distance;
  }
}
