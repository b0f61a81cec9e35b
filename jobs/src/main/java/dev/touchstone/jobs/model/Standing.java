package dev.touchstone.jobs.model;

import java.util.List;

/**
 * The proxies of a complete prediction set, all examples, under the name of a model checkpoint that
 * claims it.
 *
 * @param sample rows to compare on, of a set under a sampling plan; null for a whole set, one with
 *     weights of its own, and for a claim that came once the rows were gone
 */
public record Standing(
    Claim claim, SetIdentity set, List<MetricPoint> points, DecisionSample sample, Vitals vitals) {

  public String runId() {
    return claim.runId();
  }

  /** The same with other points in place of its own. */
  public Standing withPoints(List<MetricPoint> others) {
    return new Standing(claim, set, others, sample, vitals);
  }

  /** The point of a metric; null where there is none of that name. */
  public MetricPoint point(String metric) {
    for (MetricPoint point : points) {
      if (point.metric().equals(metric)) {
        return point;
      }
    }
    return null;
  }

  /** The same with another sample. */
  public Standing withSample(DecisionSample other) {
    return new Standing(claim, set, points, other, vitals);
  }
}
