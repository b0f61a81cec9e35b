package dev.touchstone.metrics.binary;

/** One range of pass 2; small, serialisable. */
public final class RangeTask {
  private RangeTask() {}

  /** Versioned bytes. */
  public byte[] toBytes() {
    throw new UnsupportedOperationException("next commit");
  }

  /** The inverse of {@link #toBytes}. */
  public static RangeTask fromBytes(byte[] bytes) {
    throw new UnsupportedOperationException("next commit");
  }
}
