package dev.touchstone.server.view;

/**
 * How far an evaluation under way has come (evaluation_progress.avsc).
 *
 * @param state QUEUED or RUNNING
 * @param ahead QUEUED: evaluations under way or waiting when this one joined them
 * @param pass RUNNING: which pass over the rows, from 1
 * @param splitsDone of this pass
 */
record EvaluationProgress(
    String triggerId,
    String trigger,
    String runId,
    int attempt,
    String checkpoint,
    String evaluationSet,
    String split,
    Integer fold,
    String state,
    int ahead,
    int pass,
    int passes,
    int splitsDone,
    int splitsTotal,
    long ts) {

  EvaluationProgress {
    Json.required(triggerId, "trigger_id");
    Json.required(runId, "run_id");
    Json.required(checkpoint, "checkpoint");
    Json.required(state, "state");
    trigger = Json.orEmpty(trigger);
    evaluationSet = Json.orEmpty(evaluationSet);
    split = Json.orEmpty(split);
  }

  boolean isRunning() {
    return state.equals("RUNNING");
  }

  /** For people. */
  String inWords() {
    return isRunning()
        ? "pass %d of %d: %d of %d splits are done".formatted(pass, passes, splitsDone, splitsTotal)
        : "waits for its turn; " + ahead + " came before it";
  }
}
