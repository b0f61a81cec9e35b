package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Poisson;
import dev.touchstone.metrics.SplitMix64;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.sampling.RowOrder;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * The bootstrap of average precision and ROC AUC, exactly that of the rows, without touching a row:
 * both depend only on the tie groups that hold a positive and on how many negatives lie between
 * them, and a sum of independent Poisson(1) weights is Poisson. So a replicate costs as much as
 * there are positives, whatever the number of rows.
 *
 * <p>Rows with weights: a row weighs its weight times a Poisson(1) number. Rows of one weight that
 * lie together are drawn together, so a replicate costs as many draws as there are distinct weights
 * between neighbouring positives: little for sampling weights, as much as there are rows where all
 * weights differ.
 *
 * <p>Stratified: as many positives and as many negatives as there are, drawn with replacement. It
 * freezes the prevalence, and its intervals of average precision are too short unless the number of
 * positives was fixed by design.
 *
 * <p>Deterministic: draws depend on the seed, the place of the group and the number of the
 * replicate, never on threads or the order of rows.
 *
 * <p>A caller whose thread is interrupted meanwhile gets a {@link CancellationException}.
 */
public final class BinaryBootstrap {
  private static final int STRATIFIED_RUN = 128;

  private BinaryBootstrap() {}

  /**
   * How to resample.
   *
   * @param replicates 2 to 100,000; 200 for standard errors, 1,000 for percentiles, 2,000 for BCa
   * @param seed of all draws
   * @param threads at least 1; never changes a result
   * @param level confidence level in (0, 1)
   * @param stratified whether the numbers of positives and of negatives stay as they are
   */
  public record Options(int replicates, long seed, int threads, double level, boolean stratified) {
    /** Rows, whatever their class. */
    public Options(int replicates, long seed, int threads, double level) {
      this(replicates, seed, threads, level, false);
    }

    /** Checks the ranges above. */
    public Options {
      if (replicates < 2 || replicates > 100_000) {
        throw new IllegalArgumentException("replicates must be in [2, 100000], got " + replicates);
      }
      if (threads < 1) {
        throw new IllegalArgumentException("threads must be at least 1, got " + threads);
      }
      if (!(level > 0 && level < 1)) {
        throw new IllegalArgumentException("level must be in (0, 1), got " + level);
      }
    }

    /** The same with or without strata. */
    public Options withStratified(boolean value) {
      return new Options(replicates, seed, threads, level, value);
    }

    private String method() {
      return stratified ? "stratified_bootstrap" : "poisson_bootstrap";
    }
  }

  /**
   * How one metric varied.
   *
   * @param used replicates in which it is defined
   * @param dropped replicates in which it is not (no positives, or no negatives)
   * @param standardError standard deviation over replicates; NaN with fewer than 2 used
   * @param percentile percentile interval ({@code poisson_bootstrap}, {@code
   *     stratified_bootstrap}), or null with fewer than 2
   * @param bca bias-corrected and accelerated interval (Efron 1987; the same names with {@code
   *     _bca}), or null where it is not computed
   */
  public record Spread(
      int used, int dropped, double standardError, Interval percentile, Interval bca) {}

  /**
   * Spreads of both ranking metrics.
   *
   * @param averagePrecision with BCa
   * @param rocAuc without
   */
  public record Result(Spread averagePrecision, Spread rocAuc) {}

  /** Resamples float32 scores without weights. */
  public static Result of(float[] scores, byte[] labels, Options options) {
    return of(scores, labels, null, options);
  }

  /** Resamples float64 scores without weights. */
  public static Result of(double[] scores, byte[] labels, Options options) {
    return of(scores, labels, null, options);
  }

  /**
   * Resamples float32 scores.
   *
   * @param scores numbers
   * @param labels 0 or 1
   * @param weights finite and at least 0, or null; rows of weight 0 are left out
   */
  public static Result of(float[] scores, byte[] labels, double[] weights, Options options) {
    return of(
        weights == null
            ? ReplicateCells.of(BinaryEvaluation.tieGroups(scores, labels, options.threads()))
            : ReplicateCells.of(RowOrder.descending(scores), labels, weights),
        options);
  }

  /** Resamples float64 scores; see {@link #of(float[], byte[], double[], Options)}. */
  public static Result of(double[] scores, byte[] labels, double[] weights, Options options) {
    return of(
        weights == null
            ? ReplicateCells.of(BinaryEvaluation.tieGroups(scores, labels))
            : ReplicateCells.of(RowOrder.descending(scores), labels, weights),
        options);
  }

