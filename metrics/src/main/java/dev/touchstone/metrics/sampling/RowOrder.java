package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.ScoreKey;

/**
 * The order of rows by an unsigned 64-bit key, ascending; rows of equal keys keep their order. A
 * radix sort of (key, row) pairs that skips digits in which all keys agree: linear time, 24 bytes a
 * row of memory while it works.
 */
public final class RowOrder {
  private static final int DIGIT_BITS = 11;
  private static final int DIGITS = (Long.SIZE + DIGIT_BITS - 1) / DIGIT_BITS;
  private static final int VALUES = 1 << DIGIT_BITS;

  private final long[] keys;
  private final int[] rows;

  private RowOrder(long[] keys, int[] rows) {
    this.keys = keys;
    this.rows = rows;
  }

  /** Sorts; the array of keys becomes the order's own. */
  static RowOrder ofOwned(long[] keys) {
    int n = keys.length;
    int[][] counts = new int[DIGITS][VALUES];
    for (long key : keys) {
      for (int digit = 0; digit < DIGITS; digit++) {
        counts[digit][digit(key, digit)]++;
      }
    }
    long[] from = keys;
    long[] to = null;
    int[] fromRows = new int[n];
    int[] toRows = null;
    for (int i = 0; i < n; i++) {
      fromRows[i] = i;
    }
    for (int digit = 0; digit < DIGITS; digit++) {
      int[] next = counts[digit];
      if (n == 0 || next[digit(keys[0], digit)] == n) {
        continue; // all keys agree here
      }
      int start = 0;
      for (int value = 0; value < VALUES; value++) {
        int count = next[value];
        next[value] = start;
        start += count;
      }
      if (to == null) {
        to = new long[n];
        toRows = new int[n];
      }
      for (int i = 0; i < n; i++) {
        int at = next[digit(from[i], digit)]++;
        to[at] = from[i];
        toRows[at] = fromRows[i];
      }
      long[] swap = from;
      from = to;
      to = swap;
      int[] swapRows = fromRows;
      fromRows = toRows;
      toRows = swapRows;
    }
    return new RowOrder(from, fromRows);
  }

  private static int digit(long key, int digit) {
    return (int) (key >>> (digit * DIGIT_BITS)) & (VALUES - 1);
  }

  /** Rows by unsigned key, ascending. */
  public static RowOrder ascending(long[] keys) {
    return ofOwned(keys.clone());
  }

  /** Rows by score, descending; no score may be NaN. */
  public static RowOrder descending(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      checkNumber(scores[i], i);
      keys[i] = ~ScoreKey.of(scores[i]) & 0xFFFF_FFFFL;
    }
    return ofOwned(keys);
  }

  /** Rows by score, descending; no score may be NaN. */
  public static RowOrder descending(double[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      checkNumber(scores[i], i);
      keys[i] = ~ScoreKey.of(scores[i]);
    }
    return ofOwned(keys);
  }

  private static void checkNumber(double score, int row) {
    if (Double.isNaN(score)) {
      throw new IllegalArgumentException("score must be a number, got NaN (row " + row + ")");
    }
  }

  /** Number of rows. */
  public int size() {
    return rows.length;
  }

  /** The row at a place. */
  public int row(int place) {
    return rows[place];
  }

  /** The key at a place, as it was sorted. */
  public long key(int place) {
    return keys[place];
  }

  /** The place after the last one whose key equals that at {@code place}. */
  public int endOfTies(int place) {
    int end = place + 1;
    while (end < rows.length && keys[end] == keys[place]) {
      end++;
    }
    return end;
  }

  /** The first place whose key equals that at {@code place}. */
  public int startOfTies(int place) {
    int start = place;
    while (start > 0 && keys[start - 1] == keys[place]) {
      start--;
    }
    return start;
  }
}
