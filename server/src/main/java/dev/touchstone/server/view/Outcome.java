package dev.touchstone.server.view;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How one trigger of the full tier ended (evaluation_report.avsc), without the report's body, which
 * the {@link ReportStore} keeps.
 *
 * @param trigger {@code checkpoint} or {@code request}
 * @param state EVALUATED, REUSED, SUPERSEDED, INCOMPLETE, EXPIRED or FAILED
 * @param step -1 where a request ended before the engine knew the checkpoint
 * @param cost what computing took, an object; null where nothing was computed
 * @param reportKey where the report is found; null where there is none
 */
public record Outcome(
    String triggerId,
    String trigger,
    String state,
    String reason,
    String runId,
    int attempt,
    String checkpoint,
    long step,
    Double epoch,
    String evaluationSet,
    String split,
    Integer fold,
    String setKey,
    String requestHash,
    String reportKey,
    JsonNode cost,
    long triggeredAt,
    long finishedAt,
    int revision) {

  public Outcome {
    Json.required(triggerId, "trigger_id");
    Json.required(state, "state");
    Json.required(runId, "run_id");
    Json.required(checkpoint, "checkpoint");
    trigger = Json.orEmpty(trigger);
    evaluationSet = Json.orEmpty(evaluationSet);
    split = Json.orEmpty(split);
    epoch = Json.finite(epoch);
  }

  boolean hasReport() {
    return reportKey != null && (state.equals("EVALUATED") || state.equals("REUSED"));
  }
}
