package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.DecisionSample;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.sampling.Estimate;
import dev.touchstone.metrics.sampling.HashSample;
import dev.touchstone.metrics.sampling.SampleMetrics;
import dev.touchstone.metrics.sampling.TierOne;

/**
 * How much a model checkpoint's proxies differ from an earlier one's.
 *
 * <p>Where both were sampled under the same plan and their rows are there, they are compared row by
 * row: what both models share cancels, so the interval is that of the paired difference for the
 * whole evaluation set. Else the difference of two proxies lies between the differences of their
 * ends: that holds whatever binds the two, so also for the same examples scored twice, and is
 * wider. Proxies of a whole set have certified ends, or none where they are exact; those of a
 * sample are widened to the error that the comparison may use.
 */
final class CompareStandings {

  private final DecisionSample rows;
  private final SampleMetrics earlier;
  private final SampleMetrics later;

  private CompareStandings(DecisionSample rows, SampleMetrics earlier, SampleMetrics later) {
    this.rows = rows;
    this.earlier = earlier;
    this.later = later;
  }

  /**
   * One difference, later - earlier.
   *
   * @param paired row by row
   */
  record Difference(double value, double low, double high, boolean paired) {}

  /** Row by row; null where that is not possible. */
  static CompareStandings paired(Standing earlier, Standing later) {
    DecisionSample rows = later.sample();
    if (rows == null || !rows.sameRows(earlier.sample())) {
      return null;
    }
    return new CompareStandings(rows, metrics(earlier.sample()), metrics(rows));
  }

  private static SampleMetrics metrics(DecisionSample sample) {
    return SampleMetrics.of(
        new HashSample.Rows(sample.ids(), sample.scores(), sample.labels(), sample.strata()),
        DecisionSample.populations(sample.plan()),
        DecisionSample.rates(sample.plan()),
        sample.threshold());
  }

  /** The paired difference in a metric of the binary task. */
  Estimate estimate(String metric) {
    return earlier.difference(later, metric);
  }

  /** The same with its interval. */
  MetricValue value(String metric, double level) {
    return TierOne.difference(metric, estimate(metric), level);
  }

  /** Rows that are compared. */
  int size() {
    return rows.ids().length;
  }

  /** Those with label 1. */
  long positives() {
    long positives = 0;
    for (byte label : rows.labels()) {
      positives += label;
    }
    return positives;
  }

  /**
   * The difference in a metric that both have a value of, at an error of alpha: paired where that
   * is possible.
   */
  static Difference of(Standing earlier, Standing later, String metric, double alpha) {
    CompareStandings paired = paired(earlier, later);
    if (paired != null && ProxyMetrics.BINARY.contains(metric)) {
      MetricValue value = paired.value(metric, 1 - alpha);
      if (value.interval() != null) {
        return new Difference(value.value(), value.interval().low(), value.interval().high(), true);
      }
    }
    return unpaired(earlier.point(metric), later.point(metric), alpha);
  }

  /** By the ends of both intervals. */
  static Difference unpaired(MetricPoint earlier, MetricPoint later, double alpha) {
    return new Difference(
        later.value() - earlier.value(),
        end(later, alpha, false) - end(earlier, alpha, true),
        end(later, alpha, true) - end(earlier, alpha, false),
        false);
  }

  /** An end of a proxy's interval, where both sides of a comparison share its error. */
  private static double end(MetricPoint point, double alpha, boolean upper) {
    Double end = upper ? point.ciHigh() : point.ciLow();
    if (end == null && point.sampled()) {
      return upper ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY; // nothing is known
    }
    if (end == null) {
      return point.value(); // exact
    }
    if (point.level() >= 1) {
      return end; // certified
    }
    double widening = Intervals.z(1 - alpha / 2) / Intervals.z(point.level());
    return point.value() + widening * (end - point.value());
  }
}
