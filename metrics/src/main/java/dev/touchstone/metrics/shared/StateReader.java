package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.Sum128;

/** Reads what {@link StateWriter} wrote; complains by name about anything else. */
public final class StateReader {
  private final String what;
  private final byte[] bytes;
  private int at;

  /**
   * Starts after checking kind and version.
   *
   * @param what names the state in messages
   */
  public StateReader(String what, byte[] bytes, int kind, int version) {
    this.what = what;
    this.bytes = bytes;
    int actualKind = readByte();
    if (actualKind != kind) {
      throw bad("kind must be " + kind + ", got " + actualKind);
    }
    int actualVersion = readByte();
    if (actualVersion != version) {
      throw bad("version must be " + version + ", got " + actualVersion);
    }
  }

  private IllegalArgumentException bad(String message) {
    return new IllegalArgumentException(what + ": " + message);
  }

  /** One byte, 0 to 255. */
  public int readByte() {
    if (at >= bytes.length) {
      throw bad("ends early, after " + bytes.length + " bytes");
    }
    return bytes[at++] & 0xFF;
  }

  /** A whole number of at least 0. */
  public long readCount() {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int b = readByte();
      value |= (long) (b & 0x7F) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw bad("a count must be below 2^63 at byte " + at);
  }

  /** A count used as a length, index or code, below {@code limit}. */
  public int readIndex(int limit) {
    long value = readCount();
    if (value >= limit) {
      throw bad("index must be below " + limit + ", got " + value + " at byte " + at);
    }
    return (int) value;
  }

  /** Eight bytes. */
  public long readLong() {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = value << 8 | readByte();
    }
    return value;
  }

  /** A double. */
  public double readDouble() {
    return Double.longBitsToDouble(readLong());
  }

  /** A 128-bit sum. */
  public Sum128 readSum() {
    long high = readLong();
    return Sum128.of(high, readLong());
  }

  /** Fills an array of zeros from {@link StateWriter#writeSparse}. */
  public void readSparse(long[] into) {
    int last = -1;
    for (int step = readIndex(into.length + 1); step > 0; step = readIndex(into.length - last)) {
      last += step;
      into[last] = readCount();
    }
  }

  /** Checks that nothing is left. */
  public void end() {
    if (at != bytes.length) {
      throw bad("must end after " + at + " bytes, got " + bytes.length);
    }
  }
}
