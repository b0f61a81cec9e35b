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
  /** Places for rows of other ranges, which go there rather than through a branch. */
  static final int SPARE = 2 * RowBlock.SIZE;

  private final RangeTask task;
  private final BinRows rows;
  // where the next row of a slot and label goes; the last two are spare
  private final int[] cursors;
  private final int spareFrom;
  // by the upper bits of a score as they are: twice its slot, or the spare one; null with weights
  // or tables
  private final int[] directSlots;
  private final int[] slots; // by bin, or -1; null when no more rows are taken
  private final long[][] tables;
  private final long[][] squareTables;
  private final long[] tableRows;

  private RangeScan(RangeTask task, BinRows rows, int[] cursors, int spareFrom, boolean open) {
    if (task.precision != ScorePrecision.FLOAT32) {
      throw new IllegalArgumentException(
          "a range scan takes float32 scores, got a plan for others");
    }
    this.task = task;
    this.rows = rows;
    this.cursors = cursors;
    this.spareFrom = spareFrom;
    slots = open ? slots(task) : null;
    int count = task.bins.length;
    tables = new long[count][];
    squareTables = task.weighted ? new long[count][] : tables;
    tableRows = new long[count];
    boolean anyTable = false;
    for (int slot = 0; slot < count; slot++) {
      if (task.isTable(task.positiveRows[slot] + task.negativeRows[slot])) {
        anyTable = true;
        tables[slot] = new long[1 << 17];
        if (task.weighted) {
          squareTables[slot] = new long[1 << 17];
        }
      }
    }
    directSlots = !open || task.weighted || anyTable ? null : directSlots(slots, count);
  }

  private static int[] slots(RangeTask task) {
    int[] slots = new int[CoarseCounts.BINS];
    Arrays.fill(slots, -1);
    for (int slot = 0; slot < task.bins.length; slot++) {
      slots[task.bins[slot]] = slot;
    }
    return slots;
  }

  private static int[] directSlots(int[] slots, int count) {
    int[] direct = new int[CoarseCounts.BINS];
    for (int upper = 0; upper < direct.length; upper++) {
      int slot = slots[upper ^ (upper < 1 << 15 ? 1 << 15 : 0xFFFF)];
      direct[upper] = 2 * (slot < 0 ? count : slot);
    }
    return direct;
  }

  /** An empty scan of a range. */
  public static RangeScan of(RangeTask task) {
    var rows = BinRows.of(task, SPARE);
    return new RangeScan(task, rows, cursors(rows), rows.kept, true);
  }

  /** A scan of a part of the rows, which has places of its own in rows that parts share. */
  static RangeScan part(RangeTask task, BinRows rows, int[] cursors, int part) {
    return new RangeScan(task, rows, cursors, rows.kept + part * SPARE, true);
  }

  /** A scan whose rows are all there; it takes no more. */
  static RangeScan seen(RangeTask task, BinRows rows, int[] cursors) {
    return new RangeScan(task, rows, cursors, rows.kept, false);
  }

  /** Where the first rows go. */
  static int[] cursors(BinRows rows) {
    return Arrays.copyOf(rows.starts, rows.starts.length + 2);
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
      if (directSlots != null) {
        keep(block);
      } else {
        sort(block);
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw tooManyRows(e);
    }
  }

  private static IllegalStateException tooManyRows(Exception cause) {
    return new IllegalStateException("range scan saw more rows than were planned", cause);
  }

  private void keep(RowBlock block) {
    int[] next = cursors;
    short[] into = rows.lows;
    int[] direct = directSlots;
    emptySpare();
    for (int i = 0; i < block.size; i++) {
      int bits = block.bits[i] == Integer.MIN_VALUE ? 0 : block.bits[i]; // -0.0 is 0.0
      // below zero the bits of a key are turned around
      into[next[direct[bits >>> 16] | block.labels[i]]++] = (short) (bits ^ (bits >> 31));
    }
  }

  @Override
  boolean acceptDirect(float[] scores, byte[] labels, int from, int to) {
    if (directSlots == null) {
      return false;
    }
    try {
      for (int start = from; start < to; start += RowBlock.SIZE) {
        keep(scores, labels, start, Math.min(to, start + RowBlock.SIZE));
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw tooManyRows(e);
    }
    return true;
  }

  private void keep(float[] scores, byte[] labels, int from, int to) {
    int[] next = cursors;
    short[] into = rows.lows;
    int[] direct = directSlots;
    emptySpare();
    for (int i = from; i < to; i++) {
      int bits = Float.floatToRawIntBits(scores[i] + 0f); // -0.0 becomes 0.0
      into[next[direct[bits >>> 16] | labels[i]]++] = (short) (bits ^ (bits >> 31));
    }
  }

  private void emptySpare() {
    cursors[cursors.length - 2] = spareFrom;
    cursors[cursors.length - 1] = spareFrom + RowBlock.SIZE;
  }

  /** Rows with weights, or some of which are kept as counts. */
  private void sort(RowBlock block) {
    for (int i = 0; i < block.size; i++) {
      int key = ScoreKey.ofBits(block.bits[i]);
      int slot = slots[key >>> 16];
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
        rows.lows[at] = (short) key;
        if (block.weighted) {
          rows.weights[at] = block.weights[i];
        }
      }
    }
  }

  /** Adds the rows that another scan of the same task saw; returns this. */
  public RangeScan combine(RangeScan other) {
    if (!Arrays.equals(task.bins, other.task.bins) || rows.kept != other.rows.kept) {
      throw new IllegalArgumentException("range scans must be of the same task");
    }
    for (int slot = 0; slot < task.bins.length; slot++) {
      if (tables[slot] != null) {
        tableRows[slot] += other.tableRows[slot];
        add(other.tables[slot], tables[slot]);
        if (task.weighted) {
          add(other.squareTables[slot], squareTables[slot]);
        }
        continue;
      }
      for (int i = 2 * slot; i < 2 * slot + 2; i++) {
        int from = other.rows.starts[i];
        int count = other.cursors[i] - from;
        if (cursors[i] + count > rows.kept) {
          throw tooManyRows(null);
        }
        System.arraycopy(other.rows.lows, from, rows.lows, cursors[i], count);
        if (task.weighted) {
          System.arraycopy(other.rows.weights, from, rows.weights, cursors[i], count);
        }
        cursors[i] += count;
      }
    }
    return this;
  }

  private static void add(long[] from, long[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] += from[i];
    }
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
    for (int slot = 0; slot < task.bins.length; slot++) {
      checkRows(slot);
    }
    System.arraycopy(cursors, 0, rows.ends, 0, rows.ends.length);
    var resolver = new BinResolver();
    for (int slot = 0; slot < task.bins.length; slot++) {
      task.startBin(slot, sink);
      if (tables[slot] != null) {
        long base = (long) task.bins[slot] << 16;
        resolver.resolveTable(tables[slot], squareTables[slot], base, marks, sink);
      } else {
        resolver.resolve(rows, slot, task, marks, sink);
      }
      sink.endBin();
    }
  }

  private void checkRows(int slot) {
    long planned = task.positiveRows[slot] + task.negativeRows[slot];
    long positives = cursors[2 * slot + 1] - rows.starts[2 * slot + 1];
    long negatives = cursors[2 * slot] - rows.starts[2 * slot];
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
