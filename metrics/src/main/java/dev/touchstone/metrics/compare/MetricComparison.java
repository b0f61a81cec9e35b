package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * One metric of two models on the same examples.
 *
 * @param name of the metric, such as {@code average_precision}
 * @param direction which way is better
 * @param baseline the baseline's value, or the reason why there is none
 * @param candidate the candidate's value
 * @param difference candidate - baseline with its interval, or the reasons why not; named {@code
 *     <name>_difference}
 * @param pValue two-sided, of "no difference"; empty exactly when there is no interval
 * @param leastEffect what a gain or loss has to exceed, at least 0
 * @param verdict on the candidate
 */
public record MetricComparison(
    String name,
    Direction direction,
    MetricValue baseline,
    MetricValue candidate,
    MetricValue difference,
    OptionalDouble pValue,
    double leastEffect,
    Verdict verdict) {
  private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

  /** Checks that all parts are there. */
  public MetricComparison {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(direction, "direction");
    Objects.requireNonNull(difference, "difference");
    Objects.requireNonNull(verdict, "verdict");
    if (pValue.isPresent() && !(pValue.getAsDouble() >= 0 && pValue.getAsDouble() <= 1)) {
      throw new IllegalArgumentException("p-value must be in [0, 1], got " + pValue);
    }
  }

  /** Two-sided tail of the normal distribution. */
  static DoubleUnaryOperator normalTail() {
    return z -> Math.min(1, 2 * NORMAL.survivalProbability(z));
  }

  /** Two-sided tail of Student's distribution. */
  static DoubleUnaryOperator tTail(double degreesOfFreedom) {
    var distribution = TDistribution.of(degreesOfFreedom);
    return t -> Math.min(1, 2 * distribution.survivalProbability(t));
  }

  /**
   * The difference with difference ± quantile * se.
   *
   * @param tail two-sided p-value of a distance in standard errors
   */
  static MetricComparison of(
      String name,
      Direction direction,
      double baseline,
      double candidate,
      double difference,
      double standardError,
      double quantile,
      DoubleUnaryOperator tail,
      double level,
      String method,
      double leastEffect) {
    if (standardError == 0 && difference != 0) {
      // nothing varies: no honest width
      return withoutInterval(
          name, direction, baseline, candidate, difference, "zero_variance", leastEffect);
    }
    double half = quantile * standardError;
    var interval =
        new Interval(difference - half, difference + half, method, level, Target.SUPERPOPULATION);
    double p = standardError == 0 ? 1 : tail.applyAsDouble(Math.abs(difference) / standardError);
    return of(name, direction, baseline, candidate, difference, interval, p, leastEffect);
  }

  /** The difference with an interval that was made elsewhere. */
  static MetricComparison of(
      String name,
      Direction direction,
      double baseline,
      double candidate,
      double difference,
      Interval interval,
      double pValue,
      double leastEffect) {
    return new MetricComparison(
        name,
        direction,
        MetricValue.defined(name, baseline),
        MetricValue.defined(name, candidate),
        MetricValue.defined(name + "_difference", difference, interval),
        OptionalDouble.of(pValue),
        leastEffect,
        Verdict.of(interval, direction, leastEffect));
  }

  static MetricComparison withoutInterval(
      String name,
      Direction direction,
      double baseline,
      double candidate,
      double difference,
      String reason,
      double leastEffect) {
    return new MetricComparison(
        name,
        direction,
        MetricValue.defined(name, baseline),
        MetricValue.defined(name, candidate),
        MetricValue.defined(name + "_difference", difference, reason),
        OptionalDouble.empty(),
        leastEffect,
        Verdict.UNDEFINED);
  }

  static MetricComparison undefined(
      String name, Direction direction, String reason, double leastEffect) {
    return new MetricComparison(
        name,
        direction,
        MetricValue.undefined(name, reason),
        MetricValue.undefined(name, reason),
        MetricValue.undefined(name + "_difference", reason),
        OptionalDouble.empty(),
        leastEffect,
        Verdict.UNDEFINED);
  }

  /** The same with a remark on the difference. */
  MetricComparison withFlag(String flag) {
    return new MetricComparison(
        name,
        direction,
        baseline,
        candidate,
        difference.withFlag(flag),
        pValue,
        leastEffect,
        verdict);
  }
}
