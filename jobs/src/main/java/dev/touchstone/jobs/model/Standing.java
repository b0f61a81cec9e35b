package dev.touchstone.jobs.model;

import java.util.List;

/**
 * The proxies of a complete prediction set, all examples, under the name of a model checkpoint that
 * claims it.
 */
public record Standing(Claim claim, SetIdentity set, List<MetricPoint> points) {

  public String runId() {
    return claim.runId();
  }

  /** The same with other points in place of its own. */
  public Standing withPoints(List<MetricPoint> others) {
    return new Standing(claim, set, others);
  }
}
