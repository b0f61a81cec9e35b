package dev.touchstone.jobs.model;

/**
 * What is heard of a run, one of three things; the others are null.
 *
 * @param standing a model checkpoint's proxies are complete
 * @param event the training job says something
 * @param exact the full tier has reported
 */
public record RunInput(String runId, Standing standing, RunEvent event, ExactMetrics exact) {

  public static RunInput of(Standing standing) {
    return new RunInput(standing.runId(), standing, null, null);
  }

  public static RunInput of(RunEvent event) {
    return new RunInput(event.runId(), null, event, null);
  }

  public static RunInput of(ExactMetrics exact) {
    return new RunInput(exact.runId(), null, null, exact);
  }
}
