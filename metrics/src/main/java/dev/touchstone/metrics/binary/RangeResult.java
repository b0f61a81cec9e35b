package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ExactSum;
import dev.touchstone.metrics.Sum128;
import java.util.Arrays;

/**
 * What pass 2 found in one range: sums that add up over ranges to the exact areas and their
 * variances, and the rows of sweep and curve that fall in the range. Small (48 bytes a bin that
 * holds positives) and serialisable.
 */
public final class RangeResult {
  /** Numbers kept for each bin: G, H, sum c, sum c², sum h, sum h² (the variance of AP). */
  static final int INFLUENCE = 6;

  private static final int KIND = 'R';
  private static final int VERSION = 2;

  final int index;
  final int ranges;
  // units of 2^-62 times units of weight
  final Sum128 precisionSum = Sum128.zero(); // sum p * precision
  final Sum128 trapezoidSum = Sum128.zero(); // sum p * (precision before + after) / 2
  final ExactSum interpolatedSum = ExactSum.of(); // sum of areas between achievable points
  final Sum128 twiceAbove = Sum128.zero(); // A2 = sum p * (2 FP - n)
  final Sum128 twicePartial = Sum128.zero(); // sum n * (TP before + TP after) within the limit
  // DeLong, with squared weights: share of negatives above positives, of positives below negatives
  final Sum128 above = Sum128.zero();
  final Sum128 aboveSquared = Sum128.zero();
  final Sum128 below = Sum128.zero();
  final Sum128 belowSquared = Sum128.zero();
  // what the limit of the partial area cuts: TP before, p, FP before, n
  long[] cut;
  Points fixed = new Points();
  Points fixedSquares = new Points();
  Points sweep = new Points();
  Points curve = new Points();
  Points tops = new Points(); // rank, true positives as the bits of a double, 1 if it splits a tie
  Best f1 = new Best();
  Best ks = new Best();
  Best youden = new Best();
  Best mcc = new Best();
  Best cost = new Best();
  Best[] atPrecision;
  Best[] atRecall;
  Best[] atFpr;
  long groups;
  long gaps;
  int binCount;
  int[] bins = new int[16];
  double[] influence = new double[16 * INFLUENCE];

  RangeResult(int index, int ranges, FoldPlan plan) {
    this(
        index,
        ranges,
        plan.precisionBillionths().length,
        plan.recallNeeds().length,
        plan.fprLimits().length);
  }

  private RangeResult(int index, int ranges, int precisions, int recalls, int fprs) {
    this.index = index;
    this.ranges = ranges;
    atPrecision = bests(precisions);
    atRecall = bests(recalls);
    atFpr = bests(fprs);
  }

  private static Best[] bests(int count) {
    var bests = new Best[count];
    Arrays.setAll(bests, i -> new Best());
    return bests;
  }

  void addBin(int bin, double g, double h, double c, double c2, double nh, double nh2) {
    if (binCount == bins.length) {
      bins = Arrays.copyOf(bins, 2 * binCount);
      influence = Arrays.copyOf(influence, 2 * influence.length);
    }
    int at = binCount * INFLUENCE;
    bins[binCount++] = bin;
    influence[at] = g;
    influence[at + 1] = h;
    influence[at + 2] = c;
    influence[at + 3] = c2;
    influence[at + 4] = nh;
    influence[at + 5] = nh2;
  }

  /** Versioned bytes. */
  public byte[] toBytes() {
    var out = new ByteWriter().writeByte(KIND).writeByte(VERSION);
    out.writeCount(index).writeCount(ranges);
    out.writeCount(atPrecision.length).writeCount(atRecall.length).writeCount(atFpr.length);
    for (var sum : sums()) {
      out.writeSum(sum);
    }
    out.writeLong(interpolatedSum.high()).writeLong(interpolatedSum.low());
    out.writeBoolean(cut != null);
    for (int i = 0; cut != null && i < cut.length; i++) {
      out.writeCount(cut[i]);
    }
    fixed.write(out);
    fixedSquares.write(out);
    sweep.write(out);
    curve.write(out);
    tops.write(out);
    for (var best : new Best[] {f1, ks, youden, mcc, cost}) {
      best.write(out);
    }
    for (var bests : new Best[][] {atPrecision, atRecall, atFpr}) {
      for (var best : bests) {
        best.write(out);
      }
    }
    out.writeCount(groups).writeCount(gaps).writeCount(binCount);
    for (int i = 0; i < binCount; i++) {
      out.writeCount(bins[i]);
      for (int j = 0; j < INFLUENCE; j++) {
        out.writeDouble(influence[i * INFLUENCE + j]);
      }
    }
    return out.toBytes();
  }

