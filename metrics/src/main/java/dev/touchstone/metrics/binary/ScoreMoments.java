package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.Sum128;

/**
 * The exact sum of scores in every coarse bin of float32 keys and class: each score is the bin's
 * first plus a whole number of 65,536ths of its width.
 */
final class ScoreMoments {
  // sums of (lower key bits * weight), 128 bits where there are weights
  private final long[] low = new long[2 * CoarseCounts.BINS];
  private long[] high;

  void add(int at, int lowBits) {
    low[at] += lowBits;
  }

  void addWeighted(int at, int lowBits, long weight) {
    if (high == null) {
      high = new long[low.length];
    }
    add(at, Math.multiplyHigh(weight, lowBits), weight * lowBits);
  }

  private void add(int at, long moreHigh, long moreLow) {
    long sum = low[at] + moreLow;
    high[at] += moreHigh + (Long.compareUnsigned(sum, moreLow) < 0 ? 1 : 0);
    low[at] = sum;
  }

  void combine(ScoreMoments other) {
    if (other.high != null && high == null) {
      high = new long[low.length];
    }
    for (int at = 0; at < low.length; at++) {
      if (high == null) {
        low[at] += other.low[at];
      } else if (other.high != null) {
        add(at, other.high[at], other.low[at]);
      }
    }
  }

  /** Sum of scores times units of weight. */
  double sum(int bin, int label, long units) {
    int at = (bin << 1) | label;
    double steps = high == null ? low[at] : Sum128.of(high[at], low[at]).toDouble();
    double first = ScoreKey.toFloat(bin << 16);
    double width = steps == 0 ? 0 : (double) ScoreKey.toFloat((bin + 1) << 16) - first;
    return units * first + steps * (width * 0x1p-16);
  }

  void write(ByteWriter out, int at) {
    out.writeCount(low[at]);
    if (high != null) {
      out.writeCount(high[at]);
    }
  }

  void read(ByteReader in, int at, boolean weighted) {
    low[at] = in.readCount();
    if (weighted) {
      if (high == null) {
        high = new long[low.length];
      }
      high[at] = in.readCount();
    }
  }
}
