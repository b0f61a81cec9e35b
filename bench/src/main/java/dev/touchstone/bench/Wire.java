package dev.touchstone.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Columns as batches carry them. */
final class Wire {
  private Wire() {}

  /** Float32 little-endian; up to 2^29 - 1 scores. */
  static byte[] littleEndian(float[] scores) {
    byte[] bytes = new byte[Math.multiplyExact(4, scores.length)];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(scores);
    return bytes;
  }
}