  private Sum128[] sums() {
    return new Sum128[] {
      precisionSum, trapezoidSum, twiceAbove, twicePartial, above, aboveSquared, below, belowSquared
    };
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static RangeResult fromBytes(byte[] bytes) {
    var in = new ByteReader("range result", bytes, KIND, VERSION);
    int index = in.readIndex(CoarseCounts.BINS);
    int ranges = in.readIndex(CoarseCounts.BINS + 1);
    int precisions = in.readIndex(1 << 16);
    int recalls = in.readIndex(1 << 16);
    var result = new RangeResult(index, ranges, precisions, recalls, in.readIndex(1 << 16));
    for (var sum : result.sums()) {
      sum.combine(in.readSum());
    }
    long high = in.readLong();
    result.interpolatedSum.combine(ExactSum.of(high, in.readLong()));
    if (in.readBoolean()) {
      result.cut = new long[] {in.readCount(), in.readCount(), in.readCount(), in.readCount()};
    }
    result.fixed = Points.read(in);
    result.fixedSquares = Points.read(in);
    result.sweep = Points.read(in);
    result.curve = Points.read(in);
    result.tops = Points.read(in);
    result.f1 = Best.read(in);
    result.ks = Best.read(in);
    result.youden = Best.read(in);
    result.mcc = Best.read(in);
    result.cost = Best.read(in);
    for (var bests : new Best[][] {result.atPrecision, result.atRecall, result.atFpr}) {
      for (int i = 0; i < bests.length; i++) {
        bests[i] = Best.read(in);
      }
    }
    result.groups = in.readCount();
    result.gaps = in.readCount();
    for (int left = in.readIndex(CoarseCounts.BINS + 1); left > 0; left--) {
      int bin = in.readIndex(CoarseCounts.BINS);
      result.addBin(
          bin,
          in.readDouble(),
          in.readDouble(),
          in.readDouble(),
          in.readDouble(),
          in.readDouble(),
          in.readDouble());
    }
    in.end();
    return result;
  }

  /** Adds another range of the same plan; bins and rows are listed, in any order. */
  void combine(RangeResult other) {
    for (int i = 0; i < sums().length; i++) {
      sums()[i].combine(other.sums()[i]);
    }
    interpolatedSum.combine(other.interpolatedSum);
    cut = other.cut == null ? cut : other.cut;
    fixed.addAll(other.fixed);
    fixedSquares.addAll(other.fixedSquares);
    sweep.addAll(other.sweep);
    curve.addAll(other.curve);
    tops.addAll(other.tops);
    f1.combine(other.f1);
    ks.combine(other.ks);
    youden.combine(other.youden);
    mcc.combine(other.mcc);
    cost.combine(other.cost);
    combine(atPrecision, other.atPrecision);
    combine(atRecall, other.atRecall);
    combine(atFpr, other.atFpr);
    groups += other.groups;
    gaps += other.gaps;
    for (int i = 0; i < other.binCount; i++) {
      int at = i * INFLUENCE;
      addBin(
          other.bins[i],
          other.influence[at],
          other.influence[at + 1],
          other.influence[at + 2],
          other.influence[at + 3],
          other.influence[at + 4],
          other.influence[at + 5]);
    }
  }

  private static void combine(Best[] into, Best[] from) {
    for (int i = 0; i < into.length; i++) {
      into[i].combine(from[i]);
    }
  }
}
