package dev.touchstone.jobs.model;

import java.util.List;
import java.util.TreeSet;

/**
 * What a full evaluation is asked. Lists are kept sorted and without repeats, so that equal
 * questions are equal records whatever order they were written in.
 *
 * @param metrics names of those to report; empty: all
 * @param slices groups of rows to report by; null: none
 * @param thresholds entries of the sweep
 * @param decisionThreshold predict positive at scores from here on
 * @param costs of wrong decisions; null: not asked
 * @param baseline what to compare with; null: nothing
 * @param bootstrap resampling; null: none
 * @param folds over the sets of so many folds of the model checkpoint; 0: of as many as are known;
 *     null: one set, not folds
 * @param honestPoints operating points chosen on one half of the examples, reported on the other
 * @param planBudget examples of the sampling plan that the report is to propose; 0: none. Of no
 *     effect but on one binary set
 */
public record Question(
    List<String> metrics,
    Slices slices,
    int thresholds,
    double decisionThreshold,
    Costs costs,
    Baseline baseline,
    Bootstrap bootstrap,
    Integer folds,
    boolean honestPoints,
    int planBudget) {

  /** Sorts the metrics. */
  public Question {
    metrics = sorted(metrics);
  }

  /** Everything about all rows, and nothing beyond. */
  public static Question everything(int thresholds, double decisionThreshold) {
    return new Question(
        List.of(), null, thresholds, decisionThreshold, null, null, null, null, false, 0);
  }

  /** Whether it is over folds. */
  public boolean allFolds() {
    return folds != null;
  }

  /** Whether a report on this question tells that metric. */
  public boolean asksFor(String metric) {
    return metrics.isEmpty() || metrics.contains(metric);
  }

  /** The same with the baseline named by its key. */
  public Question against(String setKey) {
    return new Question(
        metrics,
        slices,
        thresholds,
        decisionThreshold,
        costs,
        new Baseline(null, null, setKey),
        bootstrap,
        folds,
        honestPoints,
        planBudget);
  }

  /**
   * Groups of rows.
   *
   * @param by columns, and crosses written {@code country*device}
   * @param most groups to report of each grouping: the largest
   * @param minPositives groups of fewer positives are only counted
   */
  public record Slices(List<String> by, int most, int minPositives) {

    /** Between the columns of a cross. */
    public static final String CROSS = "*";

    /** Sorts the groupings and, within each, the columns. */
    public Slices {
      by = sorted(by.stream().map(one -> String.join(CROSS, columns(one))).toList());
    }

    /** The columns of a grouping. */
    public static List<String> columns(String grouping) {
      return sorted(List.of(grouping.split("\\*", -1)));
    }
  }

  /** What a wrong decision costs, each finite and ≥ 0. */
  public record Costs(double falsePositive, double falseNegative) {}

  /**
   * Another prediction set: of a run's model checkpoint, or of a key.
   *
   * @param runId with {@code checkpoint}; null with a key
   * @param setKey null with a run
   */
  public record Baseline(String runId, String checkpoint, String setKey) {

    @Override
    public String toString() {
      return setKey != null
          ? "prediction set " + setKey
          : "model checkpoint " + checkpoint + " of run " + runId;
    }
  }

  /** Resampling of rows; the same seed draws the same samples. */
  public record Bootstrap(int replicates, long seed) {}

  private static List<String> sorted(List<String> values) {
    return List.copyOf(new TreeSet<>(values));
  }
}
