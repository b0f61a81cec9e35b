package dev.touchstone.metrics.binary;

/** What pass 2 found in one range; small, serialisable. */
public final class RangeResult {
  private RangeResult() {}

  /** Versioned bytes. */
  public byte[] toBytes() {
    throw new UnsupportedOperationException("next commit");
  }

  /** The inverse of {@link #toBytes}. */
  public static RangeResult fromBytes(byte[] bytes) {
    throw new UnsupportedOperationException("next commit");
  }
}
