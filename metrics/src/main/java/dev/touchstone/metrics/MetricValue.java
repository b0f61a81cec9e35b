package dev.touchstone.metrics;

import java.util.List;
import java.util.Objects;

/**
 * One metric: a value or the reason why there is none, and an interval or the reason why there is
 * none.
 *
 * @param name snake_case name
 * @param value the value; NaN exactly when {@code reason} is not null
 * @param reason why the value is undefined, machine-readable ({@code no_positives}, …), or null
 * @param interval the interval, or null exactly when {@code intervalReason} is not null
 * @param intervalReason why there is no interval, machine-readable, or null
 * @param flags remarks such as {@code all_tied}, never null
 * @param standardError of the value for the interval's target; NaN where it is not known
 * @param effectiveRows (sum w)² / sum w² of a sample's examples; NaN where nothing was sampled
 */
public record MetricValue(
    String name,
    double value,
    String reason,
    Interval interval,
    String intervalReason,
    List<String> flags,
    double standardError,
    double effectiveRows) {
  /** Holds "NaN iff reason" and "no interval iff interval reason"; copies the flags. */
  public MetricValue {
    Objects.requireNonNull(name, "name");
    flags = List.copyOf(flags);
    if (Double.isNaN(value) != (reason != null)) {
      throw new IllegalArgumentException(
          name + ": a value is NaN exactly when a reason says why, got " + value + ", " + reason);
    }
    if ((interval == null) != (intervalReason != null)) {
      throw new IllegalArgumentException(
          name
              + ": an interval is absent exactly when a reason says why, got "
              + interval
              + ", "
              + intervalReason);
    }
  }

  /** Without a standard error. */
  public MetricValue(
      String name,
      double value,
      String reason,
      Interval interval,
      String intervalReason,
      List<String> flags) {
    this(name, value, reason, interval, intervalReason, flags, Double.NaN, Double.NaN);
  }

  /** A value whose interval has not been computed ({@code not_computed}). */
  public static MetricValue defined(String name, double value) {
    return new MetricValue(name, value, null, null, "not_computed", List.of());
  }

  /** A value with its interval. */
  public static MetricValue defined(String name, double value, Interval interval) {
    return new MetricValue(name, value, null, interval, null, List.of());
  }

  /** A value without an interval, and why. */
  public static MetricValue defined(String name, double value, String intervalReason) {
    return new MetricValue(name, value, null, null, intervalReason, List.of());
  }

  /** No value, and why; the same reason holds for the interval. */
  public static MetricValue undefined(String name, String reason) {
    return new MetricValue(name, Double.NaN, reason, null, reason, List.of());
  }

  /** The same metric with one more flag. */
  public MetricValue withFlag(String flag) {
    var more = new java.util.ArrayList<>(flags);
    more.add(flag);
    return new MetricValue(
        name, value, reason, interval, intervalReason, more, standardError, effectiveRows);
  }

  /** The same value with an interval in place of whatever was there. */
  public MetricValue withInterval(Interval replacement) {
    return new MetricValue(
        name, value, reason, replacement, null, flags, standardError, effectiveRows);
  }

  /** The same value without an interval, and why. */
  public MetricValue withoutInterval(String why) {
    return new MetricValue(name, value, reason, null, why, flags, standardError, effectiveRows);
  }

  /** The same with how far it may be off, and how many examples of equal weight say as much. */
  public MetricValue withError(double error, double effective) {
    return new MetricValue(name, value, reason, interval, intervalReason, flags, error, effective);
  }

  /** The same under another name. */
  public MetricValue as(String other) {
    return new MetricValue(
        other, value, reason, interval, intervalReason, flags, standardError, effectiveRows);
  }

  /** Whether there is a value. */
  public boolean isDefined() {
    return reason == null;
  }
}
