package dev.touchstone.metrics.binary;

/**
 * Up to 4,096 decoded rows: small enough for the first-level cache, large enough for long loops.
 */
final class RowBlock {
  static final int SIZE = 4096;

  final int[] bits = new int[SIZE];
  final byte[] labels = new byte[SIZE];
  long[] weights = new long[0];
  boolean weighted;
  int size;

  void weighted(boolean value) {
    weighted = value;
    if (value && weights.length == 0) {
      weights = new long[SIZE];
    }
  }

  /** Whether every score is in [0, 1] and none is -0.0: then its bits are in [0, bits of 1]. */
  boolean probabilities() {
    int bad = 0;
    for (int i = 0; i < size; i++) {
      bad |= bits[i] | (0x3F80_0000 - bits[i]);
    }
    return bad >= 0;
  }
}
