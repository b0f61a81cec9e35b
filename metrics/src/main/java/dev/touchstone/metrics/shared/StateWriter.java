package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.Sum128;
import java.util.Arrays;

/** Writes the bytes of a state: kind, version, then fields; whole numbers take what they need. */
public final class StateWriter {
  private byte[] bytes = new byte[256];
  private int size;

  /** Starts a state of that kind and version, one byte each. */
  public StateWriter(int kind, int version) {
    writeByte(kind).writeByte(version);
  }

  private void ensure(int more) {
    if (more > bytes.length - size) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, Math.multiplyExact(bytes.length, 2)));
    }
  }

  /** One byte. */
  public StateWriter writeByte(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
    return this;
  }

  /** Unsigned LEB128: seven bits a byte. */
  public StateWriter writeCount(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  /** Eight bytes, the highest first. */
  public StateWriter writeLong(long value) {
    ensure(8);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  /** The eight bytes of a double. */
  public StateWriter writeDouble(double value) {
    return writeLong(Double.doubleToRawLongBits(value));
  }

  /** Sixteen bytes. */
  public StateWriter writeSum(Sum128 sum) {
    return writeLong(sum.high()).writeLong(sum.low());
  }

  /** Counts of which most may be 0: gaps and values, ended by a gap of 0. */
  public StateWriter writeSparse(long[] counts) {
    int last = -1;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        writeCount(i - last).writeCount(counts[i]);
        last = i;
      }
    }
    return writeCount(0);
  }

  /** All bytes so far. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }
}
