package dev.touchstone.metrics.sampling;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How a budget of examples is shared out over strata (or over single examples, as strata of one).
 * All answers are inclusion rates in [0, 1], monotone in the budget: a larger budget keeps what a
 * smaller one sampled.
 */
public final class Allocation {
  private Allocation() {}

  /**
   * Rates proportional to a size with a uniform part: q = min(1, c [(1 - e) size / sum size + e /
   * N]), c such that the expected sample is the budget (the cap is iterated). Sizes of sqrt(H), H
   * the influence of a negative on average precision, and e = 0.3 are the default of plans.
   *
   * @param populations examples of each stratum
   * @param sizes of one example of each stratum, finite and at least 0; all 0 means uniform
   * @param budget expected examples; at least 0; everything when it exceeds the populations
   * @param floor e, in [0, 1]: robust to a poor reference when above 0
   */
  public static double[] proportionalToSize(
      long[] populations, double[] sizes, double budget, double floor) {
    checkColumns(populations, "sizes", sizes);
    if (!(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException("floor must be in [0, 1], got " + floor);
    }
    double all = 0;
    double total = 0;
    for (int h = 0; h < sizes.length; h++) {
      all += populations[h];
      total += populations[h] * sizes[h];
    }
    double[] shares = new double[sizes.length];
    for (int h = 0; h < sizes.length; h++) {
      shares[h] = total > 0 ? (1 - floor) * sizes[h] / total + floor / all : 1 / all;
    }
    return capped(populations, shares, budget);
  }

  /**
   * Neyman 1934: n_h proportional to N_h S_h / sqrt(c_h), the least variance of a mean for the
   * budget.
   *
   * @param deviations S_h, standard deviation of the quantity in each stratum
   * @param costs c_h of one example, above 0, or null for equal costs
   */
  public static double[] neyman(
      long[] populations, double[] deviations, double[] costs, double budget) {
    checkColumns(populations, "deviations", deviations);
    double[] shares = new double[deviations.length];
    for (int h = 0; h < shares.length; h++) {
      double cost = costs == null ? 1 : costs[h];
      if (!(cost > 0 && cost <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "cost must be finite and above 0, got " + cost + " (stratum " + h + ")");
      }
      shares[h] = deviations[h] / Math.sqrt(cost);
    }
    return capped(populations, shares, budget);
  }

  /**
   * Rates proportional to a size but never below a least rate: q = max(least, min(1, c size)), c
   * such that the expected sample is the budget. With the deviations of a quantity as sizes this is
   * the allocation of least variance among those that keep the least rates (Neyman 1934, with
   * bounds). Exact: c is found between the breakpoints of a piecewise linear function.
   *
   * @param sizes of one example of each stratum, finite and at least 0; all 0 means uniform
   * @param least lowest rate of each stratum, in [0, 1]; they alone may exceed the budget
   */
  public static double[] atLeast(
      long[] populations, double[] sizes, double[] least, double budget) {
    checkColumns(populations, "sizes", sizes);
    checkColumns(populations, "least rates", least);
    double[] shares = sizes.clone();
    if (Arrays.stream(shares).allMatch(size -> size == 0)) {
      Arrays.fill(shares, 1);
    }
    double[] breaks =
        IntStream.range(0, shares.length)
            .filter(h -> shares[h] > 0)
            .mapToObj(h -> DoubleStream.of(Math.min(1, least[h]) / shares[h], 1 / shares[h]))
            .flatMapToDouble(pair -> pair)
            .filter(c -> c <= Double.MAX_VALUE)
            .sorted()
            .toArray();
    double c = 0;
    double spent = sample(populations, rates(shares, least, 0));
    for (double next : breaks) {
      double more = sample(populations, rates(shares, least, next));
      if (more >= budget) {
        c += more > spent ? (next - c) * Math.max(0, budget - spent) / (more - spent) : 0;
        return rates(shares, least, c);
      }
      c = next;
      spent = more;
    }
    return rates(shares, least, c);
  }

  private static double[] rates(double[] shares, double[] least, double c) {
    double[] rates = new double[shares.length];
    for (int h = 0; h < rates.length; h++) {
      rates[h] = Math.min(1, Math.max(least[h], c * shares[h]));
    }
    return rates;
  }

  private static double sample(long[] populations, double[] rates) {
    double sum = 0;
    for (int h = 0; h < rates.length; h++) {
      sum += populations[h] * rates[h];
    }
    return sum;
  }

  private static void checkColumns(long[] populations, String name, double[] values) {
    if (values.length != populations.length) {
      throw new IllegalArgumentException(
          name + " must be as many as strata (" + populations.length + "), got " + values.length);
    }
    for (int h = 0; h < values.length; h++) {
      if (!(values[h] >= 0 && values[h] <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            name + " must be finite and at least 0, got " + values[h] + " (stratum " + h + ")");
      }
      if (populations[h] < 0) {
        throw new IllegalArgumentException(
            "population must be at least 0, got " + populations[h] + " (stratum " + h + ")");
      }
    }
  }

  /** min(1, c share) with c such that the expected sample is the budget. */
  private static double[] capped(long[] populations, double[] shares, double budget) {
    if (!(budget >= 0)) {
      throw new IllegalArgumentException("budget must be at least 0, got " + budget);
    }
    double[] rates = new double[shares.length];
    boolean[] whole = new boolean[shares.length];
    boolean changed = true;
    while (changed) {
      double left = budget;
      double weight = 0;
      for (int h = 0; h < shares.length; h++) {
        if (whole[h]) {
          left -= populations[h];
        } else {
          weight += populations[h] * shares[h];
        }
      }
      changed = false;
      double c = weight > 0 ? Math.max(0, left) / weight : 0;
      for (int h = 0; h < shares.length; h++) {
        rates[h] = whole[h] ? 1 : Math.min(1, c * shares[h]);
        if (!whole[h] && c * shares[h] > 1) {
          whole[h] = true;
          changed = true;
        }
      }
    }
    return rates;
  }
}
