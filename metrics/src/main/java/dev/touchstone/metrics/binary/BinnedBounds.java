package dev.touchstone.metrics.binary;

/**
 * Average precision and ROC AUC from counts by bin: what the values could be at least and at most
 * whatever the order and the ties inside each bin, and an estimate in between.
 */
final class BinnedBounds {
  /** Up to so many positives a bin's worst case is summed exactly; beyond, its integral is. */
  private static final double SUMMED = 64;

  /** Far above the rounding of these sums, far below their width. */
  private static final double ROUNDING = 1e-12;

  double positives;
  double negatives;
  private double apLow;
  private double apHigh;
  private double apValue;
  private double pairsBelow;
  private double pairsWithin;

  /** Adds the next bin down. {@code whole}: each positive weighs 1. */
  void add(double p, double n, boolean whole) {
    double tp0 = positives;
    double fp0 = negatives;
    positives += p;
    negatives += n;
    pairsWithin += p * n;
    // negatives of this bin are below all positives of the bins before
    pairsBelow += tp0 * n;
    if (p == 0) {
      return;
    }
    double low = worst(tp0, negatives, p, whole);
    double high = p * positives / (positives + fp0);
    apLow += low;
    apHigh += high;
    apValue += Math.max(low, Math.min(high, interpolated(tp0, fp0, p, n)));
  }

  /** All negatives of the bin first: sum over i of (TP0 + i) / (TP0 + i + FP1). */
  private static double worst(double tp0, double fp1, double p, boolean whole) {
    if (fp1 == 0) {
      return p;
    }
    if (whole && p <= SUMMED) {
      double sum = 0;
      for (int i = 1; i <= p; i++) {
        sum += (tp0 + i) / (tp0 + i + fp1);
      }
      return sum;
    }
    // the integral from TP0 to TP1: below the sum for positives of any weight
    return Math.max(0, p - fp1 * StrictMath.log1p(p / (tp0 + fp1)));
  }

  /** Both classes spread evenly (Keilwagen, Grosse and Grau 2014; methods 1.2). */
  private static double interpolated(double tp0, double fp0, double p, double n) {
    double s = 1 + n / p;
    double c = fp0 - (s - 1) * tp0;
    if (c == 0 || tp0 + fp0 == 0) {
      return p / s;
    }
    return p / s - c / (s * s) * StrictMath.log1p((p + n) / (tp0 + fp0));
  }

  double averagePrecisionLow() {
    return Math.max(0, apLow / positives - ROUNDING);
  }

  double averagePrecisionHigh() {
    return Math.min(1, apHigh / positives + ROUNDING);
  }

  double averagePrecision() {
    return Math.max(averagePrecisionLow(), Math.min(averagePrecisionHigh(), apValue / positives));
  }

  double rocAucLow() {
    return Math.max(0, pairsBelow / positives / negatives - ROUNDING);
  }

  double rocAucHigh() {
    return Math.min(1, (pairsBelow + pairsWithin) / positives / negatives + ROUNDING);
  }

  double rocAuc() {
    return Math.min(1, (pairsBelow + pairsWithin / 2) / positives / negatives);
  }
}
