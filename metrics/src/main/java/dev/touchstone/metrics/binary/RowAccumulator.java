package dev.touchstone.metrics.binary;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The doors through which columns of rows come in. Every call is checked as a whole before a row of
 * it is taken: a refused call leaves the accumulator as it was.
 *
 * <p>Scores are float32, labels one byte each (0 or 1), weights at least 0. All rows of one
 * accumulator have weights, or none. Not thread-safe.
 */
abstract class RowAccumulator {
  /**
   * Largest weight in units of the weight resolution: products with 2^52 units stay in 128 bits.
   */
  static final long MAX_WEIGHT_UNITS = 1L << 52;

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final long ONES = 0x0101_0101_0101_0101L;

  /** Scratch space that no row stays in: one for all accumulators of a thread. */
  private static final ThreadLocal<RowBlock> BLOCK = ThreadLocal.withInitial(RowBlock::new);

  /** Takes rows that have been checked. */
  abstract void acceptBlock(RowBlock rows);

  /** Takes unweighted rows [from, to) straight from arrays; or returns false. */
  boolean acceptDirect(float[] scores, byte[] labels, int from, int to) {
    return false;
  }

  /** Weights are multiples of 2^-bits. */
  abstract int weightBits();

  /** Called once a call; refuses a mix of weighted and unweighted rows. */
  abstract void begin(boolean weighted);

  /** Adds {@code count} rows: float32 little-endian scores, labels of one byte each. */
  public final void accept(
      byte[] scores, int scoreOffset, byte[] labels, int labelOffset, int count) {
    accept(
        wrap("scores", scores, scoreOffset, 4L * count),
        wrap("labels", labels, labelOffset, count),
        null);
  }

  /** Adds {@code count} weighted rows: float32 little-endian weights. */
  public final void accept(
      byte[] scores,
      int scoreOffset,
      byte[] labels,
      int labelOffset,
      byte[] weights,
      int weightOffset,
      int count) {
    accept(
        wrap("scores", scores, scoreOffset, 4L * count),
        wrap("labels", labels, labelOffset, count),
        wrap("weights", weights, weightOffset, 4L * count));
  }

  /**
   * Adds the rows between position and limit of each buffer, which are left as they are: float32
   * little-endian scores, labels of one byte, float32 little-endian weights or null.
   */
  public final void accept(ByteBuffer scores, ByteBuffer labels, ByteBuffer weights) {
    int count = labels.remaining();
    checkLength("scores", scores.remaining(), 4L * count, count);
    if (weights != null) {
      checkLength("weights", weights.remaining(), 4L * count, count);
    }
    checkLabels(labels, count);
    var scoreBits = scores.slice().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    var weightValues =
        weights == null ? null : weights.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    if (weightValues != null) {
      for (int i = 0; i < count; i++) {
        units(weightValues.get(i), i);
      }
    }
    begin(weights != null);
    RowBlock block = BLOCK.get();
    block.weighted(weights != null);
    for (int from = 0; from < count; from += RowBlock.SIZE) {
      int size = Math.min(RowBlock.SIZE, count - from);
      scoreBits.get(from, block.bits, 0, size);
      labels.get(labels.position() + from, block.labels, 0, size);
      for (int i = 0; weightValues != null && i < size; i++) {
        block.weights[i] = units(weightValues.get(from + i), from + i);
      }
      block.size = size;
      acceptBlock(block);
    }
  }

  /** Adds {@code count} rows that weigh {@code weights[weightOffset + i]} each. */
  public final void accept(
      byte[] scores,
      int scoreOffset,
      byte[] labels,
      int labelOffset,
      double[] weights,
      int weightOffset,
      int count) {
    var scoreBits =
        wrap("scores", scores, scoreOffset, 4L * count)
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asIntBuffer();
    var labelBytes = wrap("labels", labels, labelOffset, count);
    checkLength("weights", weights.length - weightOffset, count, count);
    checkLabels(labelBytes, count);
    for (int i = 0; i < count; i++) {
      units(weights[weightOffset + i], i);
    }
    begin(true);
    RowBlock block = BLOCK.get();
    block.weighted(true);
    for (int from = 0; from < count; from += RowBlock.SIZE) {
      int size = Math.min(RowBlock.SIZE, count - from);
      scoreBits.get(from, block.bits, 0, size);
      System.arraycopy(labels, labelOffset + from, block.labels, 0, size);
      for (int i = 0; i < size; i++) {
        block.weights[i] = units(weights[weightOffset + from + i], from + i);
      }
      block.size = size;
      acceptBlock(block);
    }
  }

