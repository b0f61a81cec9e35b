package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.ExactSum;
import java.util.List;

/**
 * The mean of a per-example quantity (log loss, squared error, a hit, a cost, or the difference of
 * one between two models) over a whole evaluation set, from a stratified sample of it.
 *
 * <p>Mergeable, of fixed size: {@code accept}, {@code combine} in any order and partition give the
 * same bits. Values must be finite and below 2^20 in magnitude. Not thread-safe.
 */
public final class StratifiedMean {
  // keeps squares of tiny differences above the fixed point's last place
  private static final double FINE = 0x1p8;
  private static final double LIMIT = 0x1p20;

  private final List<Stratum> strata;
  private final long[] counts;
  private final ExactSum[] sums;
  private final ExactSum[] squares;

  private StratifiedMean(List<Stratum> strata) {
    this.strata = strata;
    counts = new long[strata.size()];
    sums = new ExactSum[strata.size()];
    squares = new ExactSum[strata.size()];
    for (int h = 0; h < counts.length; h++) {
      sums[h] = ExactSum.of();
      squares[h] = ExactSum.of();
    }
  }

  /** For samples of this plan. */
  public static StratifiedMean of(SamplingPlan plan) {
    return new StratifiedMean(plan.strata());
  }

  /** For a whole set without strata, of so many examples, all or some of which arrive at random. */
  public static StratifiedMean ofWhole(long population) {
    return new StratifiedMean(
        List.of(new Stratum("all", 0, Double.NEGATIVE_INFINITY, "", population, 1, 1)));
  }

  /** Adds a sampled example. */
  public void accept(int stratum, double value) {
    if (stratum < 0 || stratum >= counts.length) {
      throw new IllegalArgumentException(
          "stratum must be in [0, " + (counts.length - 1) + "], got " + stratum);
    }
    if (!(Math.abs(value) < LIMIT)) {
      throw new IllegalArgumentException("value must be below 2^20 in magnitude, got " + value);
    }
    counts[stratum]++;
    sums[stratum].add(value);
    squares[stratum].add(value * FINE * (value * FINE));
  }

  /** Adds another sample's examples; returns this. */
  public StratifiedMean combine(StratifiedMean other) {
    if (!strata.equals(other.strata)) {
      throw new IllegalArgumentException("means of different plans cannot be combined");
    }
    for (int h = 0; h < counts.length; h++) {
      counts[h] += other.counts[h];
      sums[h].combine(other.sums[h]);
      squares[h].combine(other.squares[h]);
    }
    return this;
  }

  /** Sampled examples. */
  public long rows() {
    long rows = 0;
    for (long count : counts) {
      rows += count;
    }
    return rows;
  }

  /** Sampled examples of a stratum. */
  public long rows(int stratum) {
    return counts[stratum];
  }

  /** Sample standard deviations by stratum, for Neyman's allocation; 0 with fewer than two rows. */
  public double[] deviations() {
    double[] deviations = new double[counts.length];
    for (int h = 0; h < counts.length; h++) {
      deviations[h] = counts[h] < 2 ? 0 : Math.sqrt(centred(h) / (counts[h] - 1.0));
    }
    return deviations;
  }

  private double mean(int h) {
    return counts[h] == 0 ? 0 : sums[h].value() / counts[h];
  }

  private double centred(int h) {
    return counts[h] == 0
        ? 0
        : Math.max(0, squares[h].value() / FINE / FINE - sums[h].value() * mean(h));
  }

  /**
   * The mean post-stratified to the known populations: sum (N_h / N) dbar_h, with stratified
   * variances (methods 3.3). Strata with fewer than two of their examples are joined with a
   * neighbour of the same label; where that is not possible the estimate is undefined ({@code
   * empty_stratum}, {@code too_few_rows}).
   */
  public Estimate result(String name) {
    long rows = rows();
    if (rows == 0) {
      return Estimate.undefined(name, "empty", 0);
    }
    var cells = new StratumSums();
    for (int h = 0; h < counts.length; h++) {
      check(h);
      cells.add(strata.get(h).label(), strata.get(h).population(), counts[h], mean(h), centred(h));
    }
    if (cells.hasHole()) {
      return Estimate.undefined(name, "empty_stratum", rows);
    }
    if (cells.hasThin()) {
      return Estimate.undefined(name, "too_few_rows", rows);
    }
    double n = cells.population();
    var estimate =
        Estimate.of(
            name,
            cells.total() / n,
            cells.finiteVariance() / n / n,
            cells.superpopulationVariance() / n / n,
            rows,
            cells.effectiveRows());
    return rows == n ? estimate.withFlag(Estimate.WHOLE_SET) : estimate;
  }

  private void check(int h) {
    if (counts[h] > strata.get(h).population()) {
      throw new IllegalArgumentException(
          "a sample cannot have more examples than the stratum: "
              + counts[h]
              + " of "
              + strata.get(h).population()
              + " (stratum "
              + strata.get(h).name()
              + ")");
    }
  }

  /**
   * Horvitz and Thompson 1952: sum d/q over the sample, divided by the known N. Unbiased for any
   * rates; noisier than {@link #result} because chance in the sample's size is not taken out.
   */
  public Estimate horvitzThompson(String name) {
    if (rows() == 0) {
      return Estimate.undefined(name, "empty", 0);
    }
    double n = 0;
    double total = 0;
    double finite = 0;
    double squared = 0;
    for (int h = 0; h < counts.length; h++) {
      double w = strata.get(h).weight();
      double sumOfSquares = squares[h].value() / FINE / FINE;
      n += strata.get(h).population();
      total += w * sums[h].value();
      finite += w * (w - 1) * sumOfSquares;
      squared += w * w * sumOfSquares;
    }
    double mean = total / n;
    return Estimate.of(
        name,
        mean,
        finite / n / n,
        // N independent draws of an included w d: its second moment less the squared mean
        Math.max(0, squared / n / n - mean * mean / n),
        rows(),
        effective());
  }

  /**
   * Hajek 1971: the mean weighted with 1/q, needing no populations. Variances are those of Poisson
   * sampling, sum w (w - 1) (d - mean)² / W² and sum w² (d - mean)² / W².
   */
  public Estimate hajek(String name) {
    if (rows() == 0) {
      return Estimate.undefined(name, "empty", 0);
    }
    double weight = 0;
    double total = 0;
    for (int h = 0; h < counts.length; h++) {
      weight += strata.get(h).weight() * counts[h];
      total += strata.get(h).weight() * sums[h].value();
    }
    double mean = total / weight;
    double finite = 0;
    double squared = 0;
    for (int h = 0; h < counts.length; h++) {
      double w = strata.get(h).weight();
      double gap = mean(h) - mean;
      double around = centred(h) + counts[h] * gap * gap;
      finite += w * (w - 1) * around;
      squared += w * w * around;
    }
    return Estimate.of(
        name, mean, finite / weight / weight, squared / weight / weight, rows(), effective());
  }

  private double effective() {
    double weight = 0;
    double squared = 0;
    for (int h = 0; h < counts.length; h++) {
      double w = strata.get(h).weight();
      weight += w * counts[h];
      squared += w * w * counts[h];
    }
    return weight * weight / squared;
  }
}
