package dev.touchstone.metrics.regression;

import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import java.util.Arrays;

/**
 * How many errors (in units of weight) have which sign, exponent and upper 7 bits of the mantissa:
 * 128 bins for each power of two, both ways from 0. The middle of a bin is within 2^-8 (0.4 %) of
 * every value in it. Additive, and exact about counts.
 *
 * <p>1 KiB for each power of two that occurs on either side, at most 4 MiB. Not thread-safe.
 */
final class ErrorHistogram {
  private static final int BITS = 7;
  private static final int CELLS = 1 << BITS;
  private static final int EXPONENTS = 1 << 11;

  /** Bins of magnitudes; a signed bin is this many below or above 0. */
  static final int MAGNITUDES = EXPONENTS * CELLS;

  // [0] negative errors, [1] the others; by exponent, null where there are none
  private final long[][][] counts = new long[2][EXPONENTS][];
  private long total;

  /** The bin of a magnitude, ascending from 0. */
  static int bin(double error) {
    return (int) (Double.doubleToRawLongBits(Math.abs(error)) >>> (52 - BITS));
  }

  /** The lowest magnitude of a bin. */
  static double low(int bin) {
    return Double.longBitsToDouble((long) bin << (52 - BITS));
  }

  void add(double error, long units) {
    int bin = bin(error);
    var side = counts[error < 0 ? 0 : 1];
    var cells = side[bin >>> BITS];
    if (cells == null) {
      cells = side[bin >>> BITS] = new long[CELLS];
    }
    cells[bin & (CELLS - 1)] += units;
    total += units;
  }

  void combine(ErrorHistogram other) {
    for (int side = 0; side < 2; side++) {
      for (int e = 0; e < EXPONENTS; e++) {
        var theirs = other.counts[side][e];
        if (theirs != null) {
          var ours = counts[side][e];
          if (ours == null) {
            ours = counts[side][e] = new long[CELLS];
          }
          for (int i = 0; i < CELLS; i++) {
            ours[i] += theirs[i];
          }
        }
      }
    }
    total += other.total;
  }

  /** All units. */
  long total() {
    return total;
  }

  private long count(int side, int bin) {
    var cells = counts[side][bin >>> BITS];
    return cells == null ? 0 : cells[bin & (CELLS - 1)];
  }

  /**
   * Where a unit is.
   *
   * @param negative whether the bin holds negative errors
   * @param bin of magnitudes
   * @param before units of smaller errors (or magnitudes)
   */
  record Place(boolean negative, int bin, long before) {}

  /** The bin of the unit at a position, 0 to total - 1, from the least magnitude up. */
  Place placeOfMagnitude(long position) {
    long before = 0;
    for (int bin = 0; bin < MAGNITUDES; bin++) {
      if ((bin & (CELLS - 1)) == 0
          && counts[0][bin >>> BITS] == null
          && counts[1][bin >>> BITS] == null) {
        bin += CELLS - 1;
        continue;
      }
      long here = count(0, bin) + count(1, bin);
      if (position < before + here) {
        return new Place(false, bin, before);
      }
      before += here;
    }
    throw outside(position);
  }

  /** The bin of the unit at a position, 0 to total - 1, from the least error up. */
  Place placeOfError(long position) {
    long before = 0;
    for (int signed = -MAGNITUDES; signed < MAGNITUDES; signed++) {
      boolean negative = signed < 0;
      int bin = negative ? -1 - signed : signed;
      var cells = counts[negative ? 0 : 1][bin >>> BITS];
      // the first bin of its power of two, in this direction
      if (cells == null && (bin & (CELLS - 1)) == (negative ? CELLS - 1 : 0)) {
        signed += CELLS - 1;
        continue;
      }
      long here = count(negative ? 0 : 1, bin);
      if (position < before + here) {
        return new Place(negative, bin, before);
      }
      before += here;
    }
    throw outside(position);
  }

  private IllegalArgumentException outside(long position) {
    return new IllegalArgumentException("position must be in [0, " + total + "), got " + position);
  }

  void write(StateWriter out) {
    long[] cells = new long[MAGNITUDES];
    for (int side = 0; side < 2; side++) {
      Arrays.fill(cells, 0);
      for (int e = 0; e < EXPONENTS; e++) {
        if (counts[side][e] != null) {
          System.arraycopy(counts[side][e], 0, cells, e * CELLS, CELLS);
        }
      }
      out.writeSparse(cells);
    }
  }

  static ErrorHistogram read(StateReader in) {
    var histogram = new ErrorHistogram();
    for (int side = 0; side < 2; side++) {
      long[] cells = new long[MAGNITUDES];
      in.readSparse(cells);
      for (int bin = 0; bin < MAGNITUDES; bin++) {
        if (cells[bin] != 0) {
          histogram.add(side == 0 ? -low(bin) : low(bin), cells[bin]);
        }
      }
    }
    return histogram;
  }
}
