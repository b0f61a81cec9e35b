package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScoreKey;

/** Pass 2 in memory for float64 scores: both classes sorted by key, then merged bin by bin. */
final class DoubleResolver {
  private static final int DIGIT = 11;
  private static final int SHIFT = 48;

  /** The rows of one class, ascending by unsigned key. */
  private static final class Side {
    final long[] keys;
    final long[] weights;
    final RangeTask task;
    int left;
    long squares; // of what was taken last

    Side(RangeTask task, double[] scores, byte[] labels, long[] units, int label) {
      this.task = task;
      int count = 0;
      for (int i = 0; i < scores.length; i++) {
        count += keep(labels, units, label, i) ? 1 : 0;
      }
      long[] someKeys = new long[count];
      long[] someWeights = units == null ? null : new long[count];
      int at = 0;
      for (int i = 0; i < scores.length; i++) {
        if (keep(labels, units, label, i)) {
          someKeys[at] = ScoreKey.of(scores[i]);
          if (units != null) {
            someWeights[at] = units[i];
          }
          at++;
        }
      }
      long[][] sorted = sort(someKeys, someWeights);
      keys = sorted[0];
      weights = sorted[1];
      left = count;
    }

    private static boolean keep(byte[] labels, long[] units, int label, int i) {
      return labels[i] == label && (units == null || units[i] > 0);
    }

    /** Takes every row with a key above (or at, when {@code inclusive}) the given one. */
    long take(long key, boolean inclusive) {
      long sum = 0;
      squares = 0;
      while (left > 0) {
        int order = Long.compareUnsigned(keys[left - 1], key);
        if (order < 0 || order == 0 && !inclusive) {
          break;
        }
        left--;
        long weight = weights == null ? 1 : weights[left];
        sum += weight;
        squares += task.square(weight);
      }
      return sum;
    }

    /** Whether the next row down is in the bin. */
    boolean in(int bin) {
      return left > 0 && (int) (keys[left - 1] >>> SHIFT) == bin;
    }
  }

  private DoubleResolver() {}

  static RangeResult resolve(RangeTask task, double[] scores, byte[] labels, long[] units) {
    var plan = task.plan();
    var result = new RangeResult(task.index, task.ranges, plan);
    resolve(task, scores, labels, units, plan.marks(), new GroupFold(result, plan));
    return result;
  }

  /** Hands every tie group of the range to a sink. */
  static void resolve(
      RangeTask task, double[] scores, byte[] labels, long[] units, Marks marks, GroupSink fold) {
    var positives = new Side(task, scores, labels, units, 1);
    var negatives = new Side(task, scores, labels, units, 0);
    for (int slot = 0; slot < task.bins.length; slot++) {
      int bin = task.bins[slot];
      long base = (long) bin << SHIFT;
      long last = base | (-1L >>> 16);
      positives.take(last, false);
      negatives.take(last, false);
      task.startBin(slot, fold);
      int mark = marks.firstFixedFrom(last);
      if (mark < marks.fixedKeys().length && marks.fixedKeys()[mark] == last) {
        mark++;
      }
      int firstMark = marks.firstFixedFrom(base);
      while (positives.in(bin) || mark > firstMark) {
        boolean isMark = mark > firstMark;
        long key = isMark ? marks.fixedKeys()[mark - 1] : 0;
        if (positives.in(bin)) {
          long next = positives.keys[positives.left - 1];
          if (!isMark || Long.compareUnsigned(next, key) > 0) {
            key = next;
            isMark = false;
          }
        }
        fold.gap(negatives.take(key, false), negatives.squares);
        long p = positives.take(key, true);
        long n = negatives.take(key, true);
        if (p > 0) {
          fold.group(key, p, n, positives.squares, negatives.squares);
        } else {
          fold.gap(n, negatives.squares);
        }
        if (mark > firstMark && marks.fixedKeys()[mark - 1] == key) {
          fold.mark(key);
          mark--;
        }
      }
      fold.gap(negatives.take(base, true), negatives.squares);
      fold.endBin();
    }
  }

  /** Least-significant-digit radix sort; returns sorted keys and the weights in step. */
  private static long[][] sort(long[] keys, long[] weights) {
    long[] from = keys;
    long[] to = new long[keys.length];
    long[] weightsFrom = weights;
    long[] weightsTo = weights == null ? null : new long[keys.length];
    int[] counts = new int[1 << DIGIT];
    for (int shift = 0; shift < 64; shift += DIGIT) {
      java.util.Arrays.fill(counts, 0);
      for (long key : from) {
        counts[digit(key, shift)]++;
      }
      if (from.length == 0 || counts[digit(from[0], shift)] == from.length) {
        continue;
      }
      int start = 0;
      for (int i = 0; i < counts.length; i++) {
        int count = counts[i];
        counts[i] = start;
        start += count;
      }
      for (int i = 0; i < from.length; i++) {
        int at = counts[digit(from[i], shift)]++;
        to[at] = from[i];
        if (weightsTo != null) {
          weightsTo[at] = weightsFrom[i];
        }
      }
      long[] swap = from;
      from = to;
      to = swap;
      swap = weightsFrom;
      weightsFrom = weightsTo;
      weightsTo = swap;
    }
    return new long[][] {from, weightsFrom};
  }

  private static int digit(long key, int shift) {
    return (int) (key >>> shift) & ((1 << DIGIT) - 1);
  }
}
