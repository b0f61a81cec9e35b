package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.SplitMix64;
import java.util.Arrays;

/**
 * Turns Poisson draws into draws with replacement of exactly as many positives and negatives as
 * there are. Given their sum T, independent Poisson numbers are a multinomial sample of T rows;
 * leaving T - n of its rows out at random, or drawing n - T more, makes it one of n. So only about
 * the square root of n rows are drawn one by one.
 *
 * <p>For a run of replicates; cells have to be handed over in the same order as they were counted.
 */
final class FixedTotals {
  private final int replicates;
  private final long[] rows = new long[2];
  private final double[][] totals;

  // by label and replicate: sorted places among the T rows drawn (to leave out), or among the n
  // rows there are (to add)
  private final long[][][] places = new long[2][][];
  private final int[][] next;
  private final double[][] drawn;
  private final long[] passed = new long[2];

  FixedTotals(int replicates) {
    this.replicates = replicates;
    totals = new double[2][replicates];
    next = new int[2][replicates];
    drawn = new double[2][replicates];
  }

  /** First pass: counts the draws of a cell. */
  void count(double[] draws, int label, int cellRows) {
    rows[label] += cellRows;
    double[] total = totals[label];
    for (int i = 0; i < replicates; i++) {
      total[i] += draws[i];
    }
  }

  /** Between the passes: chooses rows; {@code from} is the number of the first replicate. */
  void choose(long seed, int from) {
    for (int label = 0; label < 2; label++) {
      places[label] = new long[replicates][];
      long stream = SplitMix64.at(seed, -1 - label);
      for (int i = 0; i < replicates; i++) {
        long key = SplitMix64.at(stream, from + i);
        long total = (long) totals[label][i];
        places[label][i] =
            total > rows[label]
                ? distinct(key, total, (int) (total - rows[label]))
                : any(key, rows[label], (int) (rows[label] - total));
      }
    }
  }

  private static long place(long bits, long below) {
    return Math.multiplyHigh(bits >>> 1, 2 * below);
  }

  private static long[] any(long key, long below, int count) {
    long[] places = new long[count];
    for (int i = 0; i < count; i++) {
      places[i] = place(SplitMix64.at(key, i), below);
    }
    Arrays.sort(places);
    return places;
  }

  private static long[] distinct(long key, long below, int count) {
    long[] places = any(key, below, count);
    long more = count;
    int kept = dropRepeated(places, count);
    while (kept < count) {
      // never more than are missing: the outcome is that of drawing one after another
      int missing = count - kept;
      for (int i = 0; i < missing; i++) {
        places[kept + i] = place(SplitMix64.at(key, more++), below);
      }
      Arrays.sort(places);
      kept = dropRepeated(places, count);
    }
    return places;
  }

  private static int dropRepeated(long[] sorted, int count) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (kept == 0 || sorted[i] != sorted[kept - 1]) {
        sorted[kept++] = sorted[i];
      }
    }
    return kept;
  }

  /** Second pass: the draws of a cell become those of a sample of fixed size. */
  void adjust(double[] draws, int label, int cellRows) {
    int[] at = next[label];
    double[] seen = drawn[label];
    long end = passed[label] + cellRows;
    passed[label] = end;
    for (int i = 0; i < replicates; i++) {
      long[] places = this.places[label][i];
      boolean more = totals[label][i] <= rows[label];
      seen[i] += draws[i];
      double limit = more ? end : seen[i];
      int from = at[i];
      int to = from;
      while (to < places.length && places[to] < limit) {
        to++;
      }
      at[i] = to;
      draws[i] += more ? to - from : from - to;
    }
  }
}
