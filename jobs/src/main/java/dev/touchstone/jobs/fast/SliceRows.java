package dev.touchstone.jobs.fast;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The rows of a sample's batch in the order of their slice, so that those of one lie side by side.
 * Within a slice they keep their order. Holds its arrays from batch to batch; not thread-safe.
 */
final class SliceRows {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int CODES = 256;

  private final int[] ends = new int[CODES];
  private byte[] scores = {};
  private byte[] labels = {};
  private double[] weights = {};
  private double[] rates = {};

  /**
   * Sorts rows by code.
   *
   * @param codes one byte a row, unsigned
   * @param given scores, float32 little-endian
   * @param givenLabels one byte a row
   */
  void sort(byte[] codes, byte[] given, byte[] givenLabels, RowWeights rowWeights) {
    int count = codes.length;
    if (labels.length < count) {
      labels = new byte[count];
      scores = new byte[4 * count];
    }
    int[] sizes = new int[CODES];
    for (byte code : codes) {
      sizes[code & 0xFF]++;
    }
    for (int code = 0, at = 0; code < CODES; code++) {
      ends[code] = at; // its first row, until its rows move it on
      at += sizes[code];
    }
    if (rates.length < count) {
      rates = new double[count];
      weights = new double[count];
    }
    byte[] toScores = scores;
    byte[] toLabels = labels;
    int[] next = ends;
    for (int row = 0; row < count; row++) {
      int to = next[codes[row] & 0xFF]++;
      INTS.set(toScores, 4 * to, (int) INTS.get(given, 4 * row));
      toLabels[to] = givenLabels[row];
      rates[to] = rowWeights.rates()[row];
      weights[to] = rowWeights.weights() == null ? 1 : rowWeights.weights()[row];
    }
  }

  /** The first row of a slice. */
  int from(int code) {
    return code == 0 ? 0 : ends[code - 1];
  }

  /** The row behind a slice's last. */
  int to(int code) {
    return ends[code];
  }

  byte[] scores() {
    return scores;
  }

  byte[] labels() {
    return labels;
  }

  double[] weights() {
    return weights;
  }

  double[] rates() {
    return rates;
  }
}
