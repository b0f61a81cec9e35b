package dev.touchstone.metrics.sampling;

import java.util.Arrays;

/**
 * The strata of a sample as they can be used: what each one's examples stand for, and which strata
 * share a variance.
 *
 * <p>Every stratum stands for its known population, whatever chance made of its sample size
 * (post-stratification). A stratum of which nothing was sampled leaves its population to the
 * nearest one before it that has examples, else behind it; one with a single example that stands
 * for more shares the variance of the nearest stratum with the same label (of any label where there
 * is none). Then for a quantity u of each example, with M a cell's population,
 *
 * <pre>
 * finite          sum M² (1 - n/M) s² / n                     (methods 3.3)
 * superpopulation sum M² s² / n + sum M (mean u - ubar)²
 * </pre>
 *
 * <p>Immutable.
 */
final class PostStrata {
  /** Measured: docs/simulations.md, sampled runs. */
  private static final double UNSEEN = 2;

  private final long[] counts;

  /** What the examples of a stratum stand for together; 0 where it has none. */
  private final double[] masses;

  /** The stratum whose variance a stratum shares: itself, or another. */
  private final int[] cells;

  private final String reason;
  private final double population;

  private PostStrata(long[] counts, double[] masses, int[] cells, String reason) {
    this.counts = counts;
    this.masses = masses;
    this.cells = cells;
    this.reason = reason;
    population = Arrays.stream(masses).sum();
  }

  /**
   * Closes up the strata.
   *
   * @param populations known sizes N_h
   * @param counts examples of the sample n_h
   * @param positives those with label 1
   */
  static PostStrata of(long[] populations, long[] counts, long[] positives) {
    int strata = counts.length;
    double[] masses = new double[strata];
    int[] cells = new int[strata];
    long rows = 0;
    for (int h = 0; h < strata; h++) {
      if (counts[h] > populations[h]) {
        return new PostStrata(counts.clone(), masses, cells, "more_rows_than_population");
      }
      cells[h] = h;
      rows += counts[h];
      masses[h] = counts[h] == 0 ? 0 : populations[h];
    }
    if (rows == 0) {
      return new PostStrata(counts.clone(), masses, cells, "empty");
    }
    for (int h = 0; h < strata; h++) {
      if (counts[h] == 0) {
        masses[heir(h, counts)] += populations[h];
      }
    }
    String reason = null;
    for (int h = 0; h < strata; h++) {
      if (counts[h] == 1 && masses[h] > 1) {
        int other = neighbour(h, counts, positives);
        reason = other < 0 ? "too_few_rows" : reason;
        join(cells, h, Math.max(other, 0));
      }
    }
    return new PostStrata(counts.clone(), masses, cells, reason);
  }

  /** The nearest stratum with examples, before this one if there is any. */
  private static int heir(int h, long[] counts) {
    for (int other = h - 1; other >= 0; other--) {
      if (counts[other] > 0) {
        return other;
      }
    }
    int other = h + 1;
    while (counts[other] == 0) {
      other++;
    }
    return other;
  }

  /** The nearest other stratum with examples, of the same label if there is one; else -1. */
  private static int neighbour(int h, long[] counts, long[] positives) {
    int nearest = -1;
    boolean like = false;
    for (int other = 0; other < counts.length; other++) {
      if (other == h || counts[other] == 0) {
        continue;
      }
      boolean same = label(counts, positives, other) == label(counts, positives, h);
      boolean nearer = nearest < 0 || Math.abs(other - h) < Math.abs(nearest - h);
      if (same && !like || same == like && nearer) {
        nearest = other;
        like = same;
      }
    }
    return nearest;
  }

  /** 0, 1, or 2 for a stratum of both. */
  private static int label(long[] counts, long[] positives, int h) {
    return positives[h] == 0 ? 0 : positives[h] == counts[h] ? 1 : 2;
  }

  private static void join(int[] cells, int a, int b) {
    int from = cells[a];
    int to = cells[b];
    for (int h = 0; h < cells.length; h++) {
      cells[h] = cells[h] == from ? to : cells[h];
    }
  }

  /** Why nothing can be estimated, or null. */
  String reason() {
    return reason;
  }

  /** Examples that the sample stands for. */
  double population() {
    return population;
  }

  /** What one sampled example of a stratum stands for. */
  double weight(int h) {
    return masses[h] / counts[h];
  }

  /** Whether all of a stratum was sampled; also where nothing of it was, and it left nothing. */
  boolean whole(int h) {
    return masses[h] == counts[h];
  }

  /** (sum w)² / sum w². */
  double effectiveRows() {
    double squares = 0;
    for (int h = 0; h < counts.length; h++) {
      squares += counts[h] == 0 ? 0 : masses[h] * masses[h] / counts[h];
    }
    return squares == 0 ? 0 : population * population / squares;
  }

  /**
   * Allowances for what was not seen of a quantity: that {@link #UNSEEN} examples of each stratum
   * may be missing that lie as far from its mean as the farthest that was seen on that side, as
   * chance would miss them, sum (M / n)² UNSEEN d² (1 - n/M).
   *
   * @param means by stratum
   * @param lowest of the quantity by stratum
   * @param highest likewise
   * @return of the total
   */
  Estimate.Unseen unseen(double[] means, double[] lowest, double[] highest) {
    double below = 0;
    double above = 0;
    for (int h = 0; h < counts.length; h++) {
      if (counts[h] > 0) {
        double weight = weight(h);
        double scale = UNSEEN * weight * weight * Math.max(0, 1 - 1 / weight);
        below += scale * (means[h] - lowest[h]) * (means[h] - lowest[h]);
        above += scale * (highest[h] - means[h]) * (highest[h] - means[h]);
      }
    }
    return new Estimate.Unseen(below, above);
  }

