package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import java.util.ArrayList;
import java.util.List;

/**
 * One class (or label) against the rest.
 *
 * @param score counts of the class
 * @param precision undefined where nothing was predicted; Wilson's interval
 * @param recall undefined for a class that the truth does not hold; Wilson's interval
 * @param f1 undefined for a class that the truth does not hold
 * @param averagePrecision of the class's own score
 * @param rocAuc of the class's own score
 */
public record ClassRow(
    ClassScore score,
    MetricValue precision,
    MetricValue recall,
    MetricValue f1,
    MetricValue averagePrecision,
    MetricValue rocAuc) {
  private static final List<String> COLUMNS =
      List.of(
          "support",
          "predicted",
          "true_positives",
          "precision",
          "recall",
          "f1",
          "average_precision",
          "roc_auc");

  /**
   * The rows of all classes.
   *
   * @param reason why nothing can be said at all, or null
   * @param effectiveShare effective rows for each unit of weight: 1 without weights
   */
  public static List<ClassRow> of(
      List<ClassScore> scores,
      ColumnRanking ranking,
      ZeroDivision zeroDivision,
      String reason,
      double effectiveShare,
      double level) {
    var rows = new ArrayList<ClassRow>();
    for (int k = 0; k < scores.size(); k++) {
      var score = scores.get(k);
      rows.add(
          new ClassRow(
              score,
              reason != null
                  ? MetricValue.undefined("precision", reason)
                  : wilson(
                      score.precision(zeroDivision), effectiveShare * score.predicted(), level),
              reason != null
                  ? MetricValue.undefined("recall", reason)
                  : wilson(score.recall(), effectiveShare * score.support(), level),
              reason != null ? MetricValue.undefined("f1", reason) : score.f1(),
              ranking.averagePrecision().get(k),
              ranking.rocAuc().get(k)));
    }
    return rows;
  }

  private static MetricValue wilson(MetricValue share, double trials, double level) {
    return share.isDefined() && trials > 0
        ? share.withInterval(Intervals.wilson(share.value(), trials, level))
        : share;
  }

  /** The rows as a table whose first column names the class. */
  public static Table table(String name, String first, List<ClassRow> classes) {
    var columns = new ArrayList<String>();
    columns.add(first);
    columns.addAll(COLUMNS);
    var rows = new ArrayList<List<Object>>();
    for (var c : classes) {
      rows.add(
          List.of(
              c.score.name(),
              c.score.support(),
              c.score.predicted(),
              c.score.truePositives(),
              c.precision,
              c.recall,
              c.f1,
              c.averagePrecision,
              c.rocAuc));
    }
    return new Table(name, columns, rows);
  }
}
