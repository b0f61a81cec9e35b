package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.ExactSum;
import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.Target;

/**
 * The mean of values from J resampled evaluations (folds, repetitions) whose training sets overlap:
 * t = mean / sqrt((1/J + n_test / n_train) s²) with J - 1 degrees of freedom (Nadeau and Bengio
 * 2003). The usual s / sqrt(J) is far too small there; no unbiased estimator exists (Bengio and
 * Grandvalet 2004). For k-fold cross-validation n_test / n_train = 1 / (k - 1), for r repetitions J
 * = k r (Bouckaert and Frank 2004).
 *
 * @param count J, at least 2
 * @param mean of the values
 * @param variance s², with divisor J - 1
 * @param testToTrain n_test / n_train, above 0
 */
public record CorrectedResampledT(int count, double mean, double variance, double testToTrain) {
  /** Checks the ranges above. */
  public CorrectedResampledT {
    if (count < 2) {
      throw new IllegalArgumentException("at least 2 values are needed, got " + count);
    }
    if (!(testToTrain > 0 && testToTrain <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("test to train must be above 0, got " + testToTrain);
    }
    if (!(variance >= 0)) {
      throw new IllegalArgumentException("variance must be at least 0, got " + variance);
    }
  }

  /** From values in any order. */
  public static CorrectedResampledT of(double[] values, double testToTrain) {
    double mean = ExactSum.of(values).value() / values.length;
    var squares = ExactSum.of();
    for (double value : values) {
      squares.add((value - mean) * (value - mean));
    }
    return new CorrectedResampledT(
        values.length,
        mean,
        values.length < 2 ? 0 : squares.value() / (values.length - 1),
        testToTrain);
  }

  /** From the values of k folds. */
  public static CorrectedResampledT ofFolds(double[] values) {
    return of(values, 1.0 / (values.length - 1));
  }

  /** sqrt((1/J + n_test / n_train) s²). */
  public double standardError() {
    return Math.sqrt((1.0 / count + testToTrain) * variance);
  }

  /** Degrees of freedom, J - 1. */
  public int degreesOfFreedom() {
    return count - 1;
  }

  /** mean / se; 0 where the mean is 0, infinite where only the error is. */
  public double t() {
    return mean == 0 ? 0 : mean / standardError();
  }

  /** Two-sided p-value of "the mean is 0". */
  public double pValue() {
    return Double.isInfinite(t())
        ? 0
        : MetricComparison.tTail(degreesOfFreedom()).applyAsDouble(Math.abs(t()));
  }

  /** mean ± t(J - 1) se. */
  public Interval interval(double level) {
    double half = Intervals.t(level, degreesOfFreedom()) * standardError();
    return new Interval(
        mean - half, mean + half, "corrected_resampled_t", level, Target.SUPERPOPULATION);
  }
}
