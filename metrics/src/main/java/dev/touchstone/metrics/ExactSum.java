package dev.touchstone.metrics;

/**
 * An order-independent sum of doubles in fixed point: every addend is rounded once to a multiple of
 * 2^-64 (half to even), and the rest is integer addition. Any order and any partition of the same
 * addends give identical bytes.
 *
 * <p>Range: addends and the sum must stay below 2^62 in magnitude. Error of a sum of n addends: at
 * most n * 2^-65, before the final rounding to a double. Empty sum: 0. Not thread-safe.
 */
public final class ExactSum {
  private static final double LIMIT = 0x1p62;

  private final Sum128 units;

  private ExactSum(Sum128 units) {
    this.units = units;
  }

  /** Zero. */
  public static ExactSum of() {
    return new ExactSum(Sum128.zero());
  }

  /** The sum of an array. */
  public static ExactSum of(double... values) {
    ExactSum sum = of();
    for (double value : values) {
      sum.add(value);
    }
    return sum;
  }

  /** A sum restored from {@link #high()} and {@link #low()}. */
  public static ExactSum of(long high, long low) {
    return new ExactSum(Sum128.of(high, low));
  }

  /**
   * Adds a value.
   *
   * @throws IllegalArgumentException unless it is finite and below 2^62 in magnitude
   */
  public void add(double value) {
    if (!(Math.abs(value) < LIMIT)) {
      throw new IllegalArgumentException("addend must be below 2^62 in magnitude, got " + value);
    }
    // by magnitude: below zero, value - floor(value) would lose the low bits
    double magnitude = Math.abs(value);
    long whole = (long) magnitude;
    double scaled = Math.rint((magnitude - whole) * 0x1p64);
    // the upper 32 bits and the rest: a cast to long saturates at 2^63
    long upper = (long) (scaled * 0x1p-32);
    long rest = (long) (scaled - upper * 0x1p32);
    long high = upper >>> 32 != 0 ? whole + 1 : whole; // the fraction rounded up to one
    long low = (upper << 32) + rest;
    if (value >= 0) {
      units.add(high, low);
    } else {
      units.add(low == 0 ? -high : ~high, -low);
    }
  }

  /** Adds another sum; returns this. */
  public ExactSum combine(ExactSum other) {
    units.combine(other.units);
    return this;
  }

  /** The sum, correctly rounded. */
  public double value() {
    return units.toDouble() * 0x1p-64;
  }

  /** Whole units of the sum, rounded down. */
  public long high() {
    return units.high();
  }

  /** The fraction in units of 2^-64, unsigned. */
  public long low() {
    return units.low();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExactSum that && that.units.equals(units);
  }

  @Override
  public int hashCode() {
    return units.hashCode();
  }

  @Override
  public String toString() {
    return "ExactSum[" + value() + "]";
  }
}
