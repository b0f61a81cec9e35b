package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.ExactSum;
import dev.touchstone.metrics.Intervals;

/**
 * The mean difference of a per-example quantity (a loss, a hit) between two models, with its
 * standard error.
 *
 * <pre>
 * D = sum w d / W     V = sum w² (d - D)² / W²     (without weights: sum (d - D)² / (n (n - 1)))
 * </pre>
 *
 * <p>Mergeable: {@code accept}, {@code combine} in any order and partition give the same bits (sums
 * in fixed point). Differences must be finite and below 2^20 in magnitude. Not thread-safe.
 */
public final class PairedMean {
  // keeps the squares of tiny differences above the fixed point's last place
  private static final double FINE = 0x1p8;
  private static final double LIMIT = 0x1p20;

  private final double scale;
  private final boolean weighted;
  private long rows;
  private final ExactSum weights = ExactSum.of();
  private final ExactSum squaredWeights = ExactSum.of();
  private final ExactSum first = ExactSum.of();
  private final ExactSum difference = ExactSum.of();
  private final ExactSum squaredDifference = ExactSum.of();
  private final ExactSum crossed = ExactSum.of();

  private PairedMean(boolean weighted, double scale) {
    this.weighted = weighted;
    this.scale = scale;
  }

  /** Every example weighs 1. */
  public static PairedMean of() {
    return new PairedMean(false, 1);
  }

  /**
   * Examples have weights of at most {@code largest}; accumulators that are combined must have been
   * given the same.
   */
  public static PairedMean weighted(double largest) {
    if (!(largest >= 0 && largest <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "largest weight must be finite and at least 0, got " + largest);
    }
    return new PairedMean(true, largest == 0 ? 1 : Math.scalb(1.0, -Math.getExponent(largest)));
  }

  /** Adds an example: the quantity under the baseline and under the candidate. */
  public void accept(double baseline, double candidate) {
    if (weighted) {
      throw new IllegalStateException("examples of this mean have weights");
    }
    double d = check(candidate - baseline);
    rows++;
    first.add(baseline);
    difference.add(d);
    squaredDifference.add(d * FINE * (d * FINE));
  }

  /** Adds an example with a weight of at least 0 and at most the largest announced. */
  public void accept(double baseline, double candidate, double weight) {
    if (!weighted) {
      throw new IllegalStateException("examples of this mean have no weights");
    }
    double w = weight * scale;
    if (!(w >= 0 && w < 2)) {
      throw new IllegalArgumentException(
          "weight must be at least 0 and below " + 2 / scale + ", got " + weight);
    }
    double d = check(candidate - baseline);
    if (w == 0) {
      return;
    }
    rows++;
    weights.add(w);
    squaredWeights.add(w * w);
    first.add(w * baseline);
    difference.add(w * d);
    double wd = w * d * FINE;
    squaredDifference.add(wd * wd);
    crossed.add(w * wd);
  }

  private static double check(double d) {
    if (!(Math.abs(d) < LIMIT)) {
      throw new IllegalArgumentException("difference must be below 2^20 in magnitude, got " + d);
    }
    return d;
  }

  /** Adds another mean's examples; returns this. */
  public PairedMean combine(PairedMean other) {
    if (other.weighted != weighted || other.scale != scale) {
      throw new IllegalArgumentException(
          "means must be of the same weights to be combined, got "
              + describe()
              + " and "
              + other.describe());
    }
    rows += other.rows;
    weights.combine(other.weights);
    squaredWeights.combine(other.squaredWeights);
    first.combine(other.first);
    difference.combine(other.difference);
    squaredDifference.combine(other.squaredDifference);
    crossed.combine(other.crossed);
    return this;
  }

  private String describe() {
    return weighted ? "weights below " + 2 / scale : "no weights";
  }

  /** Examples of positive weight. */
  public long rows() {
    return rows;
  }

  private double total() {
    return weighted ? weights.value() : rows;
  }

  /** The baseline's mean; NaN without examples. */
  public double baselineMean() {
    return first.value() / total();
  }

  /** The mean difference; NaN without examples. */
  public double meanDifference() {
    return difference.value() / total();
  }

  /** Its squared standard error; NaN with fewer than two examples. */
  public double variance() {
    double mean = meanDifference();
    double squares = squaredDifference.value() / FINE / FINE;
    if (!weighted) {
      double centred = squares - mean * difference.value();
      return rows < 2 ? Double.NaN : Math.max(0, centred) / rows / (rows - 1.0);
    }
    double centred =
        squares - 2 * mean * (crossed.value() / FINE) + mean * mean * squaredWeights.value();
    return rows < 2 ? Double.NaN : Math.max(0, centred) / total() / total();
  }

  /** Examples of equal weight that would vary as much: (sum w)² / sum w². */
  public double effectiveRows() {
    return weighted && rows > 0 ? total() * total() / squaredWeights.value() : rows;
  }

  /**
   * The comparison: D ± t(effective rows - 1) * se.
   *
   * @param name of the metric, such as {@code brier}
   * @param leastEffect see {@link Verdict#of}
   */
  public MetricComparison result(
      String name, Direction direction, double level, double leastEffect) {
    if (rows == 0) {
      return MetricComparison.undefined(name, direction, "empty", leastEffect);
    }
    double baseline = baselineMean();
    double mean = meanDifference();
    if (rows < 2) {
      return MetricComparison.withoutInterval(
          name, direction, baseline, baseline + mean, mean, "too_few_rows", leastEffect);
    }
    double freedom = Math.max(1, effectiveRows() - 1);
    return MetricComparison.of(
        name,
        direction,
        baseline,
        baseline + mean,
        mean,
        Math.sqrt(variance()),
        Intervals.t(level, freedom),
        MetricComparison.tTail(freedom),
        level,
        "paired_t",
        leastEffect);
  }
}
