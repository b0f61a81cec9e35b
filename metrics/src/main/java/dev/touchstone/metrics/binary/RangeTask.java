package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScorePrecision;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * One range of pass 2: which bins to resolve, and how many rows of each class are above them. Small
 * (tens of bytes a bin) and serialisable.
 */
public final class RangeTask {
  private static final int KIND = 'T';
  private static final int VERSION = 2;

  /** A table of counts takes as much as so many rows. */
  private static final long TABLE_ROWS = 1 << 19;

  /** The same with weights, where a row takes 10 bytes and a table 2 MiB. */
  private static final long TABLE_ROWS_WEIGHTED = 1 << 18;

  final int index;
  final int ranges;
  final ScorePrecision precision;
  final boolean weighted;
  final int weightBits;
  final int squareShift;
  final BinaryOptions options;
  final boolean grid;
  final long tableFrom;
  final long positives;
  final long negatives;
  // by slot: bins to resolve, descending
  final int[] bins;
  final long[] positiveRows;
  final long[] negativeRows;
  final long[] tpAbove;
  final long[] fpAbove;
  final long[] tpSquaresAbove;
  final long[] fpSquaresAbove;

  RangeTask(
      int index,
      int ranges,
      CoarseCounts total,
      BinaryOptions options,
      boolean grid,
      long tableFrom,
      long positives,
      long negatives,
      int[] bins,
      long[] tpAbove,
      long[] fpAbove,
      long[] tpSquaresAbove,
      long[] fpSquaresAbove) {
    this.index = index;
    this.ranges = ranges;
    this.precision = total.precision();
    this.weighted = total.weighted();
    this.weightBits = total.weightBits();
    this.squareShift = total.squareShift();
    this.options = options;
    this.grid = grid;
    this.tableFrom = tableFrom;
    this.positives = positives;
    this.negatives = negatives;
    this.bins = bins;
    this.tpAbove = tpAbove;
    this.fpAbove = fpAbove;
    this.tpSquaresAbove = tpSquaresAbove;
    this.fpSquaresAbove = fpSquaresAbove;
    this.positiveRows = Arrays.stream(bins).mapToLong(bin -> total.rows(bin, 1)).toArray();
    this.negativeRows = Arrays.stream(bins).mapToLong(bin -> total.rows(bin, 0)).toArray();
  }

  private RangeTask(ByteReader in) {
    index = in.readIndex(CoarseCounts.BINS);
    ranges = in.readIndex(CoarseCounts.BINS + 1);
    precision = ScorePrecision.values()[in.readIndex(ScorePrecision.values().length)];
    weighted = in.readBoolean();
    weightBits = in.readByte() - 128;
    squareShift = in.readByte();
    int thresholds = in.readIndex(10_001);
    double decisionThreshold = in.readDouble();
    var suite = Suite.values()[in.readIndex(Suite.values().length)];
    options =
        BinaryOptions.defaults()
            .withThresholds(thresholds)
            .withDecisionThreshold(decisionThreshold)
            .withSuite(suite)
            .withQuestions(Questions.read(in));
    grid = in.readBoolean();
    tableFrom = in.readCount();
    positives = in.readCount();
    negatives = in.readCount();
    int slots = in.readIndex(CoarseCounts.BINS + 1);
    bins = new int[slots];
    positiveRows = new long[slots];
    negativeRows = new long[slots];
    tpAbove = new long[slots];
    fpAbove = new long[slots];
    tpSquaresAbove = weighted ? new long[slots] : tpAbove;
    fpSquaresAbove = weighted ? new long[slots] : fpAbove;
    for (int slot = 0; slot < slots; slot++) {
      bins[slot] = in.readIndex(CoarseCounts.BINS);
      positiveRows[slot] = in.readCount();
      negativeRows[slot] = in.readCount();
      tpAbove[slot] = in.readCount();
      fpAbove[slot] = in.readCount();
      if (weighted) {
        tpSquaresAbove[slot] = in.readCount();
        fpSquaresAbove[slot] = in.readCount();
      }
    }
    in.end();
  }