  private static Result of(ReplicateCells cells, Options options) {
    int threads = Math.min(options.threads(), options.replicates());
    double[] precisions = new double[options.replicates()];
    double[] areas = new double[options.replicates()];
    // places to draw apart are kept for a run of replicates
    int most = options.stratified() ? STRATIFIED_RUN : options.replicates();
    BinaryEvaluation.parallel(
        threads,
        threads,
        i -> {
          int from = (int) ((long) options.replicates() * i / threads);
          int to = (int) ((long) options.replicates() * (i + 1) / threads);
          for (int start = from; start < to; start += most) {
            new Run(cells, options, start, Math.min(to, start + most)).fill(precisions, areas);
          }
          return to;
        });
    var influence = Influence.of(cells, options.stratified());
    return new Result(spread(precisions, influence, options), spread(areas, null, options));
  }

  /** Replicates [from, to), all of them group by group: constants and tables stay at hand. */
  private static final class Run {
    private final ReplicateCells cells;
    private final long seed;
    private final int from;
    private final int count;
    private final double[] more;
    private final FixedTotals fixed;

    Run(ReplicateCells cells, Options options, int from, int to) {
      this.cells = cells;
      this.seed = options.seed();
      this.from = from;
      count = to - from;
      more = new double[count];
      fixed = options.stratified() ? new FixedTotals(count) : null;
    }

    private long stream(int segment, int cell) {
      int g = segment / 3;
      long key = SplitMix64.at(seed, g);
      if (g == cells.groups && cell == 0) {
        return key; // below all groups
      }
      return SplitMix64.at(key, segment % 3 + 3L * cell);
    }

    /** The weights of a segment in every replicate; false where it has no rows. */
    private boolean draw(int segment, double[] into) {
      int first = cells.starts[segment];
      int end = cells.starts[segment + 1];
      int label = ReplicateCells.isOfPositives(segment) ? 1 : 0;
      for (int cell = first; cell < end; cell++) {
        double[] draws = cell == first ? into : more;
        Poisson.of(cells.counts[cell]).fill(draws, stream(segment, cell - first), from);
        if (fixed != null) {
          fixed.adjust(draws, label, cells.counts[cell]);
        }
        if (cells.weights != null) {
          double weight = cells.weights[cell];
          for (int i = 0; i < count; i++) {
            into[i] = cell == first ? weight * draws[i] : into[i] + weight * draws[i];
          }
        }
      }
      return end > first;
    }

    private void fixTotals() {
      for (int segment = 0; segment < cells.segments(); segment++) {
        int first = cells.starts[segment];
        for (int cell = first; cell < cells.starts[segment + 1]; cell++) {
          Poisson.of(cells.counts[cell]).fill(more, stream(segment, cell - first), from);
          fixed.count(more, ReplicateCells.isOfPositives(segment) ? 1 : 0, cells.counts[cell]);
        }
      }
      fixed.choose(seed, from);
    }

    void fill(double[] precisions, double[] areas) {
      if (fixed != null) {
        fixTotals();
      }
      double[] tp = new double[count];
      double[] fp = new double[count];
      double[] precisionSum = new double[count];
      double[] twiceAbove = new double[count];
      double[] p = new double[count];
      double[] n = new double[count];
      double[] none = new double[count];
      for (int g = 0; g < cells.groups; g++) {
        if (Thread.currentThread().isInterrupted()) {
          throw new CancellationException("interrupted");
        }
        int segment = 3 * g;
        if (draw(segment + ReplicateCells.GAP, n)) {
          for (int i = 0; i < count; i++) {
            fp[i] += n[i];
          }
        }
        draw(segment + ReplicateCells.POSITIVES, p);
        double[] tied = draw(segment + ReplicateCells.NEGATIVES, n) ? n : none;
        for (int i = 0; i < count; i++) {
          tp[i] += p[i];
          fp[i] += tied[i];
          // nothing drawn so far: p is 0, and so is its share
          precisionSum[i] += p[i] * (tp[i] / Math.max(cells.least, tp[i] + fp[i]));
          twiceAbove[i] += p[i] * (2 * fp[i] - tied[i]);
        }
      }
      if (draw(3 * cells.groups, n)) {
        for (int i = 0; i < count; i++) {
          fp[i] += n[i];
        }
      }
      for (int i = 0; i < count; i++) {
        // 0 / 0 is NaN: such a replicate is dropped
        precisions[from + i] = precisionSum[i] / tp[i];
        areas[from + i] = 1 - twiceAbove[i] / (2 * tp[i] * fp[i]);
      }
    }
  }

  /**
   * How a metric varied, without BCa.
   *
   * @param values of the replicates; NaN where it is undefined
   */
  public static Spread spread(double[] values, Options options) {
    return spread(values, null, options);
  }

