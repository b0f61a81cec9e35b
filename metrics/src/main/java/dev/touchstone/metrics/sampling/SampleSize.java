package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.Intervals;

/**
 * How many examples an interval of a wanted half width needs (methods 3.9). Answers are whole
 * numbers, rounded up; half widths are above 0.
 */
public final class SampleSize {
  /** Variance of average precision over its binomial variance, at the upper end of simulations. */
  private static final double AP_DESIGN_EFFECT = 1.2;

  private SampleSize() {}

  /**
   * Examples for a mean, or for a paired difference with the deviation of the difference: n0 = z²
   * S² / h², and n0 / (1 + n0 / N) out of a finite set of N.
   *
   * @param population N, or {@link Long#MAX_VALUE} for future examples
   */
  public static long mean(double deviation, double halfWidth, double level, long population) {
    checkHalfWidth(halfWidth);
    if (!(deviation >= 0 && deviation <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "deviation must be finite and at least 0, got " + deviation);
    }
    if (population < 1) {
      throw new IllegalArgumentException("population must be at least 1, got " + population);
    }
    double z = Intervals.z(level);
    double n0 = z * z * deviation * deviation / (halfWidth * halfWidth);
    double n = population == Long.MAX_VALUE ? n0 : n0 / (1 + n0 / population);
    return Math.max(1, (long) Math.ceil(n));
  }

  /** Positives for average precision: P = 1.2 z² AP (1 - AP) / h². */
  public static long positivesForAveragePrecision(
      double averagePrecision, double halfWidth, double level) {
    checkHalfWidth(halfWidth);
    checkShare("average precision", averagePrecision);
    double z = Intervals.z(level);
    return Math.max(
        1,
        (long)
            Math.ceil(
                AP_DESIGN_EFFECT
                    * z
                    * z
                    * averagePrecision
                    * (1 - averagePrecision)
                    / (halfWidth * halfWidth)));
  }

  /**
   * Positives for ROC AUC by the variance of Hanley and McNeil 1982.
   *
   * @param negativesPerPositive above 0
   */
  public static long positivesForRocAuc(
      double rocAuc, double negativesPerPositive, double halfWidth, double level) {
    checkHalfWidth(halfWidth);
    checkShare("ROC AUC", rocAuc);
    if (!(negativesPerPositive > 0 && negativesPerPositive <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "negatives per positive must be above 0, got " + negativesPerPositive);
    }
    double z = Intervals.z(level);
    double a = rocAuc;
    double q1 = a / (2 - a) - a * a;
    double q2 = 2 * a * a / (1 + a) - a * a;
    // V P² r = a (1 - a) + (P - 1) Q1 + (r P - 1) Q2, V = (h/z)²: a quadratic in P
    double r = negativesPerPositive;
    double v = halfWidth * halfWidth / (z * z) * r;
    double linear = q1 + r * q2;
    double constant = a * (1 - a) - q1 - q2;
    double p = (linear + Math.sqrt(Math.max(0, linear * linear + 4 * v * constant))) / (2 * v);
    return Math.max(1, (long) Math.ceil(p));
  }

  private static void checkHalfWidth(double halfWidth) {
    if (!(halfWidth > 0 && halfWidth <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("half width must be above 0, got " + halfWidth);
    }
  }

  private static void checkShare(String name, double value) {
    if (!(value > 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must be in (0, 1), got " + value);
    }
  }
}
