package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;

/** The thresholds that people ask for first. */
final class OperatingPoints {
  // the first few positives say nothing about a precision: methods of the full tier ask for ten
  private static final double SUPPORT = 10;

  /**
   * A threshold and what happens there.
   *
   * @param why what it was chosen for
   */
  record Point(String why, ThresholdRow row) {}

  private OperatingPoints() {}

  /**
   * The decision threshold, the exact best F1, and the best of the report's rows and vertices for
   * Youden's J and under constraints; what cannot be had is left out.
   */
  static List<Point> of(Predictions predictions, BinaryReport report, BinaryOptions options) {
    var points = new ArrayList<Point>();
    if (report.sweep().isEmpty() && report.curve().isEmpty()) {
      return points;
    }
    points.add(new Point("decision threshold", at(predictions, options.decisionThreshold())));
    MetricValue bestF1 = report.metric("max_f1_threshold");
    if (bestF1.isDefined()) {
      points.add(new Point("best F1", at(predictions, bestF1.value())));
    }
    add(points, "best Youden J", rows(report), ThresholdRow::youdenJ);
    for (double least : new double[] {0.9, 0.5}) {
      add(
          points,
          "precision ≥ " + least,
          rows(report).filter(row -> row.tp() >= SUPPORT && row.precision().orElse(0) >= least),
          ThresholdRow::recall);
    }
    add(
        points,
        "recall ≥ 0.9",
        rows(report).filter(row -> row.recall().orElse(0) >= 0.9),
        ThresholdRow::precision);
    return points;
  }

  private static Stream<ThresholdRow> rows(BinaryReport report) {
    return Stream.concat(report.sweep().stream(), report.curve().stream())
        .filter(row -> row.tp() + row.fp() > 0);
  }

  private static void add(
      List<Point> points,
      String why,
      Stream<ThresholdRow> rows,
      Function<ThresholdRow, OptionalDouble> goodness) {
    rows.filter(row -> goodness.apply(row).isPresent())
        .max(
            Comparator.<ThresholdRow>comparingDouble(row -> goodness.apply(row).getAsDouble())
                // of equal ones the highest threshold
                .thenComparingDouble(ThresholdRow::threshold))
        .ifPresent(row -> points.add(new Point(why, row)));
  }

  /** The confusion table at a threshold, which is taken in the scores' precision. */
  static ThresholdRow at(Predictions predictions, double threshold) {
    double exact = predictions.floatScores() != null ? (float) threshold : threshold;
    double[] above = new double[2];
    double[] all = new double[2];
    for (int row = 0; row < predictions.rows(); row++) {
      int label = predictions.labels()[row];
      double weight = predictions.weight(row);
      all[label] += weight;
      if (predictions.score(row) >= exact) {
        above[label] += weight;
      }
    }
    return new ThresholdRow(exact, above[1], above[0], all[1] - above[1], all[0] - above[0]);
  }
}
