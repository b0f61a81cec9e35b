package dev.touchstone.server.view;

import java.util.List;

/**
 * A full evaluation on demand (evaluation_request.avsc). {@code emittedAt} is milliseconds.
 *
 * @param evaluationSet null: the only one that the model checkpoint has
 * @param metrics empty: the full suite
 * @param baseline null: nothing to compare with
 * @param decisionThreshold null: the engine's setting; costs: not asked for
 * @param bootstrapReplicates 0: none
 * @param folds with all folds, how many there are; 0: those that are there
 * @param proposePlanBudget examples of a plan to propose; 0: none; null: the engine's setting
 * @param deadlineSeconds null: the engine's setting
 * @param priority 0 to 9: the highest is evaluated first
 */
public record EvaluationRequest(
    String requestId,
    String runId,
    String checkpoint,
    String evaluationSet,
    String split,
    Integer fold,
    List<String> metrics,
    List<String> slices,
    Baseline baseline,
    Double decisionThreshold,
    Double falsePositiveCost,
    Double falseNegativeCost,
    int bootstrapReplicates,
    long bootstrapSeed,
    boolean allFolds,
    int folds,
    boolean honestPoints,
    Integer proposePlanBudget,
    int thresholds,
    Integer deadlineSeconds,
    int priority,
    long emittedAt) {

  /** Another prediction set: a run's model checkpoint, or the set of that key. */
  public record Baseline(String runId, String checkpoint, String setKey) {}

  public EvaluationRequest {
    Json.required(requestId, "request_id");
    Json.required(runId, "run_id");
    Json.required(checkpoint, "checkpoint");
    split = Json.orEmpty(split);
    metrics = metrics == null ? List.of() : List.copyOf(metrics);
    slices = slices == null ? List.of() : List.copyOf(slices);
  }

  /** Whether both ask for the same thing, whenever they were written. */
  public boolean asksTheSameAs(EvaluationRequest other) {
    return withEmittedAt(0).equals(other.withEmittedAt(0));
  }

  private EvaluationRequest withEmittedAt(long millis) {
    return new EvaluationRequest(
        requestId,
        runId,
        checkpoint,
        evaluationSet,
        split,
        fold,
        metrics,
        slices,
        baseline,
        decisionThreshold,
        falsePositiveCost,
        falseNegativeCost,
        bootstrapReplicates,
        bootstrapSeed,
        allFolds,
        folds,
        honestPoints,
        proposePlanBudget,
        thresholds,
        deadlineSeconds,
        priority,
        millis);
  }
}
