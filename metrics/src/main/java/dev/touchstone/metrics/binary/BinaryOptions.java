package dev.touchstone.metrics.binary;

import java.util.Objects;

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
 * @param probabilityMetrics whether log loss, Brier and calibration are wanted (they cost a
 *     logarithm a row)
 * @param calibrationBins bins of calibration errors, 2 to 1,000
 * @param suite how much a report holds
 * @param questions operating points to look for
 */
public record BinaryOptions(
    int thresholds,
    int threads,
    double decisionThreshold,
    double level,
    int weightBits,
    boolean probabilityMetrics,
    int calibrationBins,
    Suite suite,
    Questions questions) {
  static final int MOST_CALIBRATION_BINS = 1_000;

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
    if (calibrationBins < 2 || calibrationBins > MOST_CALIBRATION_BINS) {
      throw new IllegalArgumentException(
          "calibration bins must be in [2, 1000], got " + calibrationBins);
    }
    Objects.requireNonNull(suite, "suite");
    Objects.requireNonNull(questions, "questions");
  }

  /** 200 thresholds, one thread, decision threshold 0.5, level 0.95, the full suite. */
  public static BinaryOptions defaults() {
    return new BinaryOptions(200, 1, 0.5, 0.95, 24, true, 15, Suite.FULL, Questions.defaults());
  }

  /** The same with another number of sweep rows. */
  public BinaryOptions withThresholds(int value) {
    return new BinaryOptions(
        value,
        threads,
        decisionThreshold,
        level,
        weightBits,
        probabilityMetrics,
        calibrationBins,
        suite,
        questions);
  }

  /** The same with another number of threads. */
  public BinaryOptions withThreads(int value) {
    return new BinaryOptions(
        thresholds,
        value,
        decisionThreshold,
        level,
        weightBits,
        probabilityMetrics,
        calibrationBins,
        suite,
        questions);
  }

  /** The same with another decision threshold. */
  public BinaryOptions withDecisionThreshold(double value) {
    return new BinaryOptions(
        thresholds,
        threads,
        value,
        level,
        weightBits,
        probabilityMetrics,
        calibrationBins,
        suite,
        questions);
  }

  /** The same with another confidence level. */
  public BinaryOptions withLevel(double value) {
    return new BinaryOptions(
        thresholds,
        threads,
        decisionThreshold,
        value,
        weightBits,
        probabilityMetrics,
        calibrationBins,
        suite,
        questions);
  }

  /** The same with another resolution of weights. */
  public BinaryOptions withWeightBits(int value) {
    return new BinaryOptions(
        thresholds,
        threads,
        decisionThreshold,
        level,
        value,
        probabilityMetrics,
        calibrationBins,
        suite,
        questions);
  }

  /** The same with or without log loss, Brier and calibration. */
  public BinaryOptions withProbabilityMetrics(boolean value) {
    return new BinaryOptions(
        thresholds,
        threads,
        decisionThreshold,
        level,
        weightBits,
        value,
        calibrationBins,
        suite,
        questions);
  }

  /** The same with another suite. */
  public BinaryOptions withSuite(Suite value) {
    return new BinaryOptions(
        thresholds,
        threads,
        decisionThreshold,
        level,
        weightBits,
        probabilityMetrics,
        calibrationBins,
        value,
        questions);
  }

  /** The same with other questions. */
  public BinaryOptions withQuestions(Questions value) {
    return new BinaryOptions(
        thresholds,
        threads,
        decisionThreshold,
        level,
        weightBits,
        probabilityMetrics,
        calibrationBins,
        suite,
        value);
  }

  /** The same with another number of calibration bins. */
  public BinaryOptions withCalibrationBins(int value) {
    return new BinaryOptions(
        thresholds,
        threads,
        decisionThreshold,
        level,
        weightBits,
        probabilityMetrics,
        value,
        suite,
        questions);
  }
}
