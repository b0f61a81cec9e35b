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
}
