package dev.touchstone.metrics.multilabel;

import dev.touchstone.metrics.shared.ColumnRanking;
import dev.touchstone.metrics.shared.ScoreTable;

/**
 * The exact multilabel report of rows in memory: {@link MultilabelCounts} and the ranking of every
 * label. Linear in rows × labels. Depends neither on the order of rows nor on threads.
 */
public final class MultilabelEvaluation {
  private MultilabelEvaluation() {}

  /**
   * Evaluates float32 scores, row-major; see {@link #evaluate(ScoreTable, byte[], double[],
   * MultilabelOptions)}.
   */
  public static MultilabelReport evaluate(
      float[] scores, byte[] labels, double[] weights, MultilabelOptions options) {
    return evaluate(ScoreTable.of(scores, options.labels()), labels, weights, options);
  }

  /**
   * Evaluates rows.
   *
   * @param scores one column a label; a larger score means "more likely"
   * @param labels 0 or 1, row-major, as many as scores
   * @param weights in [0, 2^20], or null
   * @throws IllegalArgumentException for shapes, labels or weights that break their rule, with the
   *     row
   */
  public static MultilabelReport evaluate(
      ScoreTable scores, byte[] labels, double[] weights, MultilabelOptions options) {
    var counts = MultilabelCounts.of(options);
    counts.accept(scores, labels, weights);
    String reason = MultilabelAssembly.reason(counts);
    int columns = options.labels();
    var ranking =
        reason != null
            ? ColumnRanking.undefined(columns, reason)
            : ColumnRanking.of(
                scores,
                (row, column) -> labels[row * columns + column] == 1,
                weights,
                options.level(),
                options.threads());
    return new MultilabelAssembly(counts, ranking).report();
  }
}
