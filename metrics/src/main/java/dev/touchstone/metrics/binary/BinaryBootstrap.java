package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Poisson;
import dev.touchstone.metrics.SplitMix64;
import dev.touchstone.metrics.Target;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * The Poisson bootstrap of average precision and ROC AUC, exactly that of the rows, without
 * touching a row: both depend only on the tie groups that hold a positive and on how many negatives
 * lie between them, and a sum of independent Poisson(1) weights is Poisson. So a replicate costs as
 * much as there are positives, whatever the number of rows.
 *
 * <p>Deterministic: draws depend on the seed, the place of the group and the number of the
 * replicate, never on threads or the order of rows. Takes rows without weights.
 */
public final class BinaryBootstrap {
  private BinaryBootstrap() {}

  /**
   * How to resample.
   *
   * @param replicates 2 to 100,000; 200 for standard errors, 1,000 for percentiles, 2,000 for BCa
   * @param seed of all draws
   * @param threads at least 1; never changes a result
   * @param level confidence level in (0, 1)
   */
  public record Options(int replicates, long seed, int threads, double level) {
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
  }

  /**
   * How one metric varied.
   *
   * @param used replicates in which it is defined
   * @param dropped replicates in which it is not (no positives, or no negatives)
   * @param standardError standard deviation over replicates; NaN with fewer than 2 used
   * @param percentile percentile interval ({@code poisson_bootstrap}), or null with fewer than 2
   * @param bca bias-corrected and accelerated interval (Efron 1987; {@code poisson_bootstrap_bca}),
   *     or null where it is not computed
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

  /** Resamples float32 scores. */
  public static Result of(float[] scores, byte[] labels, Options options) {
    return of(BinaryEvaluation.tieGroups(scores, labels, options.threads()), options);
  }

  /** Resamples float64 scores. */
  public static Result of(double[] scores, byte[] labels, Options options) {
    return of(BinaryEvaluation.tieGroups(scores, labels), options);
  }

  static Result of(TieGroups groups, Options options) {
    int threads = Math.min(options.threads(), options.replicates());
    double[] precisions = new double[options.replicates()];
    double[] areas = new double[options.replicates()];
    BinaryEvaluation.parallel(
        threads,
        threads,
        i -> {
          int from = (int) ((long) options.replicates() * i / threads);
          int to = (int) ((long) options.replicates() * (i + 1) / threads);
          resample(groups, options.seed(), from, to, precisions, areas);
          return to;
        });
    var influence = Influence.of(groups);
    return new Result(
        spread(precisions, influence, options.level()), spread(areas, null, options.level()));
  }

  /** Replicates [from, to), all of them group by group: constants and tables stay at hand. */
  private static void resample(
      TieGroups groups, long seed, int from, int to, double[] precisions, double[] areas) {
    int count = to - from;
    double[] tp = new double[count];
    double[] fp = new double[count];
    double[] precisionSum = new double[count];
    double[] twiceAbove = new double[count];
    double[] p = new double[count];
    double[] n = new double[count];
    double[] none = new double[count];
    for (int g = 0; g < groups.size; g++) {
      long key = SplitMix64.at(seed, g);
      if (groups.gaps[g] > 0) {
        Poisson.of(groups.gaps[g]).fill(n, SplitMix64.at(key, 0), from);
        for (int i = 0; i < count; i++) {
          fp[i] += n[i];
        }
      }
      Poisson.of(groups.positives[g]).fill(p, SplitMix64.at(key, 1), from);
      double[] tied = none;
      if (groups.negatives[g] > 0) {
        Poisson.of(groups.negatives[g]).fill(n, SplitMix64.at(key, 2), from);
        tied = n;
      }
      for (int i = 0; i < count; i++) {
        tp[i] += p[i];
        fp[i] += tied[i];
        // nothing drawn so far: p is 0, and so is its share
        precisionSum[i] += p[i] * (tp[i] / Math.max(1, tp[i] + fp[i]));
        twiceAbove[i] += p[i] * (2 * fp[i] - tied[i]);
      }
    }
    if (groups.gaps[groups.size] > 0) {
      Poisson.of(groups.gaps[groups.size]).fill(n, SplitMix64.at(seed, groups.size), from);
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

  private static Spread spread(double[] values, Influence influence, double level) {
    double[] sorted = Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
    int dropped = values.length - sorted.length;
    if (sorted.length < 2) {
      return new Spread(sorted.length, dropped, Double.NaN, null, null);
    }
    double mean = Arrays.stream(sorted).sum() / sorted.length;
    double squares = Arrays.stream(sorted).map(v -> (v - mean) * (v - mean)).sum();
    double tail = (1 - level) / 2;
    return new Spread(
        sorted.length,
        dropped,
        Math.sqrt(squares / (sorted.length - 1)),
        interval(sorted, tail, 1 - tail, "poisson_bootstrap", level),
        influence == null ? null : bca(sorted, influence, level));
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

  private static Interval bca(double[] sorted, Influence influence, double level) {
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
    double z = normal.inverseCumulativeProbability((1 - level) / 2);
    double low = z0 + (z0 + z) / (1 - acceleration * (z0 + z));
    double high = z0 + (z0 - z) / (1 - acceleration * (z0 - z));
    return interval(
        sorted,
        normal.cumulativeProbability(low),
        normal.cumulativeProbability(high),
        "poisson_bootstrap_bca",
        level);
  }

  /** Average precision and the moments of its influence values (methods 4.3). */
  private record Influence(double value, double squares, double cubes) {
    static Influence of(TieGroups groups) {
      double tp = 0;
      double fp = 0;
      double sum = 0;
      double[] precision = new double[groups.size];
      double[] weight = new double[groups.size];
      for (int g = 0; g < groups.size; g++) {
        tp += groups.positives[g];
        fp += groups.gaps[g] + groups.negatives[g];
        precision[g] = tp / (tp + fp);
        weight[g] = groups.positives[g] / (tp + fp);
        sum += groups.positives[g] * precision[g];
      }
      double ap = sum / tp;
      double gSum = 0;
      double hSum = 0;
      double squares = 0;
      double cubes = 0;
      for (int g = groups.size - 1; g >= 0; g--) {
        gSum += weight[g];
        hSum += weight[g] * precision[g];
        double ofPositive = (precision[g] - ap + gSum - hSum) / tp;
        double ofNegative = -hSum / tp;
        // negatives of the gap above stand over this group and all below
        double n = groups.negatives[g] + groups.gaps[g];
        squares += groups.positives[g] * ofPositive * ofPositive + n * ofNegative * ofNegative;
        cubes +=
            groups.positives[g] * StrictMath.pow(ofPositive, 3) + n * StrictMath.pow(ofNegative, 3);
      }
      return new Influence(ap, squares, cubes);
    }
  }
}
