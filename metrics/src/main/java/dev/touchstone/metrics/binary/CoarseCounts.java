package dev.touchstone.metrics.binary;

import java.nio.ByteBuffer;

/** Pass 1: two-class counts by the top 16 bits of the score key, and exact sums. */
public final class CoarseCounts {
  private CoarseCounts() {}

  /** Nothing counted yet. */
  public static CoarseCounts of(BinaryOptions options) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds rows: float32 little-endian scores, labels of one byte each (0 or 1). */
  public void accept(byte[] scores, int scoreOffset, byte[] labels, int labelOffset, int count) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds weighted rows: float32 little-endian weights. */
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

  /** Adds rows from buffers, position to limit; {@code weights} may be null. */
  public void accept(ByteBuffer scores, ByteBuffer labels, ByteBuffer weights) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds rows [from, to). */
  public void accept(float[] scores, byte[] labels, int from, int to) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Adds what the other counted; returns this. */
  public CoarseCounts combine(CoarseCounts other) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Rows so far. */
  public long n() {
    throw new UnsupportedOperationException("next commit");
  }

  /** Rows with label 1 so far. */
  public long nPos() {
    throw new UnsupportedOperationException("next commit");
  }

  /** Sparse, versioned; equal states give equal bytes. */
  public byte[] toBytes() {
    throw new UnsupportedOperationException("next commit");
  }

  /** The inverse of {@link #toBytes}. */
  public static CoarseCounts fromBytes(byte[] bytes) {
    throw new UnsupportedOperationException("next commit");
  }
}
