package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Sum128;
import java.util.Arrays;

/**
 * What pass 2 found in one range: sums that add up over ranges to the exact areas and their
 * variances, and the rows of sweep and curve that fall in the range. Small (48 bytes a bin that
 * holds positives) and serialisable.
 */
public final class RangeResult {
  /**
   * Numbers kept for each bin: G, H, sum p c, sum p c², sum n h, sum n h² (methods of AP variance).
   */
  static final int INFLUENCE = 6;

  private static final int KIND = 'R';
  private static final int VERSION = 1;

  final int index;
  final int ranges;
  final Sum128 precisionSum = Sum128.zero(); // sum p * precision, units 2^-62
  final Sum128 twiceAbove = Sum128.zero(); // A2 = sum p * (2 FP - n)
  final Sum128 squaredAbove = Sum128.zero(); // sum p * (share of negatives above)², units 2^-62
  final Sum128 squaredBelow = Sum128.zero(); // sum n * (share of positives below)², units 2^-62
  final Points fixed = new Points();
  final Points sweep = new Points();
  final Points curve = new Points();
  Best f1 = new Best();
  Best ks = new Best();
  long groups;
  long gaps;
  int binCount;
  int[] bins = new int[16];
  double[] influence = new double[16 * INFLUENCE];

  RangeResult(int index, int ranges) {
    this.index = index;
    this.ranges = ranges;
  }

  void addBin(int bin, double g, double h, double pc, double pc2, double nh, double nh2) {
    if (binCount == bins.length) {
      bins = Arrays.copyOf(bins, 2 * binCount);
      influence = Arrays.copyOf(influence, 2 * influence.length);
    }
    int at = binCount * INFLUENCE;
    bins[binCount++] = bin;
    influence[at] = g;
    influence[at + 1] = h;
    influence[at + 2] = pc;
    influence[at + 3] = pc2;
    influence[at + 4] = nh;
    influence[at + 5] = nh2;
  }

  /** Versioned bytes. */
  public byte[] toBytes() {
    var out = new ByteWriter().writeByte(KIND).writeByte(VERSION);
    out.writeCount(index).writeCount(ranges);
    out.writeSum(precisionSum).writeSum(twiceAbove);
    out.writeSum(squaredAbove).writeSum(squaredBelow);
    fixed.write(out);
    sweep.write(out);
    curve.write(out);
    f1.write(out);
    ks.write(out);
    out.writeCount(groups).writeCount(gaps).writeCount(binCount);
    for (int i = 0; i < binCount; i++) {
      out.writeCount(bins[i]);
      for (int j = 0; j < INFLUENCE; j++) {
        out.writeDouble(influence[i * INFLUENCE + j]);
      }
    }
    return out.toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static RangeResult fromBytes(byte[] bytes) {
    var in = new ByteReader("range result", bytes, KIND, VERSION);
    int index = in.readIndex(CoarseCounts.BINS);
    var result = new RangeResult(index, in.readIndex(CoarseCounts.BINS + 1));
    result.precisionSum.combine(in.readSum());
    result.twiceAbove.combine(in.readSum());
    result.squaredAbove.combine(in.readSum());
    result.squaredBelow.combine(in.readSum());
    var fixed = Points.read(in);
    var sweep = Points.read(in);
    var curve = Points.read(in);
    copy(fixed, result.fixed);
    copy(sweep, result.sweep);
    copy(curve, result.curve);
    result.f1 = Best.read(in);
    result.ks = Best.read(in);
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

  private static void copy(Points from, Points to) {
    for (int i = 0; i < from.size(); i++) {
      to.add(from.key(i), from.tp(i), from.fp(i));
    }
  }
}
