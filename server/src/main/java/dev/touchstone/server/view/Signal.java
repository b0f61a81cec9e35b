package dev.touchstone.server.view;

/**
 * Go on or stop, for a run (signal.avsc).
 *
 * @param decision CONTINUE or STOP
 */
public record Signal(
    String runId,
    int attempt,
    String decision,
    String reason,
    String checkpoint,
    long step,
    String bestCheckpoint,
    String metric,
    Double value,
    Double ciLow,
    Double ciHigh,
    String outcome,
    String evaluationSet,
    String comparedWith,
    Double difference,
    Double differenceLow,
    Double differenceHigh,
    Double alpha,
    long checks,
    int withoutGain,
    String rule,
    long ts) {

  public Signal {
    Json.required(runId, "run_id");
    Json.required(decision, "decision");
    value = Json.finite(value);
    ciLow = Json.finite(ciLow);
    ciHigh = Json.finite(ciHigh);
    difference = Json.finite(difference);
    differenceLow = Json.finite(differenceLow);
    differenceHigh = Json.finite(differenceHigh);
    alpha = Json.finite(alpha);
  }

  boolean isStop() {
    return decision.equals("STOP");
  }
}
