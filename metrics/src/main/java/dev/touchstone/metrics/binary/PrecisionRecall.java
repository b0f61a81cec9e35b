package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.sampling.RowOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Precision and recall in the forms that people plot.
 *
 * <p>Sources: Davis and Goadrich 2006, section 4 (points between two thresholds); the closing point
 * is scikit-learn's.
 */
public final class PrecisionRecall {
  private static final long MOST_POINTS = 1L << 20;

  private PrecisionRecall() {}

  /**
   * One point of a curve.
   *
   * @param threshold that gives it; NaN where none does (the closing point, points in between)
   * @param tp true positives
   * @param fp false positives
   * @param recall TP / P
   * @param precision TP / (TP + FP); 1 where nothing is predicted positive
   */
  public record Point(double threshold, double tp, double fp, double recall, double precision) {}

  /**
   * The whole curve: one point a distinct score, ascending, then the closing point of recall 0 and
   * precision 1 that no threshold gives. For small data and for reference; a report's curve keeps
   * what can be drawn. Empty without positives; areas are metrics of a report.
   *
   * @param scores numbers
   * @param labels 0 or 1
   * @param weights finite and at least 0, or null; rows of weight 0 give no point
   */
  public static List<Point> curve(double[] scores, byte[] labels, double[] weights) {
    BinaryEvaluation.check(scores.length, labels, weights);
    int bits = weights == null ? 0 : BinaryEvaluation.weightBits(weights);
    var order = RowOrder.descending(scores);
    long[] units = new long[2];
    var points = new ArrayList<Point>();
    for (int start = 0; start < order.size(); ) {
      int end = order.endOfTies(start);
      long before = units[0] + units[1];
      for (int place = start; place < end; place++) {
        int row = order.row(place);
        units[labels[row]] +=
            weights == null ? 1 : RowAccumulator.weightUnits(weights[row], bits, row);
      }
      if (units[0] + units[1] > before) {
        // zeros of both signs are one threshold
        points.add(point(scores[order.row(start)] + 0.0, units[1], units[0]));
      }
      start = end;
    }
    if (units[1] == 0) {
      return List.of();
    }
    double unit = Math.scalb(1.0, -bits);
    var curve = new ArrayList<Point>();
    for (int i = points.size() - 1; i >= 0; i--) {
      var p = points.get(i);
      curve.add(
          new Point(p.threshold(), p.tp() * unit, p.fp() * unit, p.tp() / units[1], p.precision()));
    }
    curve.add(new Point(Double.NaN, 0, 0, 0, 1));
    return curve;
  }

  private static Point point(double threshold, double tp, double fp) {
    return new Point(threshold, tp, fp, Double.NaN, tp / (tp + fp));
  }

  /**
   * What can be reached between two neighbouring thresholds: a point for every whole true positive,
   * both ends included, with false positives that rise in proportion. A straight line between the
   * ends cannot be reached by any mix of the two.
   *
   * @param tpA true positives at the higher threshold, at least 0
   * @param fpA false positives there, at least 0
   * @param tpB true positives at the lower threshold, more than {@code tpA}, by at most 2^20
   * @param fpB false positives there, at least {@code fpA}
   * @param positives of all, at least {@code tpB}
   */
  public static List<Point> between(long tpA, long fpA, long tpB, long fpB, long positives) {
    if (tpA < 0 || fpA < 0 || tpB <= tpA || fpB < fpA || tpB > positives) {
      throw new IllegalArgumentException(
          "counts must rise from the higher threshold to the lower, within the positives, got tp "
              + tpA
              + " to "
              + tpB
              + ", fp "
              + fpA
              + " to "
              + fpB
              + ", positives "
              + positives);
    }
    if (tpB - tpA > MOST_POINTS) {
      throw new IllegalArgumentException(
          "true positives must be at most 2^20 apart, got " + (tpB - tpA));
    }
    double slope = (double) (fpB - fpA) / (tpB - tpA);
    var points = new ArrayList<Point>();
    for (long tp = tpA; tp <= tpB; tp++) {
      double fp = fpA + slope * (tp - tpA);
      points.add(
          new Point(Double.NaN, tp, fp, (double) tp / positives, tp + fp > 0 ? tp / (tp + fp) : 1));
    }
    return points;
  }
}
