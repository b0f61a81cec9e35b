package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.MetricValue;
import java.util.List;

/** The mergeable one-pass state of fixed size behind the proxy metrics of one prediction set. */
public final class BinaryProxy {
  private BinaryProxy() {}

  /**
   * What a proxy answers.
   *
   * @param n rows
   * @param nPos rows with label 1
   * @param weightTotal sum of weights
   * @param weightPos sum of weights of rows with label 1
   * @param invalidScores rows whose score is NaN
   * @param metrics log_loss, brier, accuracy, precision, recall, f1, average_precision, roc_auc …
   * @param histogram ascending, disjoint score intervals that hold a row
   */
  public record Result(
      long n,
      long nPos,
      double weightTotal,
      double weightPos,
      long invalidScores,
      List<MetricValue> metrics,
      List<Bin> histogram) {}

  /** Weights of both classes with scores in [from, to). */
  public record Bin(double from, double to, double positives, double negatives) {}

  /** Nothing seen yet. */
  public static BinaryProxy of(double decisionThreshold) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds rows: float32 little-endian scores, labels of one byte each (0 or 1). */
  public void accept(byte[] scores, int scoreOffset, byte[] labels, int labelOffset, int count) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds rows that stand for {@code weights[weightOffset + i]} rows each (weight / rate). */
  public void accept(
      byte[] scores,
      int scoreOffset,
      byte[] labels,
      int labelOffset,
      double[] weights,
      int weightOffset,
      int count) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds what the other saw; returns this. */
  public BinaryProxy combine(BinaryProxy other) {
    throw new UnsupportedOperationException("next commit");
  }

  /** The metrics so far. */
  public Result result() {
    throw new UnsupportedOperationException("next commit");
  }

  /** Versioned, at most 256 KiB. */
  public byte[] toBytes() {
    throw new UnsupportedOperationException("next commit");
  }

  /** The inverse of {@link #toBytes}. */
  public static BinaryProxy fromBytes(byte[] bytes) {
    throw new UnsupportedOperationException("next commit");
  }
}
