package dev.touchstone.jobs.model;

import java.util.Map;

/**
 * What a training job says of its run beside predictions.
 *
 * @param step of the figures; null where there are none
 * @param epoch fractional; null where unknown
 * @param metrics figures of the training job itself by name, any double
 * @param rule changed settings of the run's rule by key; an empty value takes a change back
 * @param sweep whose runs are ranked against each other; null: as before
 * @param source the message it was read from
 */
public record RunEvent(
    String runId,
    int attempt,
    Long step,
    Double epoch,
    Map<String, Double> metrics,
    Map<String, String> rule,
    String sweep,
    long emittedAtMillis,
    RawMessage source) {

  /** The run at that step, at no model checkpoint. */
  public Claim claim() {
    return new Claim(runId, attempt, "", step == null ? 0 : step, epoch);
  }
}
