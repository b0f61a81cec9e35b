package dev.touchstone.metrics.stopping;

import java.util.Arrays;

/**
 * The slope of a series by step: the median of the slopes of all pairs (Theil 1950; Sen 1968). Up
 * to 29 % of the values may be wild without moving it far. Quadratic time and memory.
 */
public final class TheilSen {
  private TheilSen() {}

  /** The slope of finite values at steps 0, 1, 2, …; needs 8 to 10,000 of them. */
  public static double slope(double... series) {
    MannKendall.check(series);
    int n = series.length;
    double[] slopes = new double[n * (n - 1) / 2];
    int count = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        slopes[count++] = (series[j] - series[i]) / (j - i);
      }
    }
    return median(slopes);
  }

  /** The median; sorts its argument. */
  static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : values[middle - 1] / 2 + values[middle] / 2;
  }
}
