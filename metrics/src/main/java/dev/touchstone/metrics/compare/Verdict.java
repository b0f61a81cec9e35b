package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Interval;

/** What the interval of a difference says about the candidate. */
public enum Verdict {
  /** The whole interval is a gain above the least effect that matters. */
  BETTER,
  /** The whole interval is a loss beyond the least effect that matters. */
  WORSE,
  /** Neither is shown. */
  INDISTINGUISHABLE,
  /** There is no interval; the reason is with the difference. */
  UNDEFINED;

  /**
   * The verdict on an interval of candidate - baseline.
   *
   * @param leastEffect a gain or loss must exceed it, at least 0
   */
  public static Verdict of(Interval difference, Direction direction, double leastEffect) {
    if (!(leastEffect >= 0)) {
      throw new IllegalArgumentException("least effect must be at least 0, got " + leastEffect);
    }
    if (difference == null) {
      return UNDEFINED;
    }
    double a = direction.gain(difference.low());
    double b = direction.gain(difference.high());
    if (Math.min(a, b) > leastEffect) {
      return BETTER;
    }
    return Math.max(a, b) < -leastEffect ? WORSE : INDISTINGUISHABLE;
  }
}
