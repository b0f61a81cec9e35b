package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScorePrecision;
import java.util.Arrays;

/**
 * Where the sweep and the curve look: at fixed thresholds (a grid and the decision threshold) and
 * at ranks among the positives. Derived from integers, and from totals alone, so that every machine
 * derives the same.
 *
 * @param fixedKeys keys of fixed thresholds, ascending, each once
 * @param sweepRanks a row of the sweep at the score of the positive of each rank (1 is the highest)
 * @param curveRanks vertices before and after the tie group of the positive of each rank
 */
record Marks(long[] fixedKeys, long[] sweepRanks, long[] curveRanks) {
  /** No thresholds, no ranks. */
  static final Marks NONE = new Marks(new long[0], new long[0], new long[0]);

  /** Every one of the first positives shapes the left end of a precision-recall curve. */
  private static final int CURVE_HEAD = 96;

  private static final int CURVE_STEPS = 400;

  static Marks of(
      ScorePrecision precision, int thresholds, double decision, boolean grid, long positives) {
    int fixed = grid ? gridSize(thresholds) : 0;
    long[] keys = new long[fixed + 1];
    for (int i = 0; i < fixed; i++) {
      keys[i] = precision.key(gridThreshold(i, thresholds));
    }
    keys[fixed] = precision.key(decision);
    // non-negative floats: signed order is key order after flipping the top bit
    keys = Arrays.stream(keys).map(k -> k ^ Long.MIN_VALUE).sorted().distinct().toArray();
    for (int i = 0; i < keys.length; i++) {
      keys[i] ^= Long.MIN_VALUE;
    }
    return new Marks(
        keys, ranks(positives, thresholds - fixed, 0), ranks(positives, CURVE_STEPS, CURVE_HEAD));
  }

  static int gridSize(int thresholds) {
    return (thresholds + 1) / 2;
  }

  static double gridThreshold(int i, int thresholds) {
    int last = gridSize(thresholds) - 1;
    return last == 0 ? 0.5 : i / (double) last;
  }

  /** Ranks 1 to head, then ceil(j * positives / steps). */
  private static long[] ranks(long positives, int steps, int head) {
    if (positives == 0 || steps == 0) {
      return new long[0];
    }
    long[] ranks = new long[head + steps];
    for (int j = 1; j <= head; j++) {
      ranks[j - 1] = Math.min(j, positives);
    }
    long whole = positives / steps;
    long rest = positives % steps;
    for (int j = 1; j <= steps; j++) {
      ranks[head + j - 1] = j * whole + (j * rest + steps - 1) / steps;
    }
    return Arrays.stream(ranks).sorted().distinct().toArray();
  }

  /** Index of the first fixed key at or above {@code key}. */
  int firstFixedFrom(long key) {
    int low = 0;
    int high = fixedKeys.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(fixedKeys[middle], key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Whether a fixed threshold splits the bin of width 2^shift that starts at {@code first}. */
  boolean splits(long first, int shift) {
    int i = firstFixedFrom(first + 1);
    return i < fixedKeys.length
        && fixedKeys[i] >>> shift == first >>> shift
        && Long.compareUnsigned(fixedKeys[i], first) > 0;
  }
}
