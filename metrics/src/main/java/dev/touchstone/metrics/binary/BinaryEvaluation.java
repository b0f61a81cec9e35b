package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScorePrecision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * The exact binary report of arrays in memory, by the same two passes as a distributed evaluation.
 *
 * <p>Takes linear time and 2 bytes of extra memory a row (float32; 10 with weights), and 16 to 32
 * bytes a row for float64 scores. The result does not depend on the number of threads nor on the
 * order of rows.
 */
public final class BinaryEvaluation {
  private BinaryEvaluation() {}

  /**
   * Evaluates float32 scores.
   *
   * @param scores one score a row; a larger one means "more positive"
   * @param labels 0 or 1
   * @param weights finite and at least 0, or null; rows of weight 0 count for nothing. Weights are
   *     rounded once to a resolution of at least 2^-52 of the largest, coarser for many rows (2^-35
   *     at 10 million)
   * @throws IllegalArgumentException for columns of unequal length, other labels or bad weights,
   *     with the row
   */
  public static BinaryReport evaluate(
      float[] scores, byte[] labels, double[] weights, BinaryOptions options) {
    checkLengths(scores.length, labels, weights);
    var parts = count(scores, labels, weights, options);
    var total = sum(parts);
    var plan = ResolvePlan.inMemory(total, options, parts.size());
    var scans = scan(plan.ranges(), parts, scores, labels, weights);
    var results = parallel(parts.size(), scans.size(), i -> scans.get(i).result());
    return BinaryReport.assemble(total, results, options);
  }

  private static int threads(BinaryOptions options, int rows) {
    return Math.max(1, Math.min(options.threads(), rows / RowBlock.SIZE));
  }

  /** Pass 1, a part of the rows for each thread. */
  private static List<CoarseCounts> count(
      float[] scores, byte[] labels, double[] weights, BinaryOptions options) {
    int bits = weights == null ? 0 : weightBits(weights);
    int threads = threads(options, scores.length);
    return parallel(
        threads,
        threads,
        i -> {
          var counts =
              new CoarseCounts(
                  ScorePrecision.FLOAT32,
                  options.probabilityMetrics(),
                  options.calibrationBins(),
                  bits);
          counts.begin(weights != null);
          int from = bound(scores.length, i, threads);
          int to = bound(scores.length, i + 1, threads);
          checkRows(labels, weights, from, to);
          counts.acceptChecked(scores, labels, weights, from, to);
          return counts;
        });
  }

  private static CoarseCounts sum(List<CoarseCounts> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    var total = parts.get(0).empty();
    parts.forEach(total::combine);
    return total;
  }

  /**
   * Pass 2: each thread sees its part of the rows once and knows from its own counts where they go;
   * then each range stands for itself.
   */
  private static List<RangeScan> scan(
      List<RangeTask> ranges,
      List<CoarseCounts> parts,
      float[] scores,
      byte[] labels,
      double[] weights) {
    if (ranges.isEmpty()) {
      return List.of();
    }
    var whole = RangeTask.joined(ranges);
    int threads = parts.size();
    var rows = BinRows.of(whole, threads * RangeScan.SPARE);
    var cursors = new ArrayList<int[]>();
    cursors.add(RangeScan.cursors(rows));
    for (var part : parts) {
      int[] next = cursors.get(cursors.size() - 1).clone();
      for (int slot = 0; slot < whole.bins.length; slot++) {
        next[2 * slot] += (int) part.rows(whole.bins[slot], 0);
        next[2 * slot + 1] += (int) part.rows(whole.bins[slot], 1);
      }
      cursors.add(next);
    }
    int[] ends = cursors.get(threads);
    parallel(
        threads,
        threads,
        i -> {
          RangeScan.part(whole, rows, cursors.get(i), i)
              .acceptChecked(
                  scores,
                  labels,
                  weights,
                  bound(scores.length, i, threads),
                  bound(scores.length, i + 1, threads));
          return i;
        });
    var scans = new ArrayList<RangeScan>();
    int slot = 0;
    for (var range : ranges) {
      int to = slot + range.bins.length;
      scans.add(
          RangeScan.seen(
              range, rows.slots(slot, to), Arrays.copyOfRange(ends, 2 * slot, 2 * to + 2)));
      slot = to;
    }
    return scans;
  }

  /** Evaluates float64 scores; see {@link #evaluate(float[], byte[], double[], BinaryOptions)}. */
  public static BinaryReport evaluate(
      double[] scores, byte[] labels, double[] weights, BinaryOptions options) {
    check(scores.length, labels, weights);
    int bits = weights == null ? 0 : weightBits(weights);
    long[] units = null;
    if (weights != null) {
      units = new long[weights.length];
      for (int i = 0; i < units.length; i++) {
        units[i] = RowAccumulator.weightUnits(weights[i], bits, i);
      }
    }
    var total =
        new CoarseCounts(
            ScorePrecision.FLOAT64, options.probabilityMetrics(), options.calibrationBins(), bits);
    total.acceptDoubles(scores, labels, units, 0, scores.length);
    var plan = ResolvePlan.of(total, options, Long.MAX_VALUE);
    var results = new ArrayList<RangeResult>();
    for (var task : plan.ranges()) {
      results.add(DoubleResolver.resolve(task, scores, labels, units));
    }
    return BinaryReport.assemble(total, results, options);
  }

