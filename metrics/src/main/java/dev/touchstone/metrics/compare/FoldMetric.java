package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.MetricValue;
import java.util.List;
import java.util.Objects;

/**
 * One metric over cross-validation folds, in both ways to sum folds up.
 *
 * @param name of the metric
 * @param perFold its value in each fold, in the order of fold codes
 * @param pooled its value over all out-of-fold predictions together: for counts and losses, and for
 *     rankings only where scores of different folds are comparable (calibrated)
 * @param averaged the mean of the folds with the corrected resampled t interval; undefined ({@code
 *     undefined_in_a_fold}) when a fold has none (Forman and Scholz 2010: average rankings by fold)
 */
public record FoldMetric(
    String name, List<MetricValue> perFold, MetricValue pooled, MetricValue averaged) {
  /** Copies the list. */
  public FoldMetric {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(pooled, "pooled");
    Objects.requireNonNull(averaged, "averaged");
    perFold = List.copyOf(perFold);
  }

  /**
   * Sums folds up.
   *
   * @param perFold the metric in each of at least two folds
   * @param pooled over all rows
   * @param level confidence level of the averaged metric, in (0, 1)
   */
  public static FoldMetric of(
      String name, List<MetricValue> perFold, MetricValue pooled, double level) {
    MetricValue averaged;
    if (perFold.stream().allMatch(MetricValue::isDefined)) {
      var t =
          CorrectedResampledT.ofFolds(perFold.stream().mapToDouble(MetricValue::value).toArray());
      averaged =
          t.variance() > 0
              ? MetricValue.defined(name, t.mean(), t.interval(level))
              : MetricValue.defined(name, t.mean(), "zero_variance");
    } else {
      averaged = MetricValue.undefined(name, "undefined_in_a_fold");
    }
    return new FoldMetric(name, perFold, pooled, averaged);
  }
}
