package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.Sum128;

/**
 * Weights of rows as integers: each is rounded once to a multiple of 2^-20, so that sums are exact.
 * All rows of one state have weights, or none. Rows of weight 0 count for nothing.
 *
 * <p>Not thread-safe.
 */
public final class Weighting {
  /** Bits of a weight's unit. */
  public static final int BITS = 20;

  /** Largest weight: 2^20. */
  public static final double LARGEST = 1 << 20;

  /** Totals stay below this, so that products of two fit in 128 bits. */
  private static final long MOST_UNITS = 1L << 61;

  private Boolean weighted;
  private long total;
  private final Sum128 squares;

  private Weighting(Boolean weighted, long total, Sum128 squares) {
    this.weighted = weighted;
    this.total = total;
    this.squares = squares;
  }

  /** No rows yet. */
  public static Weighting of() {
    return new Weighting(null, 0, Sum128.zero());
  }

  /**
   * A weight in units of 2^-20.
   *
   * @throws IllegalArgumentException unless it is in [0, 2^20], with the row
   */
  public static long units(double weight, long row) {
    if (!(weight >= 0 && weight <= LARGEST)) {
      throw new IllegalArgumentException(
          "weight must be in [0, 1048576], got " + weight + " (row " + row + ")");
    }
    return (long) Math.rint(weight * (1 << BITS));
  }

  /** Checks a range of weights; null is "no weights". */
  public static void check(double[] weights, int from, int to) {
    for (int i = from; weights != null && i < to; i++) {
      units(weights[i], i);
    }
  }

  /** Called once a call; refuses a mix of weighted and unweighted rows. */
  public void begin(boolean weightedRows) {
    if (weighted == null) {
      weighted = weightedRows;
    } else if (weighted != weightedRows) {
      throw new IllegalArgumentException("rows must be all weighted or all unweighted, got both");
    }
  }

  /** Counts one row. */
  public void add(long units) {
    total += units;
    if (total >= MOST_UNITS) {
      throw new ArithmeticException("sum of weights must stay below 2^61 units, got " + total);
    }
    squares.addProduct(units, units);
  }

  /** Adds what the other saw. */
  public void combine(Weighting other) {
    if (other.weighted != null) {
      begin(other.weighted);
    }
    total += other.total;
    if (total >= MOST_UNITS) {
      throw new ArithmeticException("sum of weights must stay below 2^61 units, got " + total);
    }
    squares.combine(other.squares);
  }

  /** Sum of weights in units. */
  public long totalUnits() {
    return total;
  }

  /** The weight of one unit: 1 without weights. */
  public double unit() {
    return weighted != null && weighted ? 1.0 / (1 << BITS) : 1;
  }

  /** Sum of weights; the number of rows without them. */
  public double total() {
    return unit() * total;
  }

  /** (Σw)² / Σw² (Kish 1965): n without weights; 0 for nothing. */
  public double effectiveRows() {
    return total == 0 ? 0 : (double) total / squares.toDouble() * total;
  }

  /** Writes the canonical state. */
  public void write(StateWriter out) {
    out.writeByte(weighted == null ? 2 : weighted ? 1 : 0).writeCount(total).writeSum(squares);
  }

  /** The inverse of {@link #write}. */
  public static Weighting read(StateReader in) {
    int code = in.readIndex(3);
    long total = in.readCount();
    return new Weighting(code == 2 ? null : code == 1, total, in.readSum());
  }
}
