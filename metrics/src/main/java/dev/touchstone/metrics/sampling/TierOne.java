package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;

/**
 * How the fast tier reports rankings from its sample, and how it leans on exact values of the full
 * tier.
 *
 * <p>Average precision is a ratio of noisy counts inside a convex function: its linearised interval
 * is too short on a sample of negatives (docs/simulations.md). Its level is therefore reported with
 * the flag {@code indicative} and a half width 1.6 times as large, only where negatives were kept
 * by influence, and never decides alone; the paired difference is trustworthy with 1.3. ROC AUC
 * needs no widening under any design.
 */
public final class TierOne {
  /** Factor on the half width of the level of average precision. */
  public static final double AP_WIDENING = 1.6;

  /** Factor on the half width of a paired difference in average precision. */
  public static final double AP_DIFFERENCE_WIDENING = 1.3;

  private TierOne() {}

  /** Average precision of a sample: on the logit scale, widened, {@code indicative}. */
  public static MetricValue averagePrecision(
      RankInfluence sample, SamplingPlan plan, Target target, double level) {
    if (!plan.supportsAveragePrecision()) {
      return MetricValue.undefined("average_precision", "uniform_negatives");
    }
    var value = sample.averagePrecisionEstimate().logit(target, level, AP_WIDENING);
    return value.isDefined() ? value.withFlag("indicative") : value;
  }

  /** ROC AUC of a sample, weighted DeLong on the logit scale. */
  public static MetricValue rocAuc(RankInfluence sample, Target target, double level) {
    return sample.rocAucEstimate().logit(target, level, 1);
  }

  /** Paired difference in average precision, widened. */
  public static MetricValue averagePrecisionDifference(
      RankDifference difference, SamplingPlan plan, Target target, double level) {
    if (!plan.supportsAveragePrecision()) {
      return MetricValue.undefined("average_precision_difference", "uniform_negatives");
    }
    return difference.averagePrecision().normal(target, level, AP_DIFFERENCE_WIDENING, -1, 1);
  }

  /** Paired difference in ROC AUC. */
  public static MetricValue rocAucDifference(
      RankDifference difference, Target target, double level) {
    return difference.rocAuc().normal(target, level, 1, -1, 1);
  }

  /**
   * The value of any metric of the binary task with the interval that suits it, for the whole set:
   * Wilson's for proportions and F1 (on the logit scale without {@link Estimate.Trials}), on the
   * logit scale for ROC AUC and, widened and {@code indicative}, average precision; the normal one
   * for losses.
   *
   * @param estimate named as the metric
   */
  public static MetricValue level(Estimate estimate, double level) {
    return switch (estimate.name()) {
      case "average_precision" -> {
        var value = estimate.logit(Target.FINITE, level, AP_WIDENING);
        yield value.isDefined() ? value.withFlag("indicative") : value;
      }
      case "roc_auc" -> estimate.logit(Target.FINITE, level, 1);
      case "f1" ->
          estimate.trials() == null && estimate.value() > 0 && estimate.value() < 1
              ? estimate.logit(Target.FINITE, level, 1)
              : estimate.wilson(Target.FINITE, level);
      case "accuracy", "precision", "recall" -> estimate.wilson(Target.FINITE, level);
      default -> estimate.normal(Target.FINITE, level, 1, 0, Double.MAX_VALUE);
    };
  }

  /**
   * A paired difference with its normal interval for the whole set, widened for average precision.
   * None where the sample shows no variance and is not the whole: {@code zero_variance}.
   *
   * @param metric the metric that the difference is of
   */
  public static MetricValue difference(String metric, Estimate difference, double level) {
    boolean precision = metric.equals("average_precision");
    boolean loss = metric.equals("log_loss");
    double most = loss ? Double.MAX_VALUE : 1;
    if (difference.isDefined()
        && difference.finiteVariance() == 0
        && !difference.flags().contains(Estimate.WHOLE_SET)) {
      return MetricValue.defined(difference.name(), difference.value(), "zero_variance");
    }
    return difference.normal(
        Target.FINITE, level, precision ? AP_DIFFERENCE_WIDENING : 1, -most, most);
  }

  /**
   * The value of a later model checkpoint: {@link #reanchored} with the interval of the difference.
   *
   * @param metric of the binary task
   * @param exact the full tier's value of the earlier checkpoint
   * @param difference later - earlier, as of {@link #difference}; defined, with an interval
   */
  public static MetricValue anchored(String metric, double exact, MetricValue difference) {
    double most = metric.equals("log_loss") ? Double.MAX_VALUE : 1;
    var interval = difference.interval();
    double low = Math.min(most, Math.max(0, exact + interval.low()));
    double high = Math.max(low, Math.min(most, exact + interval.high()));
    return MetricValue.defined(
            metric,
            Math.min(most, Math.max(0, exact + difference.value())),
            new Interval(low, high, "reanchored", interval.level(), Target.FINITE))
        .withError(difference.standardError(), difference.effectiveRows());
  }

  /**
   * Re-anchored: the exact value of an earlier model checkpoint plus the paired difference on the
   * sample. What both checkpoints share cancels, so the result is far sharper than an estimate from
   * the sample alone (a regression estimator with theta = 1; Deng, Xu, Kohavi and Walker 2013).
   *
   * @param name of the metric
   * @param exact the full tier's value of the earlier checkpoint
   * @param difference later - earlier, on the sample
   */
  public static Estimate reanchored(String name, double exact, Estimate difference) {
    if (!(Math.abs(exact) <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(name + ": exact value must be finite, got " + exact);
    }
    if (!difference.isDefined()) {
      return Estimate.undefined(name, difference.reason(), difference.rows());
    }
    return new Estimate(
        name,
        exact + difference.value(),
        null,
        difference.finiteVariance(),
        // the anchor is exact for the set at hand only: for future examples it varies too, which
        // the difference does not know
        difference.superpopulationVariance(),
        difference.unseen(),
        null,
        difference.rows(),
        difference.effectiveRows(),
        java.util.List.of("reanchored"));
  }
}
