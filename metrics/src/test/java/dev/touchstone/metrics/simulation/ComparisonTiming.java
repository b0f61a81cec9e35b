package dev.touchstone.metrics.simulation;

import dev.touchstone.metrics.compare.CompareOptions;
import dev.touchstone.metrics.compare.PairedComparison;
import dev.touchstone.metrics.compare.ScoredRows;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How long a paired comparison takes: all metrics, rows in the same order, then in two orders.
 *
 * <p>Arguments: rows (10,000,000 by default).
 */
public final class ComparisonTiming {
  private ComparisonTiming() {}

  /** Runs. */
  public static void main(String[] args) {
    int n = args.length > 0 ? Integer.parseInt(args[0]) : 10_000_000;
    var random = new SplittableRandom(20240607);
    long[] ids = new long[n];
    float[] a = new float[n];
    float[] b = new float[n];
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      ids[i] = random.nextLong();
      labels[i] = (byte) (random.nextInt(200) == 0 ? 1 : 0);
      double shared = random.nextGaussian() + 2.326 * labels[i];
      a[i] = sigmoid(shared + 0.3 * random.nextGaussian());
      b[i] = sigmoid(shared + 0.3 * random.nextGaussian());
    }
    var baseline = ScoredRows.of(ids, a, labels, null);
    long[] reversedIds = new long[n];
    float[] reversedScores = new float[n];
    byte[] reversedLabels = new byte[n];
    for (int i = 0; i < n; i++) {
      reversedIds[i] = ids[n - 1 - i];
      reversedScores[i] = b[n - 1 - i];
      reversedLabels[i] = labels[n - 1 - i];
    }
    time("same order", baseline, ScoredRows.of(ids, b, labels, null));
    time("two orders", baseline, ScoredRows.of(reversedIds, reversedScores, reversedLabels, null));
  }

  private static float sigmoid(double z) {
    return (float) (1 / (1 + Math.exp(-(2.326 * z - 2.706 - 5.293))));
  }

  private static void time(String name, ScoredRows baseline, ScoredRows candidate) {
    for (int round = 0; round < 3; round++) {
      long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      long start = System.nanoTime();
      var report = PairedComparison.compare(baseline, candidate, CompareOptions.defaults());
      double seconds = (System.nanoTime() - start) * 1e-9;
      System.out.printf(
          Locale.ROOT,
          "%s: %,d rows, %.2f s (%.2f s of processor time), AP difference %.6f%n",
          name,
          baseline.size(),
          seconds,
          (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) * 1e-9,
          report.metric("average_precision").difference().value());
    }
  }
}
