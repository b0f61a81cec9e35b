package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.Sum128;
import java.util.Arrays;

/**
 * What every example contributes to average precision and ROC AUC: the influence function of the
 * one, the placement value of the other. Variances, paired comparisons and sampling rates follow
 * from them.
 *
 * <p>With tie groups in descending score, TP and FP cumulative, Prec = TP / (TP + FP), and sums
 * toward lower scores, own group included, G = sum p / (TP + FP) and H = sum p TP / (TP + FP)²:
 *
 * <pre>
 * influence   u_i = (1/P) { y_i (Prec - AP + G) - H }        sum w_i u_i = 0
 * placement   V10 = 1 - (FP - n/2) / N  of a positive,  V01 = (TP - p/2) / P  of a negative
 * </pre>
 *
 * <p>AP is the step sum with tie groups moving together. Without weights an example weighs 1; with
 * them every count is a sum of weights, rounded once to a resolution of at least 2^-35 of the
 * largest at 10 million rows. Rows of weight 0 count for nothing. The result does not depend on the
 * order of rows, to the bit. Linear time; 16 bytes a row are kept, 24 more used while it is built.
 *
 * <p>Source: derivation and checks in docs (influence function of AP); DeLong, DeLong and
 * Clarke-Pearson 1988; Sun and Xu 2014. Immutable; not for NaN scores.
 */
public final class RankInfluence {
  private static final double FIXED = 0x1p62;

  private final byte[] labels;
  private final long[] units;
  private final double unit;
  private final double positives;
  private final double negatives;
  private final long rows;
  private final long positiveRows;
  private final double averagePrecision;
  private final double rocAuc;
  private final boolean unseenNegativeRisk;

  /** Prec + G - H of a positive; -H of a negative. */
  private final double[] contributions;

  private final double[] placements;

  private RankInfluence(RowOrder order, byte[] labels, double[] weights) {
    int n = order.size();
    checkColumns(n, labels, weights);
    this.labels = labels;
    int bits = weights == null ? 0 : weightBits(weights);
    unit = Math.scalb(1.0, -bits);
    units = weights == null ? null : units(weights, bits);
    long p = 0;
    long all = 0;
    long counted = 0;
    long countedPositives = 0;
    for (int i = 0; i < n; i++) {
      long w = unitsOf(i);
      all += w;
      p += labels[i] == 1 ? w : 0;
      counted += w > 0 ? 1 : 0;
      countedPositives += w > 0 && labels[i] == 1 ? 1 : 0;
    }
    positives = p;
    negatives = all - p;
    rows = counted;
    positiveRows = countedPositives;
    contributions = new double[n];
    placements = new double[n];

    // from the lowest group up: TP and FP are what is left of the totals
    long tp = p;
    long fp = all - p;
    double g = 0;
    double h = 0;
    var precisionSum = Sum128.zero();
    var twiceAbove = Sum128.zero();
    for (int end = n; end > 0; ) {
      int start = order.startOfTies(end - 1);
      long groupP = 0;
      long groupN = 0;
      for (int place = start; place < end; place++) {
        int row = order.row(place);
        long w = unitsOf(row);
        if (labels[row] == 1) {
          groupP += w;
        } else {
          groupN += w;
        }
      }
      double precision = 0;
      if (groupP > 0) {
        double total = (double) (tp + fp);
        precision = tp / total;
        g += groupP / total;
        h += groupP * precision / total;
        precisionSum.addProduct(groupP, (long) (precision * FIXED));
        twiceAbove.addProduct(groupP, 2 * fp - groupN);
      }
      // V10 and V01 of the group; with one class absent they are not asked for
      double v10 = 1 - (fp - groupN / 2.0) / negatives;
      double v01 = (tp - groupP / 2.0) / positives;
      for (int place = start; place < end; place++) {
        int row = order.row(place);
        boolean positive = labels[row] == 1;
        contributions[row] = positive ? precision + g - h : -h;
        placements[row] = positive ? v10 : v01;
      }
      tp -= groupP;
      fp -= groupN;
      end = start;
    }
    averagePrecision = p == 0 ? Double.NaN : Math.min(1, precisionSum.toDouble() / FIXED / p);
    rocAuc =
        p == 0 || all == p ? Double.NaN : 1 - twiceAbove.toDouble() / 2 / positives / negatives;
    unseenNegativeRisk = weights != null && p > 0 && risk(order);
  }

  /** Float32 scores; labels 0 or 1; weights finite and at least 0, or null. */
  public static RankInfluence of(float[] scores, byte[] labels, double[] weights) {
    return new RankInfluence(RowOrder.descending(scores), labels.clone(), copy(weights));
  }

  /** Float64 scores; labels 0 or 1; weights finite and at least 0, or null. */
  public static RankInfluence of(double[] scores, byte[] labels, double[] weights) {
    return new RankInfluence(RowOrder.descending(scores), labels.clone(), copy(weights));
  }

  /** Without copying: for callers that never change the columns again. */
  public static RankInfluence ofOwned(float[] scores, byte[] labels, double[] weights) {
    return new RankInfluence(RowOrder.descending(scores), labels, weights);
  }

  /** Without copying: for callers that never change the columns again. */
  public static RankInfluence ofOwned(double[] scores, byte[] labels, double[] weights) {
    return new RankInfluence(RowOrder.descending(scores), labels, weights);
  }

  private static double[] copy(double[] weights) {
    return weights == null ? null : weights.clone();
  }

