package dev.touchstone.metrics.binary;

import java.nio.ByteBuffer;

/** Pass 2 over one range: accepts all rows again and keeps those of its range. */
public final class RangeScan {
  private RangeScan() {}

  /** An empty scan of a range. */
  public static RangeScan of(RangeTask task) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Sees rows as {@link CoarseCounts#accept(byte[], int, byte[], int, int)} did. */
  public void accept(byte[] scores, int scoreOffset, byte[] labels, int labelOffset, int count) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Sees weighted rows. */
  public void accept(
      byte[] scores,
      int scoreOffset,
      byte[] labels,
      int labelOffset,
      byte[] weights,
      int weightOffset,
      int count) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Sees rows from buffers, position to limit; {@code weights} may be null. */
  public void accept(ByteBuffer scores, ByteBuffer labels, ByteBuffer weights) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Sees rows [from, to). */
  public void accept(float[] scores, byte[] labels, int from, int to) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds the rows that another scan of the same task saw; returns this. */
  public RangeScan combine(RangeScan other) {
    throw new UnsupportedOperationException("next commit");
  }

  /**
   * Resolves the range.
   *
   * @throws IllegalStateException when the rows seen are not the rows planned
   */
  public RangeResult result() {
    throw new UnsupportedOperationException("next commit");
  }
}
