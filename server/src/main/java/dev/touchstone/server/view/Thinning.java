package dev.touchstone.server.view;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * Fewer points of a curve so that no spike is lost: of each bucket of neighbours the lowest and the
 * highest stay.
 *
 * <p>Means or every n-th point would hide exactly what a person looks for.
 */
final class Thinning {

  private Thinning() {}

  /**
   * Which of {@code size} values to keep, ascending: at most {@code max}, the first and the last
   * always, all where they are no more than {@code max}. NaN stands for itself only in a bucket
   * that has nothing else.
   *
   * @param max at least 4
   */
  static int[] keep(int size, IntToDoubleFunction value, int max) {
    if (max < 4) {
      throw new IllegalArgumentException("max_points must be at least 4, got " + max);
    }
    int[] kept = new int[Math.min(size, max)];
    if (size <= max) {
      Arrays.setAll(kept, i -> i);
      return kept;
    }
    int count = 0;
    kept[count++] = 0;
    int buckets = (max - 2) / 2;
    long inner = size - 2L;
    for (int b = 0; b < buckets; b++) {
      int from = (int) (1 + inner * b / buckets);
      int to = (int) (1 + inner * (b + 1) / buckets);
      int low = from;
      int high = from;
      for (int i = from + 1; i < to; i++) {
        double v = value.applyAsDouble(i);
        // !(>=) also leaves a NaN for the first defined value
        if (!(v >= value.applyAsDouble(low)) && !Double.isNaN(v)) {
          low = i;
        }
        if (!(v <= value.applyAsDouble(high)) && !Double.isNaN(v)) {
          high = i;
        }
      }
      kept[count++] = Math.min(low, high);
      if (low != high) {
        kept[count++] = Math.max(low, high);
      }
    }
    kept[count++] = size - 1;
    return Arrays.copyOf(kept, count);
  }
}
