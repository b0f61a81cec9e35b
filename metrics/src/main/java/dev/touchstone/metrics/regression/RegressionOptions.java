package dev.touchstone.metrics.regression;

import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What a regression evaluation should compute. States merge only under equal options.
 *
 * @param pinballQuantiles quantiles whose pinball loss is wanted, each in (0, 1)
 * @param errorQuantiles quantiles of the error (prediction - truth) that are wanted, each in [0, 1]
 * @param zeroTruth what MAPE makes of a truth of 0
 * @param level confidence level of intervals, in (0, 1)
 */
public record RegressionOptions(
    List<Double> pinballQuantiles, List<Double> errorQuantiles, ZeroTruth zeroTruth, double level) {
  /** Checks the ranges above; sorts the quantiles. */
  public RegressionOptions {
    pinballQuantiles = List.copyOf(new TreeSet<>(pinballQuantiles));
    errorQuantiles = List.copyOf(new TreeSet<>(errorQuantiles));
    for (double q : pinballQuantiles) {
      if (!(q > 0 && q < 1)) {
        throw new IllegalArgumentException("pinball quantile must be in (0, 1), got " + q);
      }
    }
    for (double q : errorQuantiles) {
      if (!(q >= 0 && q <= 1)) {
        throw new IllegalArgumentException("error quantile must be in [0, 1], got " + q);
      }
    }
    Objects.requireNonNull(zeroTruth, "zeroTruth");
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
  }

  /** Pinball at 0.1, 0.5 and 0.9; error quantiles 0.05, 0.25, 0.5, 0.75 and 0.95; level 0.95. */
  public static RegressionOptions defaults() {
    return new RegressionOptions(
        List.of(0.1, 0.5, 0.9), List.of(0.05, 0.25, 0.5, 0.75, 0.95), ZeroTruth.EXCLUDE, 0.95);
  }

  /** The same with other pinball quantiles. */
  public RegressionOptions withPinballQuantiles(List<Double> value) {
    return new RegressionOptions(value, errorQuantiles, zeroTruth, level);
  }

  /** The same with other error quantiles. */
  public RegressionOptions withErrorQuantiles(List<Double> value) {
    return new RegressionOptions(pinballQuantiles, value, zeroTruth, level);
  }

  /** The same with another rule for a truth of 0. */
  public RegressionOptions withZeroTruth(ZeroTruth value) {
    return new RegressionOptions(pinballQuantiles, errorQuantiles, value, level);
  }

  /** The same with another confidence level. */
  public RegressionOptions withLevel(double value) {
    return new RegressionOptions(pinballQuantiles, errorQuantiles, zeroTruth, value);
  }
}