  private static void checkColumns(int rows, byte[] labels, double[] weights) {
    if (labels.length != rows) {
      throw new IllegalArgumentException(
          "labels must be as many as scores (" + rows + "), got " + labels.length);
    }
    if (weights != null && weights.length != rows) {
      throw new IllegalArgumentException(
          "weights must be as many as scores (" + rows + "), got " + weights.length);
    }
    for (int i = 0; i < rows; i++) {
      if ((labels[i] & ~1) != 0) {
        throw new IllegalArgumentException(
            "label must be 0 or 1, got " + labels[i] + " (row " + i + ")");
      }
      if (weights != null && !(weights[i] >= 0 && weights[i] <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "weight must be finite and at least 0, got " + weights[i] + " (row " + i + ")");
      }
    }
  }

  /** The finest power of two that keeps the largest weight below 2^52 units, the sum below 2^61. */
  private static int weightBits(double[] weights) {
    double largest = 0;
    for (double weight : weights) {
      largest = Math.max(largest, weight);
    }
    if (largest == 0) {
      return 0;
    }
    int rowBits = 64 - Long.numberOfLeadingZeros(weights.length);
    return Math.min(51, 60 - rowBits) - Math.getExponent(largest);
  }

  private static long[] units(double[] weights, int bits) {
    long[] units = new long[weights.length];
    for (int i = 0; i < units.length; i++) {
      units[i] = (long) Math.rint(Math.scalb(weights[i], bits));
    }
    return units;
  }

  private long unitsOf(int row) {
    return units == null ? 1 : units[row];
  }

  /** Whether one unseen negative like a sampled one could move the upper half of the curve. */
  private boolean risk(RowOrder order) {
    long tp = 0;
    long fp = 0;
    long heaviest = 0;
    for (int start = 0; start < order.size(); ) {
      int end = order.endOfTies(start);
      for (int place = start; place < end; place++) {
        int row = order.row(place);
        if (labels[row] == 1) {
          tp += units[row];
        } else {
          fp += units[row];
          heaviest = Math.max(heaviest, units[row]);
        }
      }
      if (2 * tp >= positives) {
        // the median positive is in this group
        return heaviest > 0.05 * (tp + fp);
      }
      start = end;
    }
    return false;
  }

  /** Number of rows given, those of weight 0 included. */
  public int size() {
    return labels.length;
  }

  /** Why average precision is undefined, or null. */
  public String averagePrecisionReason() {
    if (size() == 0) {
      return "empty";
    }
    return rows == 0 ? "zero_weight" : positives == 0 ? "no_positives" : null;
  }

  /** Why ROC AUC is undefined, or null. */
  public String rocAucReason() {
    String reason = averagePrecisionReason();
    return reason != null ? reason : negatives == 0 ? "no_negatives" : null;
  }

  /** Average precision; NaN exactly when {@link #averagePrecisionReason()} says why. */
  public double averagePrecision() {
    return averagePrecision;
  }

  /** ROC AUC; NaN exactly when {@link #rocAucReason()} says why. */
  public double rocAuc() {
    return rocAuc;
  }

  /** Sum of weights of a class. */
  public double total(int label) {
    return unit * (label == 1 ? positives : negatives);
  }

  /** Rows of a class whose weight is above 0. */
  public long count(int label) {
    return label == 1 ? positiveRows : rows - positiveRows;
  }

  /** Influence u_i of a row on average precision. */
  public double influence(int row) {
    return scaledInfluence(row) / total(1);
  }

  /** P u_i, of the size of a precision whatever the number of rows. */
  double scaledInfluence(int row) {
    return labels[row] == 1 ? contributions[row] - averagePrecision : contributions[row];
  }

  /** H of a row: how much a negative of this score weighs in AP; at least 0. */
  public double weightOfNegative(int row) {
    if (labels[row] == 1) {
      throw new IllegalArgumentException("row " + row + " is a positive");
    }
    return -contributions[row];
  }

  /** Placement value of a row: V10 of a positive, V01 of a negative. */
  public double placement(int row) {
    return placements[row];
  }

  byte label(int row) {
    return labels[row];
  }

  boolean weighted() {
    return units != null;
  }

  double weight(int row) {
    return unit * unitsOf(row);
  }

  boolean sameRows(RankInfluence other) {
    return Arrays.equals(labels, other.labels) && Arrays.equals(units, other.units);
  }

  /** Average precision with its linearised variances: sum c u², c = w² or w (w - 1). */
  public Estimate averagePrecisionEstimate() {
    String reason = averagePrecisionReason();
    if (reason != null) {
      return Estimate.undefined("average_precision", reason, rows);
    }
    var spread = Spread.of(this);
    for (int i = 0; i < size(); i++) {
      spread.accept(i, scaledInfluence(i));
    }
    var estimate =
        Estimate.of(
            "average_precision",
            averagePrecision,
            spread.overPositives(true),
            spread.overPositives(false),
            rows,
            spread.effective(1));
    return unseenNegativeRisk ? estimate.withFlag("unseen_negative_risk") : estimate;
  }

  /** ROC AUC with DeLong's variance, weighted as in a sample (finite: w (w - 1) for w²). */
  public Estimate rocAucEstimate() {
    String reason = rocAucReason();
    if (reason != null) {
      return Estimate.undefined("roc_auc", reason, rows);
    }
    var spread = Spread.of(this);
    for (int i = 0; i < size(); i++) {
      spread.accept(i, placements[i] - rocAuc);
    }
    return Estimate.of(
        "roc_auc",
        rocAuc,
        spread.placementVariance(true),
        spread.placementVariance(false),
        rows,
        spread.effective(1));
  }
}