  /** One task over the bins of several, which are descending. */
  static RangeTask joined(List<RangeTask> tasks) {
    return new RangeTask(tasks);
  }

  private RangeTask(List<RangeTask> tasks) {
    var first = tasks.get(0);
    index = 0;
    ranges = 1;
    precision = first.precision;
    weighted = first.weighted;
    weightBits = first.weightBits;
    squareShift = first.squareShift;
    options = first.options;
    grid = first.grid;
    tableFrom = first.tableFrom;
    positives = first.positives;
    negatives = first.negatives;
    bins = tasks.stream().flatMapToInt(t -> Arrays.stream(t.bins)).toArray();
    positiveRows = joined(tasks, t -> t.positiveRows);
    negativeRows = joined(tasks, t -> t.negativeRows);
    tpAbove = joined(tasks, t -> t.tpAbove);
    fpAbove = joined(tasks, t -> t.fpAbove);
    tpSquaresAbove = joined(tasks, t -> t.tpSquaresAbove);
    fpSquaresAbove = joined(tasks, t -> t.fpSquaresAbove);
  }

  private static long[] joined(List<RangeTask> tasks, Function<RangeTask, long[]> column) {
    return tasks.stream().map(column).flatMapToLong(Arrays::stream).toArray();
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
      bytes += isTable(rows) ? (weighted ? 2 << 20 : 1 << 20) : rows * (weighted ? 10 : 2);
    }
    return bytes;
  }

  /** Whether a bin of so many rows is kept as a table of counts. */
  boolean isTable(long rows) {
    return rows > tableFrom;
  }

  /** Beyond how many rows a bin becomes a table: when it would not fit, and a table is smaller. */
  static long tableFrom(long maxRows, boolean weighted) {
    return Math.max(maxRows, tableRows(weighted));
  }

  /** Rows that take as much as a table. */
  static long tableRows(boolean weighted) {
    return weighted ? TABLE_ROWS_WEIGHTED : TABLE_ROWS;
  }

  FoldPlan plan() {
    double unit = weighted ? Math.scalb(1.0, -weightBits) : 1;
    return FoldPlan.of(precision, options, grid, positives, negatives, unit);
  }

  void startBin(int slot, GroupSink fold) {
    fold.startBin(
        bins[slot], tpAbove[slot], fpAbove[slot], tpSquaresAbove[slot], fpSquaresAbove[slot]);
  }

  /** The square of a weight in units that add up within a long. */
  long square(long weight) {
    return weighted ? (long) Math.rint(Math.scalb((double) weight * weight, -squareShift)) : weight;
  }

  /** Versioned bytes. */
  public byte[] toBytes() {
    var out = new ByteWriter().writeByte(KIND).writeByte(VERSION);
    out.writeCount(index).writeCount(ranges).writeCount(precision.ordinal());
    out.writeBoolean(weighted).writeByte(weightBits + 128).writeByte(squareShift);
    out.writeCount(options.thresholds()).writeDouble(options.decisionThreshold());
    out.writeCount(options.suite().ordinal());
    options.questions().write(out);
    out.writeBoolean(grid).writeCount(tableFrom);
    out.writeCount(positives).writeCount(negatives).writeCount(bins.length);
    for (int slot = 0; slot < bins.length; slot++) {
      out.writeCount(bins[slot]);
      out.writeCount(positiveRows[slot]).writeCount(negativeRows[slot]);
      out.writeCount(tpAbove[slot]).writeCount(fpAbove[slot]);
      if (weighted) {
        out.writeCount(tpSquaresAbove[slot]).writeCount(fpSquaresAbove[slot]);
      }
    }
    return out.toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static RangeTask fromBytes(byte[] bytes) {
    return new RangeTask(new ByteReader("range task", bytes, KIND, VERSION));
  }
}
