package dev.touchstone.server.view;

/** One value of one metric, as the {@code metrics} topic carries it (metric_point.avsc). */
public record MetricPoint(
    long ts,
    String runId,
    int attempt,
    String model,
    String checkpoint,
    long step,
    Double epoch,
    String tier,
    String evaluationSet,
    String split,
    String sample,
    String slice,
    String metric,
    Double value,
    Double ciLow,
    Double ciHigh,
    String ciMethod,
    Double level,
    String target,
    Double stdError,
    Double effectiveN,
    long n,
    long nPos,
    String state,
    String trust,
    String reason,
    int revision) {

  public MetricPoint {
    Json.required(runId, "run_id");
    if (checkpoint == null) { // empty: a figure of the training job, of no model checkpoint
      Json.required(checkpoint, "checkpoint");
    }
    Json.required(tier, "tier");
    Json.required(metric, "metric");
    evaluationSet = Json.orEmpty(evaluationSet);
    split = Json.orEmpty(split);
    sample = Json.orEmpty(sample);
    slice = Json.orEmpty(slice);
    epoch = Json.finite(epoch);
    value = Json.finite(value);
    ciLow = Json.finite(ciLow);
    ciHigh = Json.finite(ciHigh);
    level = Json.finite(level);
    stdError = Json.finite(stdError);
    effectiveN = Json.finite(effectiveN);
  }
}
