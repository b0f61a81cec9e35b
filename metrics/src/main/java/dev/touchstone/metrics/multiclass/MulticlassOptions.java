package dev.touchstone.metrics.multiclass;

import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.ZeroDivision;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What a multiclass evaluation should compute. States merge only under equal options.
 *
 * @param classNames one a class, 2 to 4,096 (the confusion matrix takes 8 bytes a pair: 128 MiB at
 *     most), without repeats
 * @param topK ascending, each in [1, number of classes]
 * @param precision format of the scores: decides the clip of the log loss and how far a row's sum
 *     may be from 1 (the root of the format's machine precision, relative)
 * @param tieRule ties at the k-th place
 * @param rowSumRule rows whose probabilities do not sum to 1
 * @param zeroDivision classes of which nothing was predicted
 * @param level confidence level of intervals, in (0, 1)
 * @param threads of the one-vs-rest rankings; never changes a result
 */
public record MulticlassOptions(
    List<String> classNames,
    List<Integer> topK,
    ScorePrecision precision,
    TieRule tieRule,
    RowSumRule rowSumRule,
    ZeroDivision zeroDivision,
    double level,
    int threads) {
  /** Most classes a confusion matrix is kept for. */
  public static final int MOST_CLASSES = 4096;

  /** Checks the ranges above. */
  public MulticlassOptions {
    classNames = List.copyOf(classNames);
    checkClasses(classNames.size());
    if (new TreeSet<>(classNames).size() != classNames.size()) {
      throw new IllegalArgumentException("class names must differ, got " + classNames);
    }
    topK = List.copyOf(new TreeSet<>(topK));
    for (int k : topK) {
      if (k < 1 || k > classNames.size()) {
        throw new IllegalArgumentException(
            "top k must be in [1, " + classNames.size() + "], got " + k);
      }
    }
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(tieRule, "tieRule");
    Objects.requireNonNull(rowSumRule, "rowSumRule");
    Objects.requireNonNull(zeroDivision, "zeroDivision");
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
  }

  private static void checkClasses(int classes) {
    if (classes < 2 || classes > MOST_CLASSES) {
      throw new IllegalArgumentException("classes must be in [2, 4096], got " + classes);
    }
  }

  /**
   * Classes named by their index; top 2, 3 and 5 where there are more classes than that; float32;
   * level 0.95.
   */
  public static MulticlassOptions of(int classes) {
    checkClasses(classes);
    return of(IntStream.range(0, classes).mapToObj(Integer::toString).toList());
  }

  /** The defaults for these classes. */
  public static MulticlassOptions of(List<String> classNames) {
    return new MulticlassOptions(
        classNames,
        List.of(2, 3, 5).stream().filter(k -> k < classNames.size()).toList(),
        ScorePrecision.FLOAT32,
        TieRule.EXPECTED,
        RowSumRule.REFUSE,
        ZeroDivision.UNDEFINED,
        0.95,
        1);
  }

  /** Number of classes. */
  public int classes() {
    return classNames.size();
  }

  /** The same with other k. */
  public MulticlassOptions withTopK(List<Integer> value) {
    return new MulticlassOptions(
        classNames, value, precision, tieRule, rowSumRule, zeroDivision, level, threads);
  }

  /** The same for scores of another format. */
  public MulticlassOptions withPrecision(ScorePrecision value) {
    return new MulticlassOptions(
        classNames, topK, value, tieRule, rowSumRule, zeroDivision, level, threads);
  }

  /** The same with another rule for ties at the k-th place. */
  public MulticlassOptions withTieRule(TieRule value) {
    return new MulticlassOptions(
        classNames, topK, precision, value, rowSumRule, zeroDivision, level, threads);
  }

  /** The same with another rule for rows that do not sum to 1. */
  public MulticlassOptions withRowSumRule(RowSumRule value) {
    return new MulticlassOptions(
        classNames, topK, precision, tieRule, value, zeroDivision, level, threads);
  }

  /** The same with another rule for classes of which nothing was predicted. */
  public MulticlassOptions withZeroDivision(ZeroDivision value) {
    return new MulticlassOptions(
        classNames, topK, precision, tieRule, rowSumRule, value, level, threads);
  }

  /** The same with another confidence level. */
  public MulticlassOptions withLevel(double value) {
    return new MulticlassOptions(
        classNames, topK, precision, tieRule, rowSumRule, zeroDivision, value, threads);
  }

  /** The same with another number of threads. */
  public MulticlassOptions withThreads(int value) {
    return new MulticlassOptions(
        classNames, topK, precision, tieRule, rowSumRule, zeroDivision, level, value);
  }
}
