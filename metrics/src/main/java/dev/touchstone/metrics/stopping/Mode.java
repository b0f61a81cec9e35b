package dev.touchstone.metrics.stopping;

/** Which way a watched metric is better. Always given, never guessed from a name. */
public enum Mode {
  /** Losses. */
  MIN,
  /** Scores. */
  MAX;

  /** Whether {@code value} beats {@code best} by more than {@code minDelta}; false for NaN. */
  public boolean improves(double value, double best, double minDelta) {
    return this == MIN ? value + minDelta < best : value - minDelta > best;
  }

  /** A difference as a gain: above 0 is better. */
  public double gain(double difference) {
    return this == MIN ? -difference : difference;
  }

  /** What anything beats. */
  double worst() {
    return this == MIN ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
  }
}
