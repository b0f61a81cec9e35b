package dev.touchstone.metrics.binary;

import java.util.Arrays;

/**
 * Resolves the ties of one bin from the lower 16 bits of its keys, in descending order.
 *
 * <p>Only values that hold a positive or a fixed threshold matter: they are marked in a bitmap, and
 * every row finds its place among them by counting bits. No sort; cost is linear in rows.
 */
final class BinResolver {
  private static final int VALUES = 1 << 16;
  private static final int WORDS = VALUES / 64;

  private final long[] bits = new long[WORDS];
  private final int[] before = new int[WORDS];
  // sums by rank among marked values: of positives; of negatives below (2 r) and at (2 r + 1) it
  private long[] positives = new long[64];
  private long[] negatives = new long[129];
  // the same of squared weights; without weights the same arrays
  private long[] positiveSquares = positives;
  private long[] negativeSquares = negatives;

  /** Resolves the rows of one slot, which are kept one by one. */
  void resolve(BinRows rows, int slot, RangeTask task, Marks marks, GroupSink fold) {
    short[] lows = rows.lows;
    long[] weights = rows.weights;
    int positiveFrom = rows.starts[2 * slot + 1];
    int positiveTo = rows.ends[2 * slot + 1];
    int negativeFrom = rows.starts[2 * slot];
    int negativeTo = rows.ends[2 * slot];
    long base = (long) task.bins[slot] << 16;
    Arrays.fill(bits, 0);
    for (int i = positiveFrom; i < positiveTo; i++) {
      int value = lows[i] & 0xFFFF;
      bits[value >>> 6] |= 1L << value;
    }
    int firstMark = marks.firstFixedFrom(base);
    int mark = marks.firstFixedFrom(base + VALUES); // exclusive
    for (int i = firstMark; i < mark; i++) {
      int value = (int) (marks.fixedKeys()[i] - base);
      bits[value >>> 6] |= 1L << value;
    }
    int distinct = 0;
    for (int word = 0; word < WORDS; word++) {
      before[word] = distinct;
      distinct += Long.bitCount(bits[word]);
    }
    reset(distinct, weights != null);
    if (weights == null) {
      for (int i = positiveFrom; i < positiveTo; i++) {
        positives[rank(lows[i] & 0xFFFF)]++;
      }
      for (int i = negativeFrom; i < negativeTo; i++) {
        negatives[place(lows[i] & 0xFFFF)]++;
      }
    } else {
      for (int i = positiveFrom; i < positiveTo; i++) {
        int at = rank(lows[i] & 0xFFFF);
        positives[at] += weights[i];
        positiveSquares[at] += task.square(weights[i]);
      }
      for (int i = negativeFrom; i < negativeTo; i++) {
        int at = place(lows[i] & 0xFFFF);
        negatives[at] += weights[i];
        negativeSquares[at] += task.square(weights[i]);
      }
    }
    int rank = distinct;
    fold.gap(negatives[2 * rank], negativeSquares[2 * rank]);
    for (int word = WORDS - 1; word >= 0; word--) {
      for (long left = bits[word]; left != 0; ) {
        int bit = 63 - Long.numberOfLeadingZeros(left);
        left ^= 1L << bit;
        rank--;
        long key = base + (word << 6) + bit;
        if (positives[rank] > 0) {
          fold.group(
              key,
              positives[rank],
              negatives[2 * rank + 1],
              positiveSquares[rank],
              negativeSquares[2 * rank + 1]);
        } else {
          fold.gap(negatives[2 * rank + 1], negativeSquares[2 * rank + 1]);
        }
        if (mark > firstMark && marks.fixedKeys()[mark - 1] == key) {
          fold.mark(key);
          mark--;
        }
        fold.gap(negatives[2 * rank], negativeSquares[2 * rank]);
      }
    }
  }

  /** How many marked values lie below. */
  private int rank(int value) {
    int word = value >>> 6;
    return before[word] + Long.bitCount(bits[word] & ((1L << value) - 1));
  }

  /** Where a negative is counted. */
  private int place(int value) {
    return 2 * rank(value) + (int) (bits[value >>> 6] >>> value & 1);
  }

  private void reset(int distinct, boolean weighted) {
    if (positives.length < distinct) {
      positives = new long[Math.max(distinct, 2 * positives.length)];
      negatives = new long[2 * positives.length + 1];
    } else {
      Arrays.fill(positives, 0, distinct, 0);
      Arrays.fill(negatives, 0, 2 * distinct + 1, 0);
    }
    positiveSquares = weighted ? new long[distinct] : positives;
    negativeSquares = weighted ? new long[2 * distinct + 1] : negatives;
  }

  /**
   * Resolves rows kept as counts: {@code table[2 * value + label]}, and likewise sums of squared
   * weights (the same table without weights).
   */
  void resolveTable(long[] table, long[] squares, long base, Marks marks, GroupSink fold) {
    int firstMark = marks.firstFixedFrom(base);
    int mark = marks.firstFixedFrom(base + VALUES);
    long gap = 0;
    long gapSquares = 0;
    for (int value = VALUES - 1; value >= 0; value--) {
      long p = table[2 * value + 1];
      long n = table[2 * value];
      if (p > 0) {
        fold.gap(gap, gapSquares);
        gap = 0;
        gapSquares = 0;
        fold.group(base + value, p, n, squares[2 * value + 1], squares[2 * value]);
      } else {
        gap += n;
        gapSquares += squares[2 * value];
      }
      if (mark > firstMark && marks.fixedKeys()[mark - 1] == base + value) {
        fold.gap(gap, gapSquares);
        gap = 0;
        gapSquares = 0;
        fold.mark(base + value);
        mark--;
      }
    }
    fold.gap(gap, gapSquares);
  }
}
