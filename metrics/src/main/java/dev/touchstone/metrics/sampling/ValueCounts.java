package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.ScoreKey;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * How many examples of each label and segment have a value (a reference score, a target), values
 * rounded down to 17 significant bits of float32: what bands are made from. Memory grows with the
 * distinct values, 20 to 40 bytes each, not with the rows. Not for NaN. Not thread-safe.
 */
final class ValueCounts {
  static final int MOST_SEGMENTS = 128;
  private static final int SEGMENT_BITS = 7;

  /** Low bits of a float32 that are dropped, which makes room for the segment in one int. */
  private static final int DROPPED = SEGMENT_BITS;

  private int[] keys = new int[1 << 10];
  private long[] zeros = new long[1 << 10];
  private long[] ones = new long[1 << 10];
  private int used;

  /** Nobody can choose values that crowd into few slots; what comes out does not depend on it. */
  private final long secret = new SplittableRandom().nextLong() | 1;

  /** The bucket of a value; a bucket's lowest value is a float32, so no band splits one. */
  static int bucket(double value) {
    float floor = (float) value;
    // the largest double keeps infinity company: their band needs a finite lower end
    if (floor > value && value < Double.MAX_VALUE) {
      floor = Math.nextDown(floor);
    }
    return ScoreKey.of(floor) >>> DROPPED;
  }

  /** The lowest value of a bucket; finite but for the lowest bucket. */
  static double lowest(int bucket) {
    int key = bucket << DROPPED;
    if (key == ScoreKey.MAX_FLOAT) {
      return Double.MAX_VALUE;
    }
    return Integer.compareUnsigned(key, ScoreKey.MIN_FLOAT) <= 0
        ? Double.NEGATIVE_INFINITY
        : ScoreKey.toFloat(key);
  }

  /** A value in the middle of a bucket. */
  static double middle(int bucket) {
    double low = lowest(bucket);
    double high = lowest(bucket + 1);
    return Double.isInfinite(low) || !(high <= Float.MAX_VALUE) ? low : low + (high - low) / 2;
  }

  void add(int label, double value, int segment, long count) {
    if (used * 2 >= keys.length) {
      grow();
    }
    int slot = slot(bucket(value) << SEGMENT_BITS | segment);
    if (label == 0) {
      zeros[slot] += count;
    } else {
      ones[slot] += count;
    }
  }

  private int slot(int key) {
    int mask = keys.length - 1;
    int slot = (int) (key * secret >>> 32) & mask;
    while (keys[slot] != key || empty(slot)) {
      if (empty(slot)) {
        keys[slot] = key;
        used++;
        return slot;
      }
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private boolean empty(int slot) {
    return (zeros[slot] | ones[slot]) == 0;
  }

  private void grow() {
    int[] oldKeys = keys;
    long[] oldZeros = zeros;
    long[] oldOnes = ones;
    keys = new int[2 * oldKeys.length];
    zeros = new long[keys.length];
    ones = new long[keys.length];
    used = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if ((oldZeros[i] | oldOnes[i]) != 0) {
        int slot = slot(oldKeys[i]);
        zeros[slot] = oldZeros[i];
        ones[slot] = oldOnes[i];
      }
    }
  }

  /** Counts by bucket, the highest value first, and segment. */
  Cells cells() {
    int[] order = new int[used];
    int n = 0;
    for (int i = 0; i < keys.length; i++) {
      if (!empty(i)) {
        order[n++] = keys[i] ^ Integer.MIN_VALUE; // signed order of these is unsigned order of keys
      }
    }
    Arrays.sort(order);
    var cells = new Cells(new int[n], new int[n], new long[n], new long[n]);
    for (int i = 0; i < n; i++) {
      int key = order[n - 1 - i] ^ Integer.MIN_VALUE;
      int slot = slot(key);
      cells.bucket[i] = key >>> SEGMENT_BITS;
      cells.segment[i] = key & MOST_SEGMENTS - 1;
      cells.zeros[i] = zeros[slot];
      cells.ones[i] = ones[slot];
    }
    return cells;
  }

  /** One row a bucket and segment. */
  record Cells(int[] bucket, int[] segment, long[] zeros, long[] ones) {
    int size() {
      return bucket.length;
    }

    long count(int label, int cell) {
      return label == 0 ? zeros[cell] : ones[cell];
    }

    /** The first cell of the next bucket. */
    int next(int cell) {
      int next = cell + 1;
      while (next < bucket.length && bucket[next] == bucket[cell]) {
        next++;
      }
      return next;
    }
  }
}
