package dev.touchstone.metrics.multilabel;

import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.ZeroDivision;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What a multilabel evaluation should compute. States merge only under equal options.
 *
 * @param labelNames one a label, 1 to 65,536, without repeats
 * @param thresholds one a label: predicted iff the score is at least this; rounded to the scores'
 *     precision
 * @param precision format of the scores
 * @param zeroDivision labels of which nothing was predicted, and rows with no label, true or
 *     predicted: left out of the samples F1 and counted, or 0 as scikit-learn has it
 * @param level confidence level of intervals, in (0, 1)
 * @param threads of the rankings; never changes a result
 */
public record MultilabelOptions(
    List<String> labelNames,
    List<Double> thresholds,
    ScorePrecision precision,
    ZeroDivision zeroDivision,
    double level,
    int threads) {
  /** Most labels. */
  public static final int MOST_LABELS = 1 << 16;

  /** Checks the ranges above. */
  public MultilabelOptions {
    labelNames = List.copyOf(labelNames);
    thresholds = List.copyOf(thresholds);
    checkLabels(labelNames.size());
    if (new TreeSet<>(labelNames).size() != labelNames.size()) {
      throw new IllegalArgumentException("label names must differ, got " + labelNames);
    }
    if (thresholds.size() != labelNames.size()) {
      throw new IllegalArgumentException(
          "thresholds must be one a label (" + labelNames.size() + "), got " + thresholds.size());
    }
    if (thresholds.stream().anyMatch(t -> Double.isNaN(t))) {
      throw new IllegalArgumentException("thresholds must be numbers, got " + thresholds);
    }
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(zeroDivision, "zeroDivision");
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
  }

  private static void checkLabels(int labels) {
    if (labels < 1 || labels > MOST_LABELS) {
      throw new IllegalArgumentException("labels must be in [1, 65536], got " + labels);
    }
  }

  /** Labels named by their index, thresholds 0.5, float32, level 0.95. */
  public static MultilabelOptions of(int labels) {
    checkLabels(labels);
    return of(IntStream.range(0, labels).mapToObj(Integer::toString).toList());
  }

  /** The defaults for these labels. */
  public static MultilabelOptions of(List<String> labelNames) {
    return new MultilabelOptions(
        labelNames,
        Collections.nCopies(labelNames.size(), 0.5),
        ScorePrecision.FLOAT32,
        ZeroDivision.UNDEFINED,
        0.95,
        1);
  }

  /** Number of labels. */
  public int labels() {
    return labelNames.size();
  }

  /** The same with one threshold for all labels. */
  public MultilabelOptions withThreshold(double value) {
    return withThresholds(Collections.nCopies(labels(), value));
  }

  /** The same with other thresholds. */
  public MultilabelOptions withThresholds(List<Double> value) {
    return new MultilabelOptions(labelNames, value, precision, zeroDivision, level, threads);
  }

  /** The same for scores of another format. */
  public MultilabelOptions withPrecision(ScorePrecision value) {
    return new MultilabelOptions(labelNames, thresholds, value, zeroDivision, level, threads);
  }

  /** The same with another rule for what was never predicted. */
  public MultilabelOptions withZeroDivision(ZeroDivision value) {
    return new MultilabelOptions(labelNames, thresholds, precision, value, level, threads);
  }

  /** The same with another confidence level. */
  public MultilabelOptions withLevel(double value) {
    return new MultilabelOptions(labelNames, thresholds, precision, zeroDivision, value, threads);
  }

  /** The same with another number of threads. */
  public MultilabelOptions withThreads(int value) {
    return new MultilabelOptions(labelNames, thresholds, precision, zeroDivision, level, value);
  }
}
