package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.RowPage;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.multiclass.MulticlassCounts;
import dev.touchstone.metrics.multiclass.MulticlassOptions;
import dev.touchstone.metrics.multilabel.MultilabelCounts;
import dev.touchstone.metrics.multilabel.MultilabelOptions;
import dev.touchstone.metrics.regression.RegressionOptions;
import dev.touchstone.metrics.regression.RegressionSums;
import dev.touchstone.metrics.shared.LabelEncoding;
import dev.touchstone.metrics.shared.TaskReport;

/**
 * The state of the first pass over the rows of a task. States add up, in any order, to the same
 * bytes. The binary task needs a second pass; the others have their report then.
 *
 * <p>Not thread-safe.
 */
interface TaskPass {

  /** Adds rows. */
  void accept(RowPage page);

  byte[] toBytes();

  /** Adds another state of the same set and question. */
  void combine(byte[] other);

  /** The report, from a state of all rows; not for the binary task. */
  TaskReport report();

  /**
   * Nothing seen yet.
   *
   * @throws IllegalArgumentException for shapes that can't be evaluated
   */
  static TaskPass of(SetIdentity set, Question question) {
    return switch (set.task()) {
      case BINARY -> binary(set, question);
      case MULTICLASS -> new Multiclass(MulticlassOptions.of(set.outputs()));
      case MULTILABEL ->
          new Multilabel(
              MultilabelOptions.of(set.outputs()).withThreshold(question.decisionThreshold()));
      case REGRESSION -> regression(set);
    };
  }

  private static TaskPass binary(SetIdentity set, Question question) {
    oneOutput(set);
    return new Binary(CoarseCounts.of(FullOptions.of(question)));
  }

  private static TaskPass regression(SetIdentity set) {
    oneOutput(set);
    return new Regression(RegressionOptions.defaults());
  }

  private static void oneOutput(SetIdentity set) {
    if (set.outputs() != 1) {
      throw new IllegalArgumentException(
          "outputs must be 1 for task " + set.task() + ", got " + set.outputs());
    }
  }

  /** Counts of scores. */
  record Binary(CoarseCounts counts) implements TaskPass {

    @Override
    public void accept(RowPage page) {
      counts.accept(page.scores().get(0), page.labels().get(0), page.weights());
    }

    @Override
    public byte[] toBytes() {
      return counts.toBytes();
    }

    @Override
    public void combine(byte[] other) {
      counts.combine(CoarseCounts.fromBytes(other));
    }

    @Override
    public TaskReport report() {
      throw new IllegalStateException("the binary task has a second pass");
    }
  }

  /** Confusion and losses. */
  record Multiclass(MulticlassOptions options, MulticlassCounts counts) implements TaskPass {

    Multiclass(MulticlassOptions options) {
      this(options, MulticlassCounts.of(options));
    }

    @Override
    public void accept(RowPage page) {
      counts.accept(page.rowMajorScores(), page.labels().get(0), encoding(page), page.weights());
    }

    @Override
    public byte[] toBytes() {
      return counts.toBytes();
    }

    @Override
    public void combine(byte[] other) {
      counts.combine(MulticlassCounts.fromBytes(other, options));
    }

    @Override
    public TaskReport report() {
      return counts.result();
    }
  }

  /** Counts by label. */
  record Multilabel(MultilabelOptions options, MultilabelCounts counts) implements TaskPass {

    Multilabel(MultilabelOptions options) {
      this(options, MultilabelCounts.of(options));
    }

    @Override
    public void accept(RowPage page) {
      counts.accept(page.rowMajorScores(), page.rowMajorLabels(), page.weights());
    }

    @Override
    public byte[] toBytes() {
      return counts.toBytes();
    }

    @Override
    public void combine(byte[] other) {
      counts.combine(MultilabelCounts.fromBytes(other, options));
    }

    @Override
    public TaskReport report() {
      return counts.result();
    }
  }

  /** Sums of errors. */
  record Regression(RegressionOptions options, RegressionSums sums) implements TaskPass {

    Regression(RegressionOptions options) {
      this(options, RegressionSums.of(options));
    }

    @Override
    public void accept(RowPage page) {
      sums.accept(page.labels().get(0), encoding(page), page.scores().get(0), page.weights());
    }

    @Override
    public byte[] toBytes() {
      return sums.toBytes();
    }

    @Override
    public void combine(byte[] other) {
      sums.combine(RegressionSums.fromBytes(other, options));
    }

    @Override
    public TaskReport report() {
      return sums.result();
    }
  }

  private static LabelEncoding encoding(RowPage page) {
    return LabelEncoding.valueOf(page.labelEncoding().name());
  }
}
