package dev.touchstone.metrics.multiclass;

import dev.touchstone.metrics.shared.ColumnRanking;
import dev.touchstone.metrics.shared.ScoreTable;

/**
 * The exact multiclass report of rows in memory: {@link MulticlassCounts} and the one-vs-rest
 * rankings. Linear in rows × classes. Depends neither on the order of rows nor on threads.
 */
public final class MulticlassEvaluation {
  private MulticlassEvaluation() {}

  /**
   * Evaluates float32 scores, row-major; see {@link #evaluate(ScoreTable, int[], double[],
   * MulticlassOptions)}.
   */
  public static MulticlassReport evaluate(
      float[] scores, int[] labels, double[] weights, MulticlassOptions options) {
    return evaluate(ScoreTable.of(scores, options.classes()), labels, weights, options);
  }

  /**
   * Evaluates rows.
   *
   * @param scores one column a class; a larger score means "more of that class"
   * @param labels true classes, each in [0, classes)
   * @param weights in [0, 2^20], or null
   * @throws IllegalArgumentException for shapes, labels or weights that break their rule, with the
   *     row
   */
  public static MulticlassReport evaluate(
      ScoreTable scores, int[] labels, double[] weights, MulticlassOptions options) {
    var counts = MulticlassCounts.of(options);
    counts.accept(scores, labels, weights);
    String reason = MulticlassAssembly.reason(counts);
    var ranking =
        reason != null
            ? ColumnRanking.undefined(options.classes(), reason)
            : ColumnRanking.of(
                scores,
                (row, column) -> labels[row] == column,
                weights,
                options.level(),
                options.threads());
    return new MulticlassAssembly(counts, ranking).report();
  }
}
