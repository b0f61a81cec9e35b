package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Do two groups that share no example differ in a metric? Needs nothing but the value and the
 * interval of each.
 *
 * <p>With values a, b and intervals [l, u] of the same level, the difference d = a - b lies in
 *
 * <pre>
 *   [d - sqrt((a - la)² + (ub - b)²),  d + sqrt((ua - a)² + (b - lb)²)]
 * </pre>
 *
 * so that skewed intervals near the ends of a range keep their shape. The p-value reads the half
 * width on the side of 0 as z standard errors: it is below 1 - level exactly when 0 is outside the
 * interval.
 *
 * <p>Source: Newcombe 1998 (method 10, with Wilson's intervals); Zou and Donner 2008 for other
 * metrics.
 *
 * @param value {@code <name>_difference}, or the reason why there is none
 * @param pValue two-sided, of "no difference"; empty exactly when there is no interval
 */
public record IndependentDifference(MetricValue value, OptionalDouble pValue) {

  /** Checks that both parts are there. */
  public IndependentDifference {
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(pValue, "pValue");
  }

  /**
   * The difference {@code group - other} of one metric.
   *
   * @throws IllegalArgumentException for two metrics or two levels
   */
  public static IndependentDifference of(MetricValue group, MetricValue other) {
    if (!group.name().equals(other.name())) {
      throw new IllegalArgumentException(
          "both must be the same metric, got " + group.name() + " and " + other.name());
    }
    String name = group.name() + "_difference";
    for (MetricValue one : new MetricValue[] {group, other}) {
      if (!one.isDefined() || Double.isInfinite(one.value())) {
        return without(MetricValue.undefined(name, one.isDefined() ? "infinite" : one.reason()));
      }
    }
    double a = group.value();
    double b = other.value();
    Interval of = group.interval();
    Interval from = other.interval();
    if (of == null || from == null) {
      String reason = of == null ? group.intervalReason() : other.intervalReason();
      return without(MetricValue.defined(name, a - b, reason));
    }
    if (of.level() != from.level()) {
      throw new IllegalArgumentException(
          "levels must be equal, got " + of.level() + " and " + from.level());
    }
    double below = Math.hypot(a - of.low(), from.high() - b);
    double above = Math.hypot(of.high() - a, b - from.low());
    double toZero = a > b ? below : above;
    if (toZero == 0 && a != b) {
      // nothing varies: no honest width
      return without(MetricValue.defined(name, a - b, "zero_variance"));
    }
    var interval =
        new Interval(a - b - below, a - b + above, "mover", of.level(), Target.SUPERPOPULATION);
    double z = a == b ? 0 : Math.abs(a - b) / toZero * Intervals.z(of.level());
    return new IndependentDifference(
        MetricValue.defined(name, a - b, interval),
        OptionalDouble.of(MetricComparison.normalTail().applyAsDouble(z)));
  }

  private static IndependentDifference without(MetricValue value) {
    return new IndependentDifference(value, OptionalDouble.empty());
  }
}
