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
}
