package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScorePrecision;
import java.util.Arrays;

/**
 * One range of pass 2: which bins to resolve, and how many rows of each class are above them. Small
 * (tens of bytes a bin) and serialisable.
 */
public final class RangeTask {
  private static final int KIND = 'T';
  private static final int VERSION = 1;

  /** A bin of float32 keys with this many rows is cheaper as a table of counts (1 MiB). */
  static final long TABLE_ROWS = 1 << 19;

  /** The same with weights, where a row takes 10 bytes. */
  static final long TABLE_ROWS_WEIGHTED = 1 << 17;

  final int index;
  final int ranges;
  final ScorePrecision precision;
  final boolean weighted;
  final int weightBits;
  final int thresholds;
  final double decisionThreshold;
  final boolean grid;
  final long positives;
  final long negatives;
  // by slot: bins to resolve, descending
  final int[] bins;
  final long[] positiveRows;
  final long[] negativeRows;
  final long[] tpAbove;
  final long[] fpAbove;

  RangeTask(
      int index,
      int ranges,
      CoarseCounts total,
      BinaryOptions options,
      boolean grid,
      long positives,
      long negatives,
      int[] bins,
      long[] tpAbove,
      long[] fpAbove) {
    this.index = index;
    this.ranges = ranges;
    this.precision = total.precision();
    this.weighted = total.weighted();
    this.weightBits = total.weightBits();
    this.thresholds = options.thresholds();
    this.decisionThreshold = options.decisionThreshold();
    this.grid = grid;
    this.positives = positives;
    this.negatives = negatives;
    this.bins = bins;
    this.tpAbove = tpAbove;
    this.fpAbove = fpAbove;
    this.positiveRows = Arrays.stream(bins).mapToLong(bin -> total.rows(bin, 1)).toArray();
    this.negativeRows = Arrays.stream(bins).mapToLong(bin -> total.rows(bin, 0)).toArray();
  }

  private RangeTask(ByteReader in) {
    index = in.readIndex(CoarseCounts.BINS);
    ranges = in.readIndex(CoarseCounts.BINS + 1);
    precision = ScorePrecision.values()[in.readIndex(ScorePrecision.values().length)];
    weighted = in.readBoolean();
    weightBits = in.readByte() - 128;
    thresholds = in.readIndex(10_001);
    decisionThreshold = in.readDouble();
    grid = in.readBoolean();
    positives = in.readCount();
    negatives = in.readCount();
    int slots = in.readIndex(CoarseCounts.BINS + 1);
    bins = new int[slots];
    positiveRows = new long[slots];
    negativeRows = new long[slots];
    tpAbove = new long[slots];
    fpAbove = new long[slots];
    for (int slot = 0; slot < slots; slot++) {
      bins[slot] = in.readIndex(CoarseCounts.BINS);
      positiveRows[slot] = in.readCount();
      negativeRows[slot] = in.readCount();
      tpAbove[slot] = in.readCount();
      fpAbove[slot] = in.readCount();
    }
    in.end();
  }

  /** Position of this range in its plan. */
  public int index() {
    return index;
  }

  /** Rows that a scan of this range will keep or count. */
  public long rows() {
    return Arrays.stream(positiveRows).sum() + Arrays.stream(negativeRows).sum();
  }

  /** Bytes that a scan of this range takes, apart from a fixed part below 4 MiB. */
  public long scanBytes() {
    long bytes = 0;
    for (int slot = 0; slot < bins.length; slot++) {
      long rows = positiveRows[slot] + negativeRows[slot];
      bytes += isTable(rows, weighted) ? 1 << 20 : rows * (weighted ? 10 : 2);
    }
    return bytes;
  }

  static boolean isTable(long rows, boolean weighted) {
    return rows >= (weighted ? TABLE_ROWS_WEIGHTED : TABLE_ROWS);
  }

  Marks marks() {
    return Marks.of(precision, thresholds, decisionThreshold, grid, positives);
  }

  /** Versioned bytes. */
  public byte[] toBytes() {
    var out = new ByteWriter().writeByte(KIND).writeByte(VERSION);
    out.writeCount(index).writeCount(ranges).writeCount(precision.ordinal());
    out.writeBoolean(weighted).writeByte(weightBits + 128).writeCount(thresholds);
    out.writeDouble(decisionThreshold).writeBoolean(grid);
    out.writeCount(positives).writeCount(negatives).writeCount(bins.length);
    for (int slot = 0; slot < bins.length; slot++) {
      out.writeCount(bins[slot]);
      out.writeCount(positiveRows[slot]).writeCount(negativeRows[slot]);
      out.writeCount(tpAbove[slot]).writeCount(fpAbove[slot]);
    }
    return out.toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static RangeTask fromBytes(byte[] bytes) {
    return new RangeTask(new ByteReader("range task", bytes, KIND, VERSION));
  }
}
