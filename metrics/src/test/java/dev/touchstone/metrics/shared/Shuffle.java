package dev.touchstone.metrics.shared;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Seeded permutations. */
public final class Shuffle {
  private Shuffle() {}

  /** A random order of 0 to n - 1. */
  public static int[] of(int n, long seed) {
    var random = new SplittableRandom(seed);
    int[] order = IntStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }
}
