package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.ScorePrecision;
import java.util.Arrays;

/**
 * Pass 2 over one range: sees all rows again, keeps the lower 16 key bits of those in its bins, and
 * resolves their ties exactly. Rows may come in any order, and scans of the same task over parts of
 * the rows combine.
 *
 * <p>Memory: {@link RangeTask#scanBytes()}. Not thread-safe.
 */
public final class RangeScan extends RowAccumulator {
  private final RangeTask task;
  private final int firstBin; // the lowest
  private final int[] slotOfBin;
  // cursors[2 * slot + label]: where the next row of that slot goes
  private final int[] cursors;
  private final int[] starts;
  private final short[] lows;
  private final long[] weights;
  private final long[][] tables;
  private final long[][] squareTables;
  private final long[] tableRows;

  private RangeScan(RangeTask task) {
    if (task.precision != ScorePrecision.FLOAT32) {
      throw new IllegalArgumentException(
          "a range scan takes float32 scores, got a plan for others");
    }
    this.task = task;
    int slots = task.bins.length;
    firstBin = slots == 0 ? 0 : task.bins[slots - 1];
    slotOfBin = new int[slots == 0 ? 0 : task.bins[0] - firstBin + 1];
    Arrays.fill(slotOfBin, -1);
    cursors = new int[2 * slots];
    tables = new long[slots][];
    squareTables = task.weighted ? new long[slots][] : tables;
    tableRows = new long[slots];
    int kept = 0;
    for (int slot = 0; slot < slots; slot++) {
      slotOfBin[task.bins[slot] - firstBin] = slot;
      long rows = task.positiveRows[slot] + task.negativeRows[slot];
      cursors[2 * slot + 1] = kept;
      if (RangeTask.isTable(rows, task.weighted)) {
        tables[slot] = new long[1 << 17];
        if (task.weighted) {
          squareTables[slot] = new long[1 << 17];
        }
        cursors[2 * slot] = kept;
      } else {
        cursors[2 * slot] = Math.toIntExact(kept + task.positiveRows[slot]);
        kept = Math.toIntExact(kept + rows);
      }
    }
    starts = cursors.clone();
    lows = new short[kept];
    weights = task.weighted ? new long[kept] : null;
  }

  /** An empty scan of a range. */
  public static RangeScan of(RangeTask task) {
    return new RangeScan(task);
  }

  @Override
  int weightBits() {
    return task.weightBits;
  }

  @Override
  void begin(boolean weighted) {
    if (weighted != task.weighted) {
      throw new IllegalArgumentException(
          "rows must be " + (task.weighted ? "weighted" : "unweighted") + " as they were counted");
    }
  }

  @Override
  void acceptBlock(RowBlock block) {
    try {
      for (int i = 0; i < block.size; i++) {
        int key = ScoreKey.ofBits(block.bits[i]);
        int bin = (key >>> 16) - firstBin;
        if (bin < 0 || bin >= slotOfBin.length) {
          continue;
        }
        int slot = slotOfBin[bin];
        if (slot < 0 || block.weighted && block.weights[i] == 0) {
          continue;
        }
        int label = block.labels[i];
        if (tables[slot] != null) {
          int at = (key & 0xFFFF) << 1 | label;
          tableRows[slot]++;
          if (block.weighted) {
            tables[slot][at] += block.weights[i];
            squareTables[slot][at] += task.square(block.weights[i]);
          } else {
            tables[slot][at]++;
          }
        } else {
          int at = cursors[2 * slot + label]++;
          lows[at] = (short) key;
          if (block.weighted) {
            weights[at] = block.weights[i];
          }
        }
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new IllegalStateException("range scan saw more rows than were planned", e);
    }
  }

  /** Adds the rows that another scan of the same task saw; returns this. */
  public RangeScan combine(RangeScan other) {
    if (!Arrays.equals(task.bins, other.task.bins) || lows.length != other.lows.length) {
      throw new IllegalArgumentException("range scans must be of the same task");
    }
    for (int slot = 0; slot < task.bins.length; slot++) {
      if (tables[slot] != null) {
        tableRows[slot] += other.tableRows[slot];
        for (int i = 0; i < tables[slot].length; i++) {
          tables[slot][i] += other.tables[slot][i];
        }
        for (int i = 0; task.weighted && i < tables[slot].length; i++) {
          squareTables[slot][i] += other.squareTables[slot][i];
        }
        continue;
      }
      for (int i = 2 * slot; i < 2 * slot + 2; i++) {
        int count = other.cursors[i] - other.starts[i];
        if (cursors[i] + count > lows.length) {
          throw new IllegalStateException("range scan saw more rows than were planned");
        }
        System.arraycopy(other.lows, other.starts[i], lows, cursors[i], count);
        if (weights != null) {
          System.arraycopy(other.weights, other.starts[i], weights, cursors[i], count);
        }
        cursors[i] += count;
      }
    }
    return this;
  }

  /**
   * Resolves the range.
   *
   * @throws IllegalStateException when the rows seen are not the rows planned
   */
  public RangeResult result() {
    var plan = task.plan();
    var result = new RangeResult(task.index, task.ranges, plan);
    resolve(plan.marks(), new GroupFold(result, plan));
    return result;
  }

  /** Hands every tie group of the range to a sink. */
  void resolve(Marks marks, GroupSink sink) {
    var resolver = new BinResolver();
    for (int slot = 0; slot < task.bins.length; slot++) {
      checkRows(slot);
      task.startBin(slot, sink);
      long base = (long) task.bins[slot] << 16;
      if (tables[slot] != null) {
        resolver.resolveTable(tables[slot], squareTables[slot], base, marks, sink);
      } else {
        resolver.resolve(
            lows,
            weights,
            starts[2 * slot + 1],
            cursors[2 * slot + 1],
            starts[2 * slot],
            cursors[2 * slot],
            base,
            task,
            marks,
            sink);
      }
      sink.endBin();
    }
  }

  private void checkRows(int slot) {
    long planned = task.positiveRows[slot] + task.negativeRows[slot];
    long positives = cursors[2 * slot + 1] - starts[2 * slot + 1];
    long negatives = cursors[2 * slot] - starts[2 * slot];
    boolean table = tables[slot] != null;
    if (table
        ? tableRows[slot] != planned
        : positives != task.positiveRows[slot] || negatives != task.negativeRows[slot]) {
      throw new IllegalStateException(
          "range scan must see the rows that were counted: bin "
              + task.bins[slot]
              + " has "
              + planned
              + ", saw "
              + (table ? tableRows[slot] : positives + negatives));
    }
  }
}