  private static Spread spread(double[] values, Influence influence, Options options) {
    double[] sorted = Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
    int dropped = values.length - sorted.length;
    if (sorted.length < 2) {
      return new Spread(sorted.length, dropped, Double.NaN, null, null);
    }
    double mean = Arrays.stream(sorted).sum() / sorted.length;
    double squares = Arrays.stream(sorted).map(v -> (v - mean) * (v - mean)).sum();
    double tail = (1 - options.level()) / 2;
    return new Spread(
        sorted.length,
        dropped,
        Math.sqrt(squares / (sorted.length - 1)),
        interval(sorted, tail, 1 - tail, options.method(), options.level()),
        influence == null ? null : bca(sorted, influence, options));
  }

  private static Interval interval(
      double[] sorted, double low, double high, String method, double level) {
    return new Interval(
        quantile(sorted, low), quantile(sorted, high), method, level, Target.SUPERPOPULATION);
  }

  /** Linear between order statistics at (n - 1) q. */
  private static double quantile(double[] sorted, double q) {
    double at = (sorted.length - 1) * Math.min(1, Math.max(0, q));
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  private static Interval bca(double[] sorted, Influence influence, Options options) {
    var normal = NormalDistribution.of(0, 1);
    double below =
        IntStream.range(0, sorted.length)
            .mapToDouble(
                i -> sorted[i] < influence.value ? 1 : sorted[i] == influence.value ? 0.5 : 0)
            .sum();
    double share = below / sorted.length;
    if (!(share > 0 && share < 1) || !(influence.squares > 0)) {
      return null;
    }
    double z0 = normal.inverseCumulativeProbability(share);
    double acceleration = influence.cubes / (6 * StrictMath.pow(influence.squares, 1.5));
    double z = normal.inverseCumulativeProbability((1 - options.level()) / 2);
    double low = z0 + (z0 + z) / (1 - acceleration * (z0 + z));
    double high = z0 + (z0 - z) / (1 - acceleration * (z0 - z));
    return interval(
        sorted,
        normal.cumulativeProbability(low),
        normal.cumulativeProbability(high),
        options.method() + "_bca",
        options.level());
  }

  /**
   * Average precision and the moments of its influence values, times their rows' weights; with
   * strata from the means of their classes.
   */
  private record Influence(double value, double squares, double cubes) {
    static Influence of(ReplicateCells cells, boolean stratified) {
      int groups = cells.groups;
      double tp = 0;
      double fp = 0;
      double sum = 0;
      double[] precision = new double[groups];
      double[] share = new double[groups];
      for (int g = 0; g < groups; g++) {
        double positives = cells.weightOf(3 * g + ReplicateCells.POSITIVES);
        tp += positives;
        fp +=
            cells.weightOf(3 * g + ReplicateCells.GAP)
                + cells.weightOf(3 * g + ReplicateCells.NEGATIVES);
        precision[g] = tp / (tp + fp);
        share[g] = positives / (tp + fp);
        sum += positives * precision[g];
      }
      double ap = sum / tp;
      // by segment; negatives of the gap above stand over this group and all below
      double[] values = new double[cells.segments()];
      double gSum = 0;
      double hSum = 0;
      for (int g = groups - 1; g >= 0; g--) {
        gSum += share[g];
        hSum += share[g] * precision[g];
        values[3 * g + ReplicateCells.POSITIVES] = (precision[g] - ap + gSum - hSum) / tp;
        values[3 * g + ReplicateCells.NEGATIVES] = -hSum / tp;
        values[3 * g + ReplicateCells.GAP] = -hSum / tp;
      }
      double[] centre = stratified ? means(cells, values) : new double[2];
      double squares = 0;
      double cubes = 0;
      for (int segment = 0; segment < values.length; segment++) {
        double mean = centre[ReplicateCells.isOfPositives(segment) ? 1 : 0];
        for (int cell = cells.starts[segment]; cell < cells.starts[segment + 1]; cell++) {
          double u = cells.weight(cell) * values[segment] - mean;
          squares += cells.counts[cell] * u * u;
          cubes += cells.counts[cell] * u * u * u;
        }
      }
      return new Influence(ap, squares, cubes);
    }

    private static double[] means(ReplicateCells cells, double[] values) {
      double[] sums = new double[2];
      double[] rows = new double[2];
      for (int segment = 0; segment < values.length; segment++) {
        int label = ReplicateCells.isOfPositives(segment) ? 1 : 0;
        sums[label] += values[segment] * cells.weightOf(segment);
        for (int cell = cells.starts[segment]; cell < cells.starts[segment + 1]; cell++) {
          rows[label] += cells.counts[cell];
        }
      }
      return new double[] {sums[0] / Math.max(1, rows[0]), sums[1] / Math.max(1, rows[1])};
    }
  }
}
