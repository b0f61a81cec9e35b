package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Sum128;
import java.util.Arrays;

/** Grows a byte array; whole numbers take as many bytes as they need. */
final class ByteWriter {
  private byte[] bytes = new byte[256];
  private int size;

  private void ensure(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, Math.multiplyExact(bytes.length, 2)));
    }
  }

  ByteWriter writeByte(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
    return this;
  }

  ByteWriter writeBoolean(boolean value) {
    return writeByte(value ? 1 : 0);
  }

  /** Unsigned LEB128: seven bits a byte. */
  ByteWriter writeCount(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  ByteWriter writeLong(long value) {
    ensure(8);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  ByteWriter writeDouble(double value) {
    return writeLong(Double.doubleToRawLongBits(value));
  }

  ByteWriter writeSum(Sum128 sum) {
    return writeLong(sum.high()).writeLong(sum.low());
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }
}
