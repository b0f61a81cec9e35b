package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.metrics.multiclass.MulticlassCounts;
import dev.touchstone.metrics.multiclass.MulticlassOptions;
import dev.touchstone.metrics.multilabel.MultilabelCounts;
import dev.touchstone.metrics.multilabel.MultilabelOptions;
import dev.touchstone.metrics.regression.RegressionOptions;
import dev.touchstone.metrics.regression.RegressionSums;
import dev.touchstone.metrics.shared.LabelEncoding;
import dev.touchstone.metrics.shared.TaskReport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The state behind the proxies of any task but the binary one: the sums of the full tier, which are
 * of fixed size. A row of a sample weighs its own weight over its stratum's rate.
 *
 * <p>Not thread-safe.
 */
final class TaskProxy {

  /** A confusion matrix of more classes would not stay small. */
  static final int MOST_CLASSES = 128;

  private final Task task;
  private final int outputs;
  private final double threshold;
  private final MulticlassCounts multiclass;
  private final MultilabelCounts multilabel;
  private final RegressionSums regression;

  /**
   * @param bytes of a state; null: nothing seen yet
   */
  private TaskProxy(Task task, int outputs, double threshold, byte[] bytes) {
    this.task = task;
    this.outputs = outputs;
    this.threshold = threshold;
    MulticlassCounts classes = null;
    MultilabelCounts labels = null;
    RegressionSums errors = null;
    switch (task) {
      case MULTICLASS -> {
        var options = MulticlassOptions.of(outputs);
        classes =
            bytes == null
                ? MulticlassCounts.of(options)
                : MulticlassCounts.fromBytes(bytes, options);
      }
      case MULTILABEL -> {
        var options = MultilabelOptions.of(outputs).withThreshold(threshold);
        labels =
            bytes == null
                ? MultilabelCounts.of(options)
                : MultilabelCounts.fromBytes(bytes, options);
      }
      case REGRESSION -> {
        var options = RegressionOptions.defaults();
        errors =
            bytes == null ? RegressionSums.of(options) : RegressionSums.fromBytes(bytes, options);
      }
      case BINARY -> throw new IllegalArgumentException("the binary task has a proxy of its own");
    }
    multiclass = classes;
    multilabel = labels;
    regression = errors;
  }

  /** Nothing seen yet; see {@link #refusal}. */
  static TaskProxy of(SetIdentity set, double threshold) {
    return new TaskProxy(set.task(), set.outputs(), threshold, null);
  }

  /** A state as {@link #toBytes} gave it. */
  static TaskProxy of(Task task, int outputs, double threshold, byte[] bytes) {
    return new TaskProxy(task, outputs, threshold, bytes);
  }

  /** Why a set has no proxies; null where it has. */
  static String refusal(SetIdentity set) {
    return switch (set.task()) {
      case BINARY -> null;
      case MULTICLASS ->
          set.outputs() >= 2 && set.outputs() <= MOST_CLASSES
              ? null
              : "proxies are of 2 to " + MOST_CLASSES + " classes, got " + set.outputs();
      case MULTILABEL ->
          set.outputs() <= MOST_CLASSES
              ? null
              : "proxies are of at most " + MOST_CLASSES + " labels, got " + set.outputs();
      case REGRESSION ->
          set.outputs() == 1 ? null : "proxies are of one output, got " + set.outputs();
    };
  }

  /** The metric that says so where there are no proxies. */
  static String mainMetric(Task task) {
    return switch (task) {
      case BINARY -> "average_precision";
      case MULTICLASS -> "accuracy";
      case MULTILABEL -> "subset_accuracy";
      case REGRESSION -> "rmse";
    };
  }

  /** Adds labelled rows. */
  void fold(PredictionBatch batch) {
    ByteBuffer scores = ByteBuffer.wrap(batch.scores());
    ByteBuffer labels = ByteBuffer.wrap(batch.labels());
    ByteBuffer weights = weights(batch);
    var encoding = LabelEncoding.valueOf(batch.labelEncoding().name());
    switch (task) {
      case MULTICLASS -> multiclass.accept(scores, labels, encoding, weights);
      case MULTILABEL -> multilabel.accept(scores, labels, weights);
      default -> regression.accept(labels, encoding, scores, weights);
    }
  }

  private static ByteBuffer weights(PredictionBatch batch) {
    RowWeights rows = RowWeights.of(batch);
    if (rows == null) {
      return null;
    }
    ByteBuffer weights = ByteBuffer.allocate(4 * batch.count()).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < batch.count(); row++) {
      double own = rows.weights() == null ? 1 : rows.weights()[row];
      weights.putFloat((float) (own / rows.rates()[row]));
    }
    return weights.flip();
  }

  TaskReport result() {
    return switch (task) {
      case MULTICLASS -> multiclass.result();
      case MULTILABEL -> multilabel.result();
      default -> regression.result();
    };
  }

  Task task() {
    return task;
  }

  int outputs() {
    return outputs;
  }

  double threshold() {
    return threshold;
  }

  byte[] toBytes() {
    return switch (task) {
      case MULTICLASS -> multiclass.toBytes();
      case MULTILABEL -> multilabel.toBytes();
      default -> regression.toBytes();
    };
  }
}
