package dev.touchstone.metrics.binary;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** Every vertex of the curves, from the definition; areas by the textbook. */
final class BruteCurve {
  final double positives;
  final double negatives;
  private final RandomRows rows;
  // (TP, FP) at every distinct score of a row that weighs, descending; from (0, 0)
  private final List<double[]> vertices = new ArrayList<>();

  BruteCurve(RandomRows rows) {
    this.rows = rows;
    vertices.add(new double[2]);
    double[] values = BruteForce.sortedDistinct(rows.scores());
    for (int i = values.length - 1; i >= 0; i--) {
      double[] vertex = BruteForce.counts(rows.scores(), rows.labels(), rows.weights(), values[i]);
      double[] last = vertices.get(vertices.size() - 1);
      if (vertex[0] != last[0] || vertex[1] != last[1]) {
        vertices.add(vertex);
      }
    }
    double[] all = vertices.get(vertices.size() - 1);
    positives = all[0];
    negatives = all[1];
  }

  double best(DoubleBinaryOperator value) {
    double best = Double.NEGATIVE_INFINITY;
    for (double[] v : vertices.subList(1, vertices.size())) {
      best = Math.max(best, value.applyAsDouble(v[0], v[1]));
    }
    return best;
  }

  private static double precision(double[] v) {
    return v[0] + v[1] > 0 ? v[0] / (v[0] + v[1]) : 1;
  }

  double trapezoid() {
    double area = 0;
    for (int i = 1; i < vertices.size(); i++) {
      double[] a = vertices.get(i - 1);
      double[] b = vertices.get(i);
      area += (b[0] - a[0]) / positives * (precision(a) + precision(b)) / 2;
    }
    return area;
  }

  /** By Simpson's rule along each segment, on which the negatives rise evenly. */
  double interpolated() {
    double area = 0;
    int steps = 256;
    for (int i = 1; i < vertices.size(); i++) {
      double[] a = vertices.get(i - 1);
      double[] b = vertices.get(i);
      double width = b[0] - a[0];
      for (int step = 0; step <= steps && width > 0; step++) {
        double tp = a[0] + width * step / steps;
        double fp = a[1] + (b[1] - a[1]) * step / steps;
        double factor = step == 0 || step == steps ? 1 : step % 2 == 1 ? 4 : 2;
        double value = tp + fp > 0 ? tp / (tp + fp) : width / (width + b[1]);
        area += factor * value * width / steps / 3;
      }
    }
    return area / positives;
  }

  double partial(double fpr) {
    double area = 0;
    double limit = fpr * negatives;
    for (int i = 1; i < vertices.size(); i++) {
      double[] a = vertices.get(i - 1);
      double[] b = vertices.get(i);
      double end = Math.min(b[1], limit);
      if (end > a[1]) {
        double tp = a[0] + (b[0] - a[0]) * (end - a[1]) / (b[1] - a[1]);
        area += (end - a[1]) * (a[0] + tp) / 2;
      }
    }
    return area / positives / negatives;
  }

  /** Expected true positives among the top k. */
  double top(double k) {
    for (int i = 1; i < vertices.size(); i++) {
      double[] a = vertices.get(i - 1);
      double[] b = vertices.get(i);
      if (b[0] + b[1] >= k - 1e-9) {
        double share = (k - a[0] - a[1]) / (b[0] + b[1] - a[0] - a[1]);
        return a[0] + share * (b[0] - a[0]);
      }
    }
    return positives;
  }

  double mcc(double tp, double fp) {
    double fn = positives - tp;
    double tn = negatives - fp;
    double margins = (tp + fp) * positives * negatives * (tn + fn);
    return margins > 0 ? (tp * tn - fp * fn) / Math.sqrt(margins) : Double.NEGATIVE_INFINITY;
  }

  /** Variances of AP (4.3) and of ROC AUC (4.1; 3.5 with weights), row by row. */
  double[] variances() {
    int n = rows.size();
    double ap = BruteForce.averagePrecision(rows.scores(), rows.labels(), rows.weights());
    double auc = BruteForce.rocAuc(rows.scores(), rows.labels(), rows.weights());
    double ofAp = 0;
    double sumOfInfluence = 0;
    double ofPositives = 0;
    double ofNegatives = 0;
    double[][] counts = new double[n][];
    for (int i = 0; i < n; i++) {
      counts[i] = counts(i);
    }
    for (int i = 0; i < n; i++) {
      double w = weight(i);
      double[] at = counts[i];
      double g = 0;
      double h = 0;
      double placement = 0;
      for (int j = 0; j < n; j++) {
        double v = weight(j);
        if (rows.labels()[j] == 1 && rows.scores()[j] <= rows.scores()[i]) {
          double[] c = counts[j];
          double all = c[0] + c[1];
          g += v == 0 ? 0 : v / all;
          h += v == 0 ? 0 : v * c[0] / (all * all);
        }
        if (rows.labels()[j] != rows.labels()[i]) {
          boolean right =
              rows.labels()[i] == 1
                  ? rows.scores()[i] > rows.scores()[j]
                  : rows.scores()[j] > rows.scores()[i];
          placement += right ? v : rows.scores()[i] == rows.scores()[j] ? v / 2 : 0;
        }
      }
      if (w == 0) {
        continue;
      }
      double own = rows.labels()[i] == 1 ? at[0] / (at[0] + at[1]) - ap + g : 0;
      double u = (own - h) / positives;
      sumOfInfluence += w * u;
      ofAp += w * w * u * u;
      double other = rows.labels()[i] == 1 ? negatives : positives;
      double deviation = placement / other - auc;
      if (rows.labels()[i] == 1) {
        ofPositives += w * w * deviation * deviation;
      } else {
        ofNegatives += w * w * deviation * deviation;
      }
    }
    if (Math.abs(sumOfInfluence) > 1e-9) {
      throw new AssertionError("influence values must add up to 0, got " + sumOfInfluence);
    }
    double ofAuc =
        rows.weights() == null
            ? ofPositives / (positives - 1) / positives + ofNegatives / (negatives - 1) / negatives
            : ofPositives / positives / positives + ofNegatives / negatives / negatives;
    return new double[] {ofAp, ofAuc};
  }

  private double[] counts(int row) {
    return BruteForce.counts(rows.scores(), rows.labels(), rows.weights(), rows.scores()[row]);
  }

  private double weight(int row) {
    return rows.weights() == null ? 1 : rows.weights()[row];
  }
}
