package dev.touchstone.metrics;

import java.util.Objects;

/**
 * Where a metric's value is, with the method, confidence level and target that make the claim.
 *
 * @param low lower end, finite
 * @param high upper end, finite, not below {@code low}
 * @param method machine-readable name, such as {@code influence_logit}
 * @param level confidence level in (0, 1]; 1 for certified bounds
 * @param target what is covered
 */
public record Interval(double low, double high, String method, double level, Target target) {
  /** Refuses ends that are not finite or not in order, and levels outside (0, 1]. */
  public Interval {
    if (!(low <= high) || Double.isInfinite(low) || Double.isInfinite(high)) {
      throw new IllegalArgumentException(
          "interval ends must be finite and in order, got [" + low + ", " + high + "]");
    }
    if (!(level > 0 && level <= 1)) {
      throw new IllegalArgumentException("level must be in (0, 1], got " + level);
    }
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(target, "target");
  }

  /** Whether {@code value} lies in the closed interval. */
  public boolean contains(double value) {
    return low <= value && value <= high;
  }

  /** The same ends under another method and target. */
  public Interval as(String otherMethod, Target otherTarget) {
    return new Interval(low, high, otherMethod, level, otherTarget);
  }
}
