package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.util.List;

/** What a wire message asks → a question, checked as far as that goes without the predictions. */
final class QuestionReader {

  static final int MIN_THRESHOLDS = 2;
  static final int MAX_THRESHOLDS = 10_000;
  static final int MAX_METRICS = 1_000;
  static final int MAX_REPLICATES = 10_000;
  static final int MAX_CROSSED = 4;
  static final int MAX_FOLDS = 1_000;

  private final FullSettings settings;

  QuestionReader(FullSettings settings) {
    this.settings = settings;
  }

  Question read(CheckpointEvent event) throws RejectedBatchException {
    return new Question(
        metrics(event.getMetrics()),
        slices(event.getSlices()),
        settings.thresholds(),
        settings.decisionThreshold(),
        null,
        null,
        null,
        null,
        false,
        settings.proposePlanBudget());
  }

  Question read(EvaluationRequest request) throws RejectedBatchException {
    DecodeTriggers.range("thresholds", request.getThresholds(), MIN_THRESHOLDS, MAX_THRESHOLDS);
    if (request.getAllFolds() && request.getFold() != null) {
      throw new RejectedBatchException(
          "fold must not be given with all_folds, got " + request.getFold());
    }
    if (request.getAllFolds()
        && request.getBaseline() != null
        && request.getBaseline().getSetKey() != null) {
      throw new RejectedBatchException(
          "baseline must be run_id and checkpoint with all_folds, got set_key "
              + request.getBaseline().getSetKey());
    }
    return new Question(
        metrics(request.getMetrics()),
        slices(request.getSlices()),
        request.getThresholds(),
        decisionThreshold(request.getDecisionThreshold()),
        costs(request.getFalsePositiveCost(), request.getFalseNegativeCost()),
        baseline(request.getBaseline()),
        bootstrap(request.getBootstrapReplicates(), request.getBootstrapSeed()),
        folds(request),
        request.getHonestPoints(),
        planBudget(request.getProposePlanBudget()));
  }

  private static List<String> metrics(List<String> names) throws RejectedBatchException {
    DecodeTriggers.range("metrics", names.size(), 0, MAX_METRICS);
    for (String name : names) {
      DecodeTriggers.name("metrics", name);
    }
    return names;
  }

  private Question.Slices slices(List<String> by) throws RejectedBatchException {
    DecodeTriggers.range("slices", by.size(), 0, BatchCheck.MAX_SLICE_COLUMNS);
    if (by.isEmpty()) {
      return null;
    }
    for (String grouping : by) {
      DecodeTriggers.name("slices", grouping);
      List<String> columns = Question.Slices.columns(grouping);
      if (columns.contains("")) {
        throw new RejectedBatchException(
            "slices must be columns or crosses of them, like country*device, got " + grouping);
      }
      DecodeTriggers.range("columns of slice " + grouping, columns.size(), 1, MAX_CROSSED);
    }
    return new Question.Slices(by, settings.maxSlices(), settings.minSlicePositives());
  }

  private double decisionThreshold(Double asked) throws RejectedBatchException {
    if (asked == null) {
      return settings.decisionThreshold();
    }
    if (!Double.isFinite(asked)) {
      throw new RejectedBatchException("decision_threshold must be finite, got " + asked);
    }
    return asked;
  }

  private int planBudget(Integer asked) throws RejectedBatchException {
    if (asked == null) {
      return settings.proposePlanBudget();
    }
    DecodeTriggers.range("propose_plan_budget", asked, 0, Integer.MAX_VALUE);
    return asked;
  }

  private static Question.Costs costs(Double falsePositive, Double falseNegative)
      throws RejectedBatchException {
    if (falsePositive == null && falseNegative == null) {
      return null;
    }
    for (Double cost : new Double[] {falsePositive, falseNegative}) {
      if (cost == null || !(cost >= 0 && cost <= Double.MAX_VALUE)) {
        throw new RejectedBatchException(
            "false_positive_cost and false_negative_cost must both be finite and at least 0, got "
                + falsePositive
                + " and "
                + falseNegative);
      }
    }
    return new Question.Costs(falsePositive, falseNegative);
  }

  private static Question.Baseline baseline(dev.touchstone.schemas.avro.Baseline wire)
      throws RejectedBatchException {
    if (wire == null) {
      return null;
    }
    boolean byRun = wire.getRunId() != null && wire.getCheckpoint() != null;
    boolean byKey = wire.getSetKey() != null;
    if (byRun == byKey || byKey && (wire.getRunId() != null || wire.getCheckpoint() != null)) {
      throw new RejectedBatchException(
          "baseline must be run_id and checkpoint, or set_key, got "
              + wire.getRunId()
              + ", "
              + wire.getCheckpoint()
              + ", "
              + wire.getSetKey());
    }
    if (byKey) {
      DecodeTriggers.name("baseline.set_key", wire.getSetKey());
    } else {
      DecodeTriggers.name("baseline.run_id", wire.getRunId());
      DecodeTriggers.name("baseline.checkpoint", wire.getCheckpoint());
    }
    return new Question.Baseline(wire.getRunId(), wire.getCheckpoint(), wire.getSetKey());
  }

  private static Integer folds(EvaluationRequest request) throws RejectedBatchException {
    int folds = request.getFolds();
    if (!request.getAllFolds()) {
      DecodeTriggers.range("folds without all_folds", folds, 0, 0);
      return null;
    }
    if (folds != 0) {
      DecodeTriggers.range("folds", folds, 2, MAX_FOLDS);
    }
    return folds;
  }

  private static Question.Bootstrap bootstrap(int replicates, long seed)
      throws RejectedBatchException {
    if (replicates == 0) {
      return null;
    }
    DecodeTriggers.range("bootstrap_replicates", replicates, 2, MAX_REPLICATES);
    return new Question.Bootstrap(replicates, seed);
  }
}
