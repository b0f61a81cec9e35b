package dev.touchstone.metrics.stopping;

/**
 * Detects that the mean of a series has risen: with the running mean, m_t += x_t - mean_t - delta;
 * alarm when m_t is more than lambda above its minimum (Page 1954). An operational alarm on
 * per-batch training loss, never the basis of a claim. Immutable: each value gives the next state.
 *
 * @param delta rise that is tolerated, at least 0
 * @param lambda threshold of the alarm, above 0
 * @param count values seen
 * @param mean of them
 * @param sum m_t
 * @param least smallest m_t
 */
public record PageHinkley(
    double delta, double lambda, long count, double mean, double sum, double least) {
  /** Checks the ranges above. */
  public PageHinkley {
    if (!(delta >= 0 && delta <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("delta must be finite and at least 0, got " + delta);
    }
    if (!(lambda > 0 && lambda <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("lambda must be finite and above 0, got " + lambda);
    }
  }

  /** Before the first value. */
  public static PageHinkley of(double delta, double lambda) {
    return new PageHinkley(delta, lambda, 0, 0, 0, 0);
  }

  /** After the next value, which must be finite. */
  public PageHinkley next(double value) {
    if (!(Math.abs(value) <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("value must be finite, got " + value);
    }
    double newMean = mean + (value - mean) / (count + 1);
    double newSum = sum + value - newMean - delta;
    return new PageHinkley(delta, lambda, count + 1, newMean, newSum, Math.min(least, newSum));
  }

  /** Whether the mean has risen; after an alarm start anew with {@link #of}. */
  public boolean alarm() {
    return sum - least > lambda;
  }
}
