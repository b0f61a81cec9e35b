package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Sum128;

/** Reads what {@link ByteWriter} wrote; complains by name about anything else. */
final class ByteReader {
  private final String what;
  private final byte[] bytes;
  private int at;

  /** Starts after checking the first two bytes: kind and version. */
  ByteReader(String what, byte[] bytes, int kind, int version) {
    this.what = what;
    this.bytes = bytes;
    int actualKind = readByte();
    if (actualKind != kind) {
      throw new IllegalArgumentException(what + ": kind must be " + kind + ", got " + actualKind);
    }
    int actualVersion = readByte();
    if (actualVersion != version) {
      throw new IllegalArgumentException(
          what + ": version must be " + version + ", got " + actualVersion);
    }
  }

  int readByte() {
    if (at >= bytes.length) {
      throw new IllegalArgumentException(what + ": ends early, after " + bytes.length + " bytes");
    }
    return bytes[at++] & 0xFF;
  }

  boolean readBoolean() {
    return readByte() != 0;
  }

  long readCount() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int b = readByte();
      value |= (long) (b & 0x7F) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw new IllegalArgumentException(what + ": a count is longer than 10 bytes at byte " + at);
  }

  /** A count used as a length or index, below {@code limit}. */
  int readIndex(int limit) {
    long value = readCount();
    if (value < 0 || value >= limit) {
      throw new IllegalArgumentException(
          what + ": index must be below " + limit + ", got " + value + " at byte " + at);
    }
    return (int) value;
  }

  long readLong() {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = value << 8 | readByte();
    }
    return value;
  }

  double readDouble() {
    return Double.longBitsToDouble(readLong());
  }

  Sum128 readSum() {
    long high = readLong();
    return Sum128.of(high, readLong());
  }

  /** Checks that nothing is left. */
  void end() {
    if (at != bytes.length) {
      throw new IllegalArgumentException(
          what + ": must end after " + at + " bytes, got " + bytes.length);
    }
  }
}
