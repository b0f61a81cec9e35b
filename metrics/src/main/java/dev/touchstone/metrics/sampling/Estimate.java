package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An estimate from a sample (or a whole set) with its variance for both targets.
 *
 * @param name of the metric
 * @param value the estimate; NaN exactly when {@code reason} is not null
 * @param reason why there is none, machine-readable, or null
 * @param finiteVariance variance around the value of the whole finite set; 0 when all of it was
 *     seen
 * @param superpopulationVariance variance around the value on future examples
 * @param unseen what the finite variance may lack, by side
 * @param trials of a proportion: how many trials its finite interval rests on, by side; or null
 * @param rows examples that the estimate rests on
 * @param effectiveRows (sum w)² / sum w² of them: examples of equal weight that say as much
 * @param flags remarks, never null
 */
public record Estimate(
    String name,
    double value,
    String reason,
    double finiteVariance,
    double superpopulationVariance,
    Unseen unseen,
    Trials trials,
    long rows,
    double effectiveRows,
    List<String> flags) {
  /** Flag: every example that the value depends on was seen. */
  public static final String WHOLE_SET = "whole_set";

  /**
   * What examples that no sample of its size would have to show could add to the finite variance:
   * losses are rare and large, and a sample without the largest takes its own variance for too
   * small.
   *
   * @param below where the whole set's value may be lower
   * @param above where it may be higher
   */
  public record Unseen(double below, double above) {
    /** Nothing to allow for. */
    public static final Unseen NONE = new Unseen(0, 0);

    /** Both at least 0. */
    public Unseen {
      if (!(below >= 0 && above >= 0)) {
        throw new IllegalArgumentException(
            "allowances must be at least 0, got " + below + ", " + above);
      }
    }
  }

  /**
   * Effective numbers of trials of a proportion, allowing for examples that were not seen: trials
   * of equal weight that would say as much about how far the whole set's value may be.
   *
   * @param below where it may be lower; +Infinity where it can't be
   * @param above where it may be higher
   */
  public record Trials(double below, double above) {
    /** Both above 0. */
    public Trials {
      if (!(below > 0 && above > 0)) {
        throw new IllegalArgumentException("trials must be above 0, got " + below + ", " + above);
      }
    }
  }

  /** Holds "NaN iff a reason" and variances of at least 0; copies the flags. */
  public Estimate {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(unseen, "unseen");
    flags = List.copyOf(flags);
    if (Double.isNaN(value) != (reason != null)) {
      throw new IllegalArgumentException(
          name + ": a value is NaN exactly when a reason says why, got " + value + ", " + reason);
    }
    if (!(finiteVariance >= 0 && superpopulationVariance >= 0)) {
      throw new IllegalArgumentException(
          name
              + ": variances must be at least 0, got "
              + finiteVariance
              + ", "
              + superpopulationVariance);
    }
  }

  /** A value without remarks. */
  public static Estimate of(
      String name,
      double value,
      double finiteVariance,
      double superpopulationVariance,
      long rows,
      double effectiveRows) {
    return new Estimate(
        name,
        value,
        null,
        finiteVariance,
        superpopulationVariance,
        Unseen.NONE,
        null,
        rows,
        effectiveRows,
        List.of());
  }

  /** No value, and why. */
  public static Estimate undefined(String name, String reason, long rows) {
    return new Estimate(name, Double.NaN, reason, 0, 0, Unseen.NONE, null, rows, 0, List.of());
  }

  /** The same with one more remark. */
  public Estimate withFlag(String flag) {
    var more = new ArrayList<>(flags);
    more.add(flag);
    return new Estimate(
        name,
        value,
        reason,
        finiteVariance,
        superpopulationVariance,
        unseen,
        trials,
        rows,
        effectiveRows,
        more);
  }

  /** The same with an allowance for what was not seen. */
  public Estimate withUnseen(Unseen allowance) {
    return new Estimate(
        name,
        value,
        reason,
        finiteVariance,
        superpopulationVariance,
        allowance,
        trials,
        rows,
        effectiveRows,
        flags);
  }

  /** The same with numbers of trials by side. */
  public Estimate withTrials(Trials bySide) {
    return new Estimate(
        name,
        value,
        reason,
        finiteVariance,
        superpopulationVariance,
        unseen,
        bySide,
        rows,
        effectiveRows,
        flags);
  }

  /** Whether there is a value. */
  public boolean isDefined() {
    return reason == null;
  }

  /** The variance for a target. */
  public double variance(Target target) {
    return target == Target.FINITE ? finiteVariance : superpopulationVariance;
  }

  /** The standard error for a target. */
  public double standardError(Target target) {
    return Math.sqrt(variance(target));
  }

  /**
   * The value with value ± widening * z * se, cut at the ends of the metric's range. For the whole
   * set each side's variance has its allowance for what was not seen.
   *
   * @param widening factor of the half width, at least 1; see {@link TierOne}
   */
  public MetricValue normal(
      Target target, double level, double widening, double least, double most) {
    if (!isDefined()) {
      return withFlags(MetricValue.undefined(name, reason));
    }
    checkWidening(widening);
    boolean finite = target == Target.FINITE;
    double half = widening * Intervals.z(level);
    double below = half * Math.sqrt(variance(target) + (finite ? unseen.below() : 0));
    double above = half * Math.sqrt(variance(target) + (finite ? unseen.above() : 0));
    String method = finite && !unseen.equals(Unseen.NONE) ? "normal_unseen" : "normal";
    var interval =
        new Interval(
            Math.max(least, value - below),
            Math.min(most, value + above),
            method(method, widening),
            level,
            target);
    return dressed(MetricValue.defined(name, value, aim(interval, target)), target);
  }

  /** The value with an interval on the logit scale; the normal one where the value is 0 or 1. */
  public MetricValue logit(Target target, double level, double widening) {
    if (!isDefined() || !(value > 0 && value < 1)) {
      return normal(target, level, widening, 0, 1);
    }
    checkWidening(widening);
    var interval =
        Intervals.logit(
            value,
            widening * standardError(target),
            Intervals.z(level),
            level,
            method("logit", widening));
    return dressed(MetricValue.defined(name, value, aim(interval, target)), target);
  }

  /**
   * A proportion with Wilson's interval: for the whole set with the {@link Trials} of each side,
   * where it has them. Else for the effective number of trials R (1 - R) / V; at 0 and 1, where V
   * says nothing, for the effective rows. Of a set that was seen whole the finite interval has no
   * width.
   */
  public MetricValue wilson(Target target, double level) {
    if (!isDefined()) {
      return withFlags(MetricValue.undefined(name, reason));
    }
    if (target == Target.FINITE && flags.contains(WHOLE_SET)) {
      return dressed(
          MetricValue.defined(name, value, new Interval(value, value, "exact", level, target)),
          target);
    }
    if (target == Target.FINITE && trials != null) {
      double low = Intervals.wilson(value, trials.below(), level).low();
      double high = Intervals.wilson(value, trials.above(), level).high();
      return dressed(
          MetricValue.defined(name, value, new Interval(low, high, "wilson_unseen", level, target)),
          target);
    }
    boolean inside = value > 0 && value < 1;
    if (inside && variance(target) == 0) {
      return dressed(MetricValue.defined(name, value, "zero_variance"), target);
    }
    double trials = inside ? value * (1 - value) / variance(target) : effectiveRows;
    return dressed(
        MetricValue.defined(name, value, aim(Intervals.wilson(value, trials, level), target)),
        target);
  }

  private static void checkWidening(double widening) {
    if (!(widening >= 1 && widening <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("widening must be at least 1, got " + widening);
    }
  }

  private static String method(String name, double widening) {
    return "linearised_" + name + (widening > 1 ? "_x" + widening : "");
  }

  private static Interval aim(Interval interval, Target target) {
    return new Interval(
        interval.low(), interval.high(), interval.method(), interval.level(), target);
  }

  private MetricValue dressed(MetricValue metric, Target target) {
    return withFlags(metric).withError(standardError(target), effectiveRows);
  }

  private MetricValue withFlags(MetricValue metric) {
    var flagged = metric;
    for (var flag : flags) {
      flagged = flagged.withFlag(flag);
    }
    return flagged;
  }
}