  /** The tie groups that hold positives. */
  static TieGroups tieGroups(float[] scores, byte[] labels, int threads) {
    checkLengths(scores.length, labels, null);
    var options =
        BinaryOptions.defaults()
            .withThresholds(2)
            .withThreads(threads)
            .withProbabilityMetrics(false)
            .withSuite(Suite.RANKING);
    var parts = count(scores, labels, null, options);
    var total = sum(parts);
    checkScores(total);
    var ranges = ResolvePlan.inMemory(total, options, parts.size()).ranges();
    var scans = scan(ranges, parts, scores, labels, null);
    var collectors =
        parallel(
            parts.size(),
            scans.size(),
            i -> {
              var collector = new TieGroups.Collector();
              scans.get(i).resolve(Marks.NONE, collector);
              return collector;
            });
    return TieGroups.of(collectors, total.units(0));
  }

  /** The tie groups that hold positives. */
  static TieGroups tieGroups(double[] scores, byte[] labels) {
    check(scores.length, labels, null);
    var options = BinaryOptions.defaults().withThresholds(2).withProbabilityMetrics(false);
    var total = new CoarseCounts(ScorePrecision.FLOAT64, false, options.calibrationBins(), 0);
    total.acceptDoubles(scores, labels, null, 0, scores.length);
    checkScores(total);
    var collectors = new ArrayList<TieGroups.Collector>();
    for (var task : ResolvePlan.of(total, options, Long.MAX_VALUE).ranges()) {
      var collector = new TieGroups.Collector();
      DoubleResolver.resolve(task, scores, labels, null, Marks.NONE, collector);
      collectors.add(collector);
    }
    return TieGroups.of(collectors, total.units(0));
  }

  private static void checkScores(CoarseCounts total) {
    if (total.invalidScores() > 0) {
      throw new IllegalArgumentException(
          "scores must be numbers, got " + total.invalidScores() + " NaN");
    }
  }

  static void check(int rows, byte[] labels, double[] weights) {
    checkLengths(rows, labels, weights);
    checkRows(labels, weights, 0, rows);
  }

  private static void checkLengths(int rows, byte[] labels, double[] weights) {
    if (labels.length != rows) {
      throw new IllegalArgumentException(
          "labels must be as many as scores (" + rows + "), got " + labels.length);
    }
    if (weights != null && weights.length != rows) {
      throw new IllegalArgumentException(
          "weights must be as many as scores (" + rows + "), got " + weights.length);
    }
  }

  private static void checkRows(byte[] labels, double[] weights, int from, int to) {
    RowAccumulator.checkLabels(labels, from, to, 0);
    for (int i = from; weights != null && i < to; i++) {
      if (!(weights[i] >= 0 && weights[i] <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "weight must be finite and at least 0, got " + weights[i] + " (row " + i + ")");
      }
    }
  }

  /**
   * The finest power of two that keeps the largest weight below 2^52 units and the sum below 2^61.
   * From the largest weight and the number of rows alone: independent of their order.
   */
  static int weightBits(double[] weights) {
    double largest = 0;
    for (double weight : weights) {
      largest = Math.max(largest, weight);
    }
    if (largest == 0) {
      return 0;
    }
    int rowBits = 64 - Long.numberOfLeadingZeros(weights.length);
    return Math.min(51, 60 - rowBits) - Math.getExponent(largest);
  }

  private static int bound(int rows, int i, int parts) {
    return (int) ((long) rows * i / parts);
  }

  /**
   * Runs tasks 0 to count - 1 on the calling thread and others, each taking the next that is left;
   * results in order. Of several failures the one of the first task is thrown.
   */
  static <T> List<T> parallel(int threads, int count, IntFunction<T> task) {
    var results = new ArrayList<T>(Collections.nCopies(count, null));
    var failures = new Throwable[count];
    var next = new AtomicInteger();
    Runnable work =
        () -> {
          for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            try {
              results.set(i, task.apply(i));
            } catch (RuntimeException | Error e) {
              failures[i] = e;
            }
          }
        };
    var others = new ArrayList<Thread>();
    for (int i = 1; i < Math.min(threads, count); i++) {
      others.add(new Thread(work, "metrics-" + i));
    }
    others.forEach(Thread::start);
    work.run();
    try {
      for (var other : others) {
        other.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    for (var failure : failures) {
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure != null) {
        throw (RuntimeException) failure;
      }
    }
    return results;
  }
}
