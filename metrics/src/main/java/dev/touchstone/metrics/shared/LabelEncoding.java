package dev.touchstone.metrics.shared;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a column of labels is written: the encodings of a prediction batch. */
public enum LabelEncoding {
  /** One unsigned byte. */
  U8(1),
  /** A little-endian 32-bit integer. */
  I32(4),
  /** A little-endian float32. */
  F32(4);

  private final int width;

  LabelEncoding(int width) {
    this.width = width;
  }

  /** Bytes of a label. */
  public int width() {
    return width;
  }

  /**
   * The whole numbers between position and limit, which are left as they are.
   *
   * @throws IllegalArgumentException for F32, or unless there are {@code count} labels
   */
  public int[] integers(ByteBuffer labels, int count) {
    if (this == F32) {
      throw new IllegalArgumentException("label encoding must be U8 or I32, got F32");
    }
    checkLength("labels", labels, (long) width * count, count);
    int[] values = new int[count];
    if (this == I32) {
      labels.slice().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(values);
      return values;
    }
    for (int i = 0; i < count; i++) {
      values[i] = labels.get(labels.position() + i) & 0xFF;
    }
    return values;
  }

  /** The numbers between position and limit, which are left as they are. */
  public float[] floats(ByteBuffer labels, int count) {
    if (this == F32) {
      return floats("labels", labels, count);
    }
    int[] values = integers(labels, count);
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = values[i];
      if ((int) floats[i] != values[i] || values[i] == Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "label must be exact as float32, got " + values[i] + " (row " + i + ")");
      }
    }
    return floats;
  }

  /** Little-endian float32 between position and limit, which are left as they are. */
  public static float[] floats(String column, ByteBuffer bytes, int count) {
    checkLength(column, bytes, 4L * count, count);
    float[] values = new float[count];
    bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /** Little-endian float32 weights as doubles; null for null. */
  public static double[] weights(ByteBuffer bytes, int count) {
    if (bytes == null) {
      return null;
    }
    float[] floats = floats("weights", bytes, count);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = floats[i];
    }
    return values;
  }

  private static void checkLength(String column, ByteBuffer bytes, long expected, int count) {
    if (bytes.remaining() != expected) {
      throw new IllegalArgumentException(
          column
              + " must hold "
              + expected
              + " bytes for "
              + count
              + " values, got "
              + bytes.remaining());
    }
  }
}
