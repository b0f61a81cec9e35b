package dev.touchstone.metrics;

/**
 * An exact sum of integers in 128 bits (two's complement). Addition is associative and commutative
 * to the bit, so any order and any partition of the addends give the same state. Wraps silently
 * beyond ±2^127: callers bound their addends.
 *
 * <p>Not thread-safe.
 */
public final class Sum128 {
  private long high;
  private long low;

  private Sum128(long high, long low) {
    this.high = high;
    this.low = low;
  }

  /** Zero. */
  public static Sum128 zero() {
    return new Sum128(0, 0);
  }

  /** The sum with these halves: {@code high * 2^64 + unsigned low}. */
  public static Sum128 of(long high, long low) {
    return new Sum128(high, low);
  }

  /** Adds a signed 64-bit integer. */
  public void add(long value) {
    add(value >> 63, value);
  }

  /** Adds a 128-bit integer. */
  public void add(long otherHigh, long otherLow) {
    long sum = low + otherLow;
    high += otherHigh + (Long.compareUnsigned(sum, otherLow) < 0 ? 1 : 0);
    low = sum;
  }

  /** Adds the exact product of two signed 64-bit integers. */
  public void addProduct(long a, long b) {
    add(Math.multiplyHigh(a, b), a * b);
  }

  /** Adds another sum; returns this. */
  public Sum128 combine(Sum128 other) {
    add(other.high, other.low);
    return this;
  }

  /** The upper half, signed. */
  public long high() {
    return high;
  }

  /** The lower half, unsigned. */
  public long low() {
    return low;
  }

  /** The nearest double (ties to even). */
  public double toDouble() {
    if (high == low >> 63) {
      return low;
    }
    boolean negative = high < 0;
    long h = negative ? (low == 0 ? -high : ~high) : high;
    long l = negative ? -low : low;
    int zeros = Long.numberOfLeadingZeros(h);
    long top = zeros == 0 ? h : zeros == 64 ? l : (h << zeros) | (l >>> (64 - zeros));
    boolean rest = zeros < 64 && (zeros == 0 ? l : l << zeros) != 0;
    // 63 bits with a sticky last bit round to 53 as the whole would
    long sticky = (top >>> 1) | (top & 1) | (rest ? 1 : 0);
    double magnitude = Math.scalb((double) sticky, 65 - zeros);
    return negative ? -magnitude : magnitude;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sum128 that && that.high == high && that.low == low;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(high * 31 + low);
  }

  @Override
  public String toString() {
    return new java.math.BigInteger(
            java.nio.ByteBuffer.allocate(16).putLong(high).putLong(low).array())
        .toString();
  }
}
