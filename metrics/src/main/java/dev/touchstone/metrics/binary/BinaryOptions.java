package dev.touchstone.metrics.binary;

/**
 * What a binary evaluation should compute. Every machine that works on one evaluation must use the
 * same options.
 *
 * @param thresholds rows of the sweep, 2 to 10,000
 * @param threads threads of the in-memory evaluation, at least 1; never changes a result
 * @param decisionThreshold an example is predicted positive iff its score is at least this
 * @param level confidence level of intervals, in (0, 1)
 * @param weightBits columns of weights are rounded once to multiples of 2^-weightBits, 0 to 40; the
 *     in-memory evaluation chooses the finest resolution that its weights allow instead
 * @param probabilityMetrics whether log loss and Brier are wanted (they cost a logarithm a row)
 */
public record BinaryOptions(
    int thresholds,
    int threads,
    double decisionThreshold,
    double level,
    int weightBits,
    boolean probabilityMetrics) {
  /** Checks the ranges above. */
  public BinaryOptions {
    if (thresholds < 2 || thresholds > 10_000) {
      throw new IllegalArgumentException("thresholds must be in [2, 10000], got " + thresholds);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    if (Double.isNaN(decisionThreshold)) {
      throw new IllegalArgumentException("decision threshold must be a number, got NaN");
    }
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
    if (weightBits < 0 || weightBits > 40) {
      throw new IllegalArgumentException("weight bits must be in [0, 40], got " + weightBits);
    }
  }

  /** 200 thresholds, one thread, decision threshold 0.5, level 0.95, weights to 2^-24. */
  public static BinaryOptions defaults() {
    return new BinaryOptions(200, 1, 0.5, 0.95, 24, true);
  }

  /** The same with another number of sweep rows. */
  public BinaryOptions withThresholds(int value) {
    return new BinaryOptions(
        value, threads, decisionThreshold, level, weightBits, probabilityMetrics);
  }

  /** The same with another number of threads. */
  public BinaryOptions withThreads(int value) {
    return new BinaryOptions(
        thresholds, value, decisionThreshold, level, weightBits, probabilityMetrics);
  }

  /** The same with another decision threshold. */
  public BinaryOptions withDecisionThreshold(double value) {
    return new BinaryOptions(thresholds, threads, value, level, weightBits, probabilityMetrics);
  }

  /** The same with another confidence level. */
  public BinaryOptions withLevel(double value) {
    return new BinaryOptions(
        thresholds, threads, decisionThreshold, value, weightBits, probabilityMetrics);
  }

  /** The same with another resolution of weights. */
  public BinaryOptions withWeightBits(int value) {
    return new BinaryOptions(
        thresholds, threads, decisionThreshold, level, value, probabilityMetrics);
  }

  /** The same with or without log loss and Brier. */
  public BinaryOptions withProbabilityMetrics(boolean value) {
    return new BinaryOptions(thresholds, threads, decisionThreshold, level, weightBits, value);
  }
}
