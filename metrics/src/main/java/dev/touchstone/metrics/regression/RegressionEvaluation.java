package dev.touchstone.metrics.regression;

import dev.touchstone.metrics.shared.Weighting;

/**
 * The exact regression report of rows in memory: {@link RegressionSums}, and quantiles from the
 * errors themselves (8 bytes a row more, 16 with weights). Linear in rows. Does not depend on their
 * order.
 */
public final class RegressionEvaluation {
  private RegressionEvaluation() {}

  /**
   * Evaluates rows.
   *
   * @param truths what should have been predicted
   * @param predictions as many
   * @param weights in [0, 2^20], or null
   * @throws IllegalArgumentException for lengths or weights that break their rule, with the row
   */
  public static RegressionReport evaluate(
      double[] truths, double[] predictions, double[] weights, RegressionOptions options) {
    var sums = RegressionSums.of(options);
    sums.accept(truths, predictions, weights);
    double[] errors = new double[truths.length];
    for (int i = 0; i < errors.length; i++) {
      errors[i] = predictions[i] - truths[i];
    }
    return report(sums, errors, weights);
  }

  /** Evaluates rows of float32, which widen exactly. */
  public static RegressionReport evaluate(
      float[] truths, float[] predictions, double[] weights, RegressionOptions options) {
    var sums = RegressionSums.of(options);
    sums.accept(truths, predictions, weights);
    double[] errors = new double[truths.length];
    for (int i = 0; i < errors.length; i++) {
      errors[i] = (double) predictions[i] - truths[i];
    }
    return report(sums, errors, weights);
  }

  private static RegressionReport report(RegressionSums sums, double[] errors, double[] weights) {
    long[] units = weights == null ? null : new long[weights.length];
    for (int i = 0; units != null && i < units.length; i++) {
      units[i] = Weighting.units(weights[i], i);
    }
    return sums.result(
        new Quantiles(sums.histogram, units != null, sums.options.level(), errors, units));
  }
}
