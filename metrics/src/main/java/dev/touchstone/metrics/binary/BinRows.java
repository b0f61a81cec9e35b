package dev.touchstone.metrics.binary;

import java.util.Arrays;

/**
 * The rows of some bins, side by side: the lower 16 key bits, and weights if there are any. The
 * places of slot s and label l are [starts[2 s + l], ends[2 s + l]); positives come first.
 */
final class BinRows {
  final short[] lows;
  final long[] weights;
  final int[] starts;
  final int[] ends;

  /** Rows that have a place; beyond are spare places. */
  final int kept;

  private BinRows(short[] lows, long[] weights, int[] starts, int[] ends, int kept) {
    this.lows = lows;
    this.weights = weights;
    this.starts = starts;
    this.ends = ends;
    this.kept = kept;
  }

  /** Empty places for the rows that a task plans, but for bins that are tables. */
  static BinRows of(RangeTask task, int spare) {
    int[] starts = new int[2 * task.bins.length];
    int kept = 0;
    for (int slot = 0; slot < task.bins.length; slot++) {
      long rows = task.positiveRows[slot] + task.negativeRows[slot];
      boolean table = task.isTable(rows);
      starts[2 * slot + 1] = kept;
      starts[2 * slot] = table ? kept : Math.toIntExact(kept + task.positiveRows[slot]);
      kept = table ? kept : Math.toIntExact(kept + rows);
    }
    return new BinRows(
        new short[Math.addExact(kept, spare)],
        task.weighted ? new long[kept] : null,
        starts,
        starts.clone(),
        kept);
  }

  /** The same rows, seen as those of slots [from, to). */
  BinRows slots(int from, int to) {
    return new BinRows(
        lows,
        weights,
        Arrays.copyOfRange(starts, 2 * from, 2 * to),
        Arrays.copyOfRange(ends, 2 * from, 2 * to),
        kept);
  }
}
