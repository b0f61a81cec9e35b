package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import java.math.BigInteger;

/**
 * Weighted mean and variance of doubles from exact sums of w, wx and wx²: nothing cancels and
 * nothing is rounded before the end, so any order and any partition give identical bytes, and a
 * large mean does not hide a small variance.
 *
 * <p>Values must be finite and at most {@value #LARGEST} in magnitude (2^500), so that squares are
 * finite. The square of a value below 2^-500 loses its last bits. About 15 ns a value. Empty: the
 * mean is NaN; callers say why. Not thread-safe.
 */
public final class Moments {
  /** Largest magnitude of a value: 2^500. */
  public static final double LARGEST = 0x1p500;

  private final WideSum sum;
  private final WideSum squares;
  private long weight;

  private Moments(WideSum sum, WideSum squares, long weight) {
    this.sum = sum;
    this.squares = squares;
    this.weight = weight;
  }

  /** Nothing yet. */
  public static Moments of() {
    return new Moments(WideSum.of(), WideSum.of(), 0);
  }

  /** Adds a value that counts once. */
  public void add(double value) {
    check(value);
    weight++;
    sum.add(value);
    squares.addProduct(value, value);
  }

  /** Adds a value that counts {@code units} times. */
  public void add(double value, long units) {
    check(value);
    if (units == 1) {
      add(value);
      return;
    }
    weight += units;
    sum.addProduct(value, units);
    double square = value * value;
    squares.addProduct(square, units);
    squares.addProduct(Math.fma(value, value, -square), units);
  }

  private static void check(double value) {
    if (!(Math.abs(value) <= LARGEST)) {
      throw new IllegalArgumentException(
          "value must be finite and at most 2^500 in magnitude, got " + value);
    }
  }

  /** Adds what the other saw; returns this. */
  public Moments combine(Moments other) {
    sum.combine(other.sum);
    squares.combine(other.squares);
    weight += other.weight;
    return this;
  }

  /**
   * The moments of {@code a}'s values and the negatives of {@code b}'s: of a quantity from those of
   * its positive and negative part.
   */
  public static Moments ofParts(Moments a, Moments b) {
    var parts = of().combine(a);
    parts.sum.subtract(b.sum);
    parts.squares.combine(b.squares);
    parts.weight += b.weight;
    return parts;
  }

  /** Sum of weights in units. */
  public long weight() {
    return weight;
  }

  /** Σ wx. */
  public double sum() {
    return sum.value();
  }

  /** Σ wx². */
  public double sumOfSquares() {
    return squares.value();
  }

  /** Σ wx / Σ w, correctly rounded; NaN for nothing. */
  public double mean() {
    if (weight == 0) {
      return Double.NaN;
    }
    var total = sum.exact();
    // 64 bits more than the quotient needs, and a sticky last one
    var parts = total.abs().shiftLeft(128).divideAndRemainder(BigInteger.valueOf(weight));
    var magnitude = parts[1].signum() == 0 ? parts[0] : parts[0].setBit(0);
    double mean = WideSum.toDouble(magnitude, WideSum.UNIT_EXPONENT - 128);
    return total.signum() < 0 ? -mean : mean;
  }

  /** Σ w (x - mean)², from exact sums; 0 for nothing and for constants. */
  public double centredSquares() {
    if (weight == 0) {
      return 0;
    }
    // (W Σwx² - (Σwx)²) / W, all integers until here
    var w = BigInteger.valueOf(weight);
    var s = sum.exact();
    var whole =
        squares.exact().multiply(w).shiftLeft(-WideSum.UNIT_EXPONENT).subtract(s.multiply(s));
    return Math.max(0, WideSum.toDouble(whole, 2 * WideSum.UNIT_EXPONENT) / weight);
  }

  /**
   * Standard error of the mean over independent rows: √(Σ w (x - mean)² / W / (m - 1)), m the
   * effective number of rows (n without weights).
   */
  public double standardError(double effectiveRows) {
    return Math.sqrt(centredSquares() / weight / (effectiveRows - 1));
  }

  /**
   * The mean as a metric with its interval: mean ± t(m - 1) se, cut at the ends of its range; by
   * the central limit theorem over rows ({@code clt_t}). Without an interval when there are fewer
   * than two rows ({@code n_lt_2}) or none differs ({@code zero_variance}: a width of 0 would claim
   * certainty).
   *
   * @param effectiveRows n, or (Σw)² / Σw² with weights
   */
  public MetricValue metric(
      String name, double effectiveRows, double least, double most, double level) {
    double mean = Math.max(least, Math.min(most, mean()));
    return withInterval(
        MetricValue.defined(name, mean),
        effectiveRows >= 2 ? standardError(effectiveRows) : 0,
        effectiveRows,
        least,
        most,
        level);
  }

  /** value ± t(m - 1) se, cut at the ends, or why not; see {@link #metric}. */
  public static MetricValue withInterval(
      MetricValue metric,
      double standardError,
      double effectiveRows,
      double least,
      double most,
      double level) {
    if (!(effectiveRows >= 2)) {
      return metric.withoutInterval("n_lt_2");
    }
    if (!(standardError > 0)) {
      return metric.withoutInterval("zero_variance");
    }
    double half = Intervals.t(level, effectiveRows - 1) * standardError;
    double low = Math.max(least, metric.value() - half);
    double high = Math.min(most, metric.value() + half);
    if (!(low >= -Double.MAX_VALUE && high <= Double.MAX_VALUE)) {
      return metric.withoutInterval("overflow");
    }
    return metric.withInterval(new Interval(low, high, "clt_t", level, Target.SUPERPOPULATION));
  }

  /** Writes the canonical state. */
  public void write(StateWriter out) {
    out.writeCount(weight);
    sum.write(out);
    squares.write(out);
  }

  /** The inverse of {@link #write}. */
  public static Moments read(StateReader in) {
    long weight = in.readCount();
    var sum = WideSum.read(in);
    return new Moments(sum, WideSum.read(in), weight);
  }
}
