package dev.touchstone.server.view;

import java.util.List;

/**
 * A gate's outcome over a report (verdict.avsc).
 *
 * @param outcome PASS, FAIL or INSUFFICIENT
 */
public record Verdict(
    String runId,
    String checkpoint,
    long step,
    String gate,
    String outcome,
    List<String> reasons,
    String reportKey,
    long ts) {

  public Verdict {
    Json.required(runId, "run_id");
    Json.required(checkpoint, "checkpoint");
    Json.required(outcome, "outcome");
    gate = Json.orEmpty(gate);
    reasons = reasons == null ? List.of() : List.copyOf(reasons);
  }
}
