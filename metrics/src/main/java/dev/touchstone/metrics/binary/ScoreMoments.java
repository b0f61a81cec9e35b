package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.Sum128;

/**
 * Exact sums of scores in every coarse bin of float32 keys and class; of their squares too where
 * rows have no weights. Within a bin float32 scores are evenly spaced, so each is the bin's middle
 * plus a whole number of steps, from -2^15 to 2^15 - 1, and sums of steps are integers.
 */
final class ScoreMoments {
  /** Sums of squared steps fit up to here. */
  static final long MOST_ROWS_OF_A_CELL = 1L << 33;

  private static final int MIDDLE = 1 << 15;

  /** Whether addends are weighted: then a cell is a sum of steps in 128 bits and has no squares. */
  private final boolean wide;

  // by cell (bin * 2 + label), two each: sum of steps and of their squares, or low and high half
  private final long[] sums = new long[4 * CoarseCounts.BINS];

  ScoreMoments(boolean wide) {
    this.wide = wide;
  }

  /** Adds a row without a weight. */
  void add(int cell, int lowBits) {
    int step = lowBits - MIDDLE;
    sums[2 * cell] += step;
    sums[2 * cell + 1] += (long) step * step;
  }

  /** The same for scores in [0, 1], none of which is -0.0. */
  void addProbabilities(int[] bits, byte[] labels, int size) {
    long[] into = sums;
    for (int i = 0; i < size; i++) {
      int step = (bits[i] & 0xFFFF) - MIDDLE;
      int at = ((bits[i] >>> 16 | 1 << 15) << 1 | labels[i]) << 1;
      into[at] += step;
      into[at + 1] += (long) step * step;
    }
  }

  void addWeighted(int cell, int lowBits, long weight) {
    int step = lowBits - MIDDLE;
    add128(2 * cell, Math.multiplyHigh(weight, step), weight * step);
  }

  private void add128(int at, long moreHigh, long moreLow) {
    long sum = sums[at] + moreLow;
    sums[at + 1] += moreHigh + (Long.compareUnsigned(sum, moreLow) < 0 ? 1 : 0);
    sums[at] = sum;
  }

  /** Adds the sums of another of the same kind. */
  void combine(ScoreMoments other) {
    for (int at = 0; at < sums.length; at += 2) {
      if (wide) {
        add128(at, other.sums[at + 1], other.sums[at]);
      } else {
        sums[at] += other.sums[at];
        sums[at + 1] += other.sums[at + 1];
      }
    }
  }

  /** The score in the middle of a bin. */
  static double middle(int bin) {
    return ScoreKey.toFloat(bin << 16 | MIDDLE);
  }

  /** The distance of neighbouring scores in a bin of finite ones: a power of two. */
  static double step(int bin) {
    return (double) ScoreKey.toFloat(bin << 16 | 1) - ScoreKey.toFloat(bin << 16);
  }

  /** Sum of scores times units of weight, of a cell whose rows have so many units. */
  double sum(int bin, int label, long units) {
    double steps = steps(bin, label);
    return units * middle(bin) + (steps == 0 ? 0 : steps * step(bin));
  }

  /** Sum of steps from the middle. */
  private double steps(int bin, int label) {
    int at = 2 * (bin << 1 | label);
    return wide ? Sum128.of(sums[at + 1], sums[at]).toDouble() : sums[at];
  }

  /** Sum of (score - origin)² over a cell of so many rows, in [0, 1]; without weights. */
  double squares(int bin, int label, int origin, long rows) {
    int at = 2 * (bin << 1 | label);
    double step = step(bin);
    double error = middle(bin) - origin;
    // whole steps from the origin to the middle, as long as they and their square are exact
    double whole = error / step;
    if (Math.abs(whole) <= 0x1p24) {
      long e = (long) whole;
      var total = Sum128.zero();
      total.addProduct(rows, e * e);
      total.addProduct(2 * e, sums[at]);
      total.add(sums[at + 1]);
      return total.toDouble() * (step * step);
    }
    return rows * (error * error) + 2 * error * (sums[at] * step) + sums[at + 1] * (step * step);
  }

  /**
   * About the sum of (score - truth)⁴ over a cell, for a spread: from two moments, hence without
   * the third and fourth power of a distance from the middle. That is below 2^-22 of the sum, but
   * for scores so near to their truth that they hardly count beside others.
   */
  double fourthPowers(int bin, int label, long rows) {
    int at = 2 * (bin << 1 | label);
    double step = step(bin);
    double error = middle(bin) - label;
    double square = error * error;
    return rows * (square * square)
        + 4 * square * error * (sums[at] * step)
        + 6 * square * (sums[at + 1] * (step * step));
  }

  void write(ByteWriter out, int cell) {
    out.writeLong(sums[2 * cell]).writeLong(sums[2 * cell + 1]);
  }

  void read(ByteReader in, int cell) {
    sums[2 * cell] = in.readLong();
    sums[2 * cell + 1] = in.readLong();
  }
}