  /** Adds rows [from, to) of arrays. */
  public final void accept(float[] scores, byte[] labels, int from, int to) {
    accept(scores, labels, null, from, to);
  }

  /** Adds rows [from, to) of arrays; {@code weights} may be null. */
  public final void accept(float[] scores, byte[] labels, double[] weights, int from, int to) {
    if (from < 0 || to < from || to > scores.length || to > labels.length) {
      throw new IllegalArgumentException(
          "rows must be in [0, "
              + Math.min(scores.length, labels.length)
              + "), got ["
              + from
              + ", "
              + to
              + ")");
    }
    checkLabels(labels, from, to, 0);
    for (int i = from; weights != null && i < to; i++) {
      units(weights[i], i);
    }
    begin(weights != null);
    acceptChecked(scores, labels, weights, from, to);
  }

  /** Adds rows whose labels and weights are known to be good. */
  final void acceptChecked(float[] scores, byte[] labels, double[] weights, int from, int to) {
    if (weights == null && acceptDirect(scores, labels, from, to)) {
      return;
    }
    RowBlock block = BLOCK.get();
    block.weighted(weights != null);
    for (int start = from; start < to; start += RowBlock.SIZE) {
      int size = Math.min(RowBlock.SIZE, to - start);
      for (int i = 0; i < size; i++) {
        block.bits[i] = Float.floatToRawIntBits(scores[start + i]);
      }
      System.arraycopy(labels, start, block.labels, 0, size);
      for (int i = 0; weights != null && i < size; i++) {
        block.weights[i] = units(weights[start + i], start + i);
      }
      block.size = size;
      acceptBlock(block);
    }
  }

  private long units(double weight, int row) {
    return weightUnits(weight, weightBits(), row);
  }

  /** A weight in units of 2^-bits; refuses what is negative, not finite or too large. */
  static long weightUnits(double weight, int bits, long row) {
    double scaled = Math.rint(Math.scalb(weight, bits));
    if (!(scaled >= 0 && scaled <= MAX_WEIGHT_UNITS)) {
      throw new IllegalArgumentException(
          "weight must be in [0, "
              + Math.scalb((double) MAX_WEIGHT_UNITS, -bits)
              + "], got "
              + weight
              + " (row "
              + row
              + ")");
    }
    return (long) scaled;
  }

  private static void checkLabels(ByteBuffer labels, int count) {
    int start = labels.position();
    if (labels.hasArray()) {
      int offset = labels.arrayOffset() + start;
      checkLabels(labels.array(), offset, offset + count, offset);
      return;
    }
    for (int i = 0; i < count; i++) {
      if ((labels.get(start + i) & ~1) != 0) {
        throw badLabel(labels.get(start + i), i);
      }
    }
  }

  /** Refuses labels in [from, to) other than 0 and 1; rows are numbered from {@code first}. */
  static void checkLabels(byte[] labels, int from, int to, int first) {
    int i = from;
    for (; i <= to - Long.BYTES && ((long) EIGHT.get(labels, i) & ~ONES) == 0; i += Long.BYTES) {
      // eight labels at a time
    }
    for (; i < to; i++) {
      if ((labels[i] & ~1) != 0) {
        throw badLabel(labels[i], i - first);
      }
    }
  }

  static IllegalArgumentException badLabel(byte label, int row) {
    return new IllegalArgumentException(
        "label must be 0 or 1, got " + (label & 0xFF) + " (row " + row + ")");
  }

  static ByteBuffer wrap(String column, byte[] bytes, int offset, long length) {
    if (offset < 0 || length < 0 || offset + length > bytes.length) {
      throw new IllegalArgumentException(
          column + " must hold " + length + " bytes from " + offset + ", got " + bytes.length);
    }
    return ByteBuffer.wrap(bytes, offset, (int) length);
  }

  private static void checkLength(String column, long actual, long expected, int count) {
    if (actual < expected) {
      throw new IllegalArgumentException(
          column + " must hold " + expected + " for " + count + " rows, got " + actual);
    }
  }
}
