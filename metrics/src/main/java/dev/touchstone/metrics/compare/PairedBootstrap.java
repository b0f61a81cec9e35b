package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Poisson;
import dev.touchstone.metrics.SplitMix64;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.sampling.RowOrder;
import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;

/**
 * The paired Poisson bootstrap of the difference in average precision: in a replicate every example
 * weighs its weight times one Poisson(1) number, the same for both models.
 *
 * <p>Examples of one class and weight that stand between the same positives in both models' orders
 * are drawn together, and negatives below all positives of both are not drawn at all; that is
 * exact. A replicate costs as many draws as are left: few where models agree on what is low, as
 * many as there are examples at worst.
 *
 * <p>The same bytes for any order of the rows and any number of threads. Source: Oza 2001;
 * Chamandy, Muralidharan, Najmi and Naidu 2012.
 *
 * @param used replicates in which average precision is defined
 * @param dropped replicates without a positive
 * @param standardError standard deviation of the differences; NaN with fewer than 2 used
 * @param interval percentile interval of the difference ({@code paired_poisson_bootstrap}), or null
 *     with fewer than 2 used
 * @param pValue two-sided: twice the smaller share of replicates at or beyond no difference, never
 *     below 2 / (used + 1); NaN with fewer than 2 used
 */
public record PairedBootstrap(
    int used, int dropped, double standardError, Interval interval, double pValue) {
  static final String METHOD = "paired_poisson_bootstrap";

  /** Cells of replicates kept at a time. */
  private static final int MOST_KEPT = 1 << 22;

  private static final int MOST_REPLICATES = 64;

  /**
   * How to resample.
   *
   * @param replicates 2 to 100,000
   * @param seed of all draws
   * @param threads at least 1; never changes a result
   */
  public record Options(int replicates, long seed, int threads) {
    /** Checks the ranges above. */
    public Options {
      if (replicates < 2 || replicates > 100_000) {
        throw new IllegalArgumentException("replicates must be in [2, 100000], got " + replicates);
      }
      if (threads < 1) {
        throw new IllegalArgumentException("threads must be at least 1, got " + threads);
      }
    }
  }

  /**
   * Resamples examples that both models have.
   *
   * @param level confidence level in (0, 1)
   * @throws IllegalArgumentException for a NaN score
   */
  public static PairedBootstrap of(PairedRows rows, Options options, double level) {
    double[] differences = Cells.of(rows).differences(options);
    double[] sorted = Arrays.stream(differences).filter(d -> !Double.isNaN(d)).sorted().toArray();
    int used = sorted.length;
    int dropped = differences.length - used;
    if (used < 2) {
      return new PairedBootstrap(used, dropped, Double.NaN, null, Double.NaN);
    }
    double mean = Arrays.stream(sorted).sum() / used;
    double squares = Arrays.stream(sorted).map(d -> (d - mean) * (d - mean)).sum();
    double tail = (1 - level) / 2;
    long atMost = Arrays.stream(sorted).filter(d -> d <= 0).count();
    long atLeast = Arrays.stream(sorted).filter(d -> d >= 0).count();
    return new PairedBootstrap(
        used,
        dropped,
        Math.sqrt(squares / (used - 1)),
        new Interval(
            quantile(sorted, tail),
            quantile(sorted, 1 - tail),
            METHOD,
            level,
            Target.SUPERPOPULATION),
        Math.min(1, 2.0 * (1 + Math.min(atMost, atLeast)) / (used + 1.0)));
  }

  /** Linear between order statistics at (n - 1) q. */
  private static double quantile(double[] sorted, double q) {
    double at = (sorted.length - 1) * q;
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /**
   * Where an example stands in one model's order: before how many of the tie groups that hold a
   * positive its own group, or the next one, comes.
   */
  private record Places(int[] ofRow, int groups) {
    static Places of(ScoredRows rows) {
      var order =
          rows.floats() != null
              ? RowOrder.descending(rows.floats())
              : RowOrder.descending(rows.doubles());
      int[] places = new int[rows.size()];
      int groups = 0;
      for (int start = 0; start < places.length; ) {
        int end = order.endOfTies(start);
        boolean positive = false;
        for (int place = start; place < end; place++) {
          int row = order.row(place);
          places[row] = groups;
          positive |= rows.label(row) == 1 && rows.weight(row) > 0;
        }
        groups += positive ? 1 : 0;
        start = end;
      }
      return new Places(places, groups);
    }
  }

  /** Examples that are drawn together, in the order of the baseline, its ties negatives first. */
  private static final class Cells {
    private static final long POSITIVE = 1L << 31;

    private final int size;
    // baseline's place, label, candidate's place
    private final long[] keys;
    private final int[] counts;
    private final double[] weights;
    private final int groupsA;
    private final int groupsB;
    private final double least;

    private Cells(int size, long[] keys, int[] counts, double[] weights, int groupsA, int groupsB) {
      this.size = size;
      this.keys = keys;
      this.counts = counts;
      this.weights = weights;
      this.groupsA = groupsA;
      this.groupsB = groupsB;
      least = weights == null ? 1 : Arrays.stream(weights, 0, size).min().orElse(1);
    }

    static Cells of(PairedRows rows) {
      var a = Places.of(rows.baseline());
      var b = Places.of(rows.candidate());
      ScoredRows some = rows.baseline();
      int kept = 0;
      long[] keys = new long[some.size()];
      double[] weights = some.weighted() ? new double[keys.length] : null;
      for (int i = 0; i < keys.length; i++) {
        boolean matters = a.ofRow[i] < a.groups || b.ofRow[i] < b.groups;
        if (matters && some.weight(i) > 0) {
          keys[kept] = (long) a.ofRow[i] << 32 | some.label(i) * POSITIVE | b.ofRow[i];
          if (weights != null) {
            weights[kept] = some.weight(i);
          }
          kept++;
        }
      }
      return collapse(RowOrder.ascending(Arrays.copyOf(keys, kept)), weights, a.groups, b.groups);
    }

    private static Cells collapse(RowOrder order, double[] weights, int groupsA, int groupsB) {
      int n = order.size();
      long[] keys = new long[n];
      int[] counts = new int[n];
      double[] cellWeights = weights == null ? null : new double[n];
      int size = 0;
      for (int start = 0; start < n; ) {
        int end = order.endOfTies(start);
        if (weights == null) {
          keys[size] = order.key(start);
          counts[size++] = end - start;
        } else {
          double[] tied = new double[end - start];
          for (int i = 0; i < tied.length; i++) {
            tied[i] = weights[order.row(start + i)];
          }
          Arrays.sort(tied);
          for (int i = 0; i < tied.length; i++) {
            if (i == 0 || tied[i] != tied[i - 1]) {
              keys[size] = order.key(start);
              cellWeights[size++] = tied[i];
            }
            counts[size - 1]++;
          }
        }
        start = end;
      }
      return new Cells(size, keys, counts, cellWeights, groupsA, groupsB);
    }

    /** Candidate - baseline in every replicate; NaN without a positive. */
    double[] differences(Options options) {
      double[] differences = new double[options.replicates()];
      int run = Math.max(1, Math.min(MOST_REPLICATES, MOST_KEPT / Math.max(1, groupsB)));
      int runs = (options.replicates() + run - 1) / run;
      var pool = new ForkJoinPool(options.threads());
      try {
        pool.submit(
                () ->
                    IntStream.range(0, runs)
                        .parallel()
                        .forEach(
                            i ->
                                fill(
                                    differences,
                                    options.seed(),
                                    i * run,
                                    Math.min(options.replicates(), (i + 1) * run))))
            .join();
      } finally {
        pool.shutdownNow();
      }
      return differences;
    }

    private void fill(double[] differences, long seed, int from, int to) {
      int count = to - from;
      double[] draws = new double[count];
      double[] tp = new double[count];
      double[] fp = new double[count];
      double[] grouped = new double[count]; // positives of the baseline's tie group
      double[] sum = new double[count];
      double[] positivesB = new double[count * groupsB];
      double[] negativesB = new double[count * groupsB];
      var one = Poisson.of(1);
      for (int cell = 0; cell < size; cell++) {
        long key = keys[cell];
        (counts[cell] == 1 ? one : Poisson.of(counts[cell]))
            .fill(draws, SplitMix64.at(seed, cell), from);
        if (weights != null) {
          double weight = weights[cell];
          for (int i = 0; i < count; i++) {
            draws[i] *= weight;
          }
        }
        boolean positive = (key & POSITIVE) != 0;
        add(draws, positive ? grouped : fp, 0);
        int b = (int) (key & POSITIVE - 1);
        if (b < groupsB) {
          add(draws, positive ? positivesB : negativesB, b * count);
        }
        boolean last = cell + 1 == size || keys[cell + 1] >>> 32 != key >>> 32;
        if (last) {
          step(grouped, 0, tp, fp, sum);
          Arrays.fill(grouped, 0);
        }
      }
      double[] precisionA = new double[count];
      for (int i = 0; i < count; i++) {
        precisionA[i] = sum[i] / tp[i];
      }
      Arrays.fill(tp, 0);
      Arrays.fill(fp, 0);
      Arrays.fill(sum, 0);
      for (int g = 0; g < groupsB; g++) {
        for (int i = 0; i < count; i++) {
          fp[i] += negativesB[g * count + i];
        }
        step(positivesB, g * count, tp, fp, sum);
      }
      for (int i = 0; i < count; i++) {
        differences[from + i] = sum[i] / tp[i] - precisionA[i];
      }
    }

    private static void add(double[] draws, double[] to, int at) {
      for (int i = 0; i < draws.length; i++) {
        to[at + i] += draws[i];
      }
    }

    /** A tie group: its positives are credited with the precision at it. */
    private void step(double[] positives, int at, double[] tp, double[] fp, double[] sum) {
      for (int i = 0; i < tp.length; i++) {
        double p = positives[at + i];
        tp[i] += p;
        // nothing drawn so far: p is 0, and so is its share
        sum[i] += p * (tp[i] / Math.max(least, tp[i] + fp[i]));
      }
    }
  }
}