  /**
   * Effective trials of a ratio R whose contributions are u, allowing for {@link #UNSEEN} examples
   * that were not seen, as far out as an example can be, in any one of the strata:
   *
   * <pre>
   * trials = D (Q + UNSEEN q) / (V + UNSEEN v)
   * Q = sum w u²    q = mean of w d²                 by side, over the strata that were not
   * V               v = mean of w² (1 - 1/w) d²      seen whole and where d can be above 0
   * </pre>
   *
   * <p>Q / V is one over the weight of a typical contribution. Where the heavy strata happen to
   * show none, V takes that weight for too small; the examples added bring it nearer to the heavy
   * ones', and change nothing where all weights are equal (a directly standardised rate likewise
   * gets one more event of a mean weight, Tiwari, Clegg and Zou 2006). Wilson's own pseudo-counts
   * then allow for the unseen ones themselves.
   *
   * @param scale D: R (1 - R) / Q, and its limit where R is 0 or 1
   * @param squares Q
   * @param variance V, finite
   * @param means of u by stratum
   * @param lowest that u can be, by stratum
   * @param highest likewise
   */
  Estimate.Trials trials(
      double scale,
      double squares,
      double variance,
      double[] means,
      double[] lowest,
      double[] highest) {
    double[] q = new double[2];
    double[] v = new double[2];
    int parts = 0;
    for (int h = 0; h < counts.length; h++) {
      if (counts[h] > 0 && !whole(h) && highest[h] > lowest[h]) {
        parts++;
        double weight = weight(h);
        double[] d = {means[h] - lowest[h], highest[h] - means[h]};
        for (int side = 0; side < 2; side++) {
          q[side] += weight * d[side] * d[side];
          v[side] += weight * (weight - 1) * d[side] * d[side];
        }
      }
    }
    double[] trials = new double[2];
    for (int side = 0; side < 2; side++) {
      double allowance = UNSEEN / Math.max(1, parts);
      double spread = variance + allowance * v[side];
      trials[side] =
          spread > 0 ? scale * (squares + allowance * q[side]) / spread : Double.POSITIVE_INFINITY;
    }
    return new Estimate.Trials(trials[0], trials[1]);
  }

  /**
   * Variances of the total of u.
   *
   * @param means of u by stratum
   * @param centred sums of squares around them
   * @param least s² of one stratum, whichever it is, is taken to be at least least² / n: what one
   *     unseen example of such a size could do; 0 for no such care
   * @return finite, superpopulation
   */
  double[] variances(double[] means, double[] centred, double least) {
    int strata = counts.length;
    double[] n = new double[strata];
    double[] mass = new double[strata];
    double[] mean = new double[strata];
    double[] squares = new double[strata];
    double total = 0;
    for (int h = 0; h < strata; h++) {
      if (counts[h] > 0) {
        int c = cells[h];
        double gap = means[h] - mean[c];
        double joined = n[c] + counts[h];
        squares[c] += centred[h] + gap * gap * n[c] * counts[h] / joined;
        mean[c] += gap * counts[h] / joined;
        n[c] = joined;
        mass[c] += masses[h];
        total += masses[h] * means[h];
      }
    }
    double finite = 0;
    double future = 0;
    int parts = 0;
    for (int c = 0; c < strata; c++) {
      parts += n[c] > 0 && n[c] < mass[c] ? 1 : 0;
    }
    for (int c = 0; c < strata; c++) {
      if (n[c] > 0) {
        double seen = n[c] < 2 ? 0 : squares[c] / (n[c] - 1);
        double unseen = Math.max(0, 1 - n[c] / mass[c]);
        double scale = mass[c] * mass[c] / n[c];
        finite += scale * unseen * Math.max(seen, least * least / n[c] / Math.max(1, parts));
        double gap = mean[c] - total / population;
        future += scale * seen + mass[c] * gap * gap;
      }
    }
    return new double[] {finite, future};
  }

  /** Variances of the total of a quantity that is given row by row. */
  double[] variances(double[] u, byte[] strata, double least) {
    double[] means = means(u, strata);
    double[] centred = new double[counts.length];
    for (int i = 0; i < u.length; i++) {
      double gap = u[i] - means[strata[i] & 0xFF];
      centred[strata[i] & 0xFF] += gap * gap;
    }
    return variances(means, centred, least);
  }

  /** Allowances for the total of a quantity that is given row by row. */
  Estimate.Unseen unseen(double[] u, byte[] strata) {
    double[] lowest = new double[counts.length];
    double[] highest = new double[counts.length];
    Arrays.fill(lowest, Double.POSITIVE_INFINITY);
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < u.length; i++) {
      int h = strata[i] & 0xFF;
      lowest[h] = Math.min(lowest[h], u[i]);
      highest[h] = Math.max(highest[h], u[i]);
    }
    return unseen(means(u, strata), lowest, highest);
  }

  private double[] means(double[] u, byte[] strata) {
    double[] means = new double[counts.length];
    for (int i = 0; i < u.length; i++) {
      int h = strata[i] & 0xFF;
      means[h] += u[i] / counts[h];
    }
    return means;
  }
}
