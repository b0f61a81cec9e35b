package dev.touchstone.server.view;

import java.util.Arrays;

/**
 * A growing column of numbers that may be undefined; takes no room until one is defined.
 *
 * <p>Undefined is NaN inside and null outside.
 */
final class Numbers {

  private double[] values;

  Double get(int i) {
    double value = raw(i);
    return Double.isNaN(value) ? null : (Double) value;
  }

  double raw(int i) {
    return values == null ? Double.NaN : values[i];
  }

  void set(int i, Double value, int capacity) {
    if (values == null) {
      if (value == null) {
        return;
      }
      values = new double[capacity];
      Arrays.fill(values, Double.NaN);
    }
    values[i] = value == null ? Double.NaN : value;
  }

  void resize(int capacity) {
    if (values != null) {
      int before = values.length;
      values = Arrays.copyOf(values, capacity);
      if (capacity > before) {
        Arrays.fill(values, before, capacity, Double.NaN);
      }
    }
  }

  /** Moves the numbers from {@code from} to {@code to} by {@code by} places. */
  void shift(int from, int by, int to) {
    if (values != null) {
      System.arraycopy(values, from, values, from + by, to - from);
    }
  }
}
