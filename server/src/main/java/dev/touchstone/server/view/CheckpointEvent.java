package dev.touchstone.server.view;

/** A model checkpoint was written (checkpoint_event.avsc). {@code emittedAt} is milliseconds. */
public record CheckpointEvent(
    String runId,
    int attempt,
    String checkpoint,
    long step,
    Double epoch,
    String modelDigest,
    String evaluationSet,
    String split,
    Integer fold,
    String path,
    long emittedAt) {

  public CheckpointEvent {
    Json.required(runId, "run_id");
    Json.required(checkpoint, "checkpoint");
    evaluationSet = Json.orEmpty(evaluationSet);
    split = Json.orEmpty(split);
    epoch = Json.finite(epoch);
  }
}
