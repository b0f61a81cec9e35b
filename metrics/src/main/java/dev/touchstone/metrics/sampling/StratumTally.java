package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;
import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Log loss, Brier score and the confusion table of a stratified sample, by stratum: what the value
 * of the whole evaluation set is, once the strata's populations are known.
 *
 * <p>Mergeable and of fixed size, some 160 bytes a stratum: every term is rounded once and added as
 * an integer, so {@code accept} and {@code combine} in any order and partition give the same bytes.
 * Scores are float32 without NaN, labels 0 or 1, rows without weights of their own. Not
 * thread-safe.
 */
public final class StratumTally {
  /** What a stratum code of one byte can tell apart. */
  public static final int MOST_STRATA = PlanRule.MOST_STRATA;

  private static final int KIND = 'T';
  private static final int VERSION = 2;
  private static final double UNIT = 0x1p52; // losses stay below 16, their squares below 2^8
  private static final double EPS = ScorePrecision.FLOAT32.clipEpsilon();
  private static final int TP = 0;
  private static final int FP = 1;
  private static final int FN = 2;
  private static final int TN = 3;

  private final float threshold;
  private final long[] counts;
  private final long[] positives;
  private final long[][] table; // [cell][stratum]
  private final Sum128[] losses;
  private final Sum128[] squaredLosses;
  private final Sum128[] errors;
  private final Sum128[] squaredErrors;

  /** Of |score - label|, which both losses grow with. */
  private final double[] nearest;

  private final double[] farthest;
  private long outside;

  private StratumTally(int strata, float threshold) {
    if (strata < 1 || strata > MOST_STRATA) {
      throw new IllegalArgumentException("strata must be 1 to " + MOST_STRATA + ", got " + strata);
    }
    if (Float.isNaN(threshold)) {
      throw new IllegalArgumentException("decision threshold must be a number, got NaN");
    }
    this.threshold = threshold;
    counts = new long[strata];
    positives = new long[strata];
    table = new long[4][strata];
    losses = zeros(strata);
    squaredLosses = zeros(strata);
    errors = zeros(strata);
    squaredErrors = zeros(strata);
    nearest = new double[strata];
    farthest = new double[strata];
    Arrays.fill(nearest, 1);
  }

  private static Sum128[] zeros(int strata) {
    var sums = new Sum128[strata];
    for (int h = 0; h < strata; h++) {
      sums[h] = Sum128.zero();
    }
    return sums;
  }

  /** Nothing seen yet; a row is predicted positive iff its score is at least the threshold. */
  public static StratumTally of(int strata, double decisionThreshold) {
    return new StratumTally(strata, (float) decisionThreshold);
  }

  /** Adds a sampled example. */
  public void accept(int stratum, float score, int label) {
    if (stratum < 0 || stratum >= counts.length) {
      throw new IllegalArgumentException(
          "stratum must be in [0, " + (counts.length - 1) + "], got " + stratum);
    }
    if ((label & ~1) != 0 || Float.isNaN(score)) {
      throw new IllegalArgumentException(
          "label must be 0 or 1 and score a number, got " + label + " and " + score);
    }
    counts[stratum]++;
    positives[stratum] += label;
    table[score >= threshold ? (label == 1 ? TP : FP) : label == 1 ? FN : TN][stratum]++;
    if (!(score >= 0 && score <= 1)) {
      outside++;
      return;
    }
    double loss = logLoss(score, label);
    double error = ((double) score - label) * ((double) score - label);
    double distance = Math.abs((double) score - label);
    nearest[stratum] = Math.min(nearest[stratum], distance);
    farthest[stratum] = Math.max(farthest[stratum], distance);
    losses[stratum].add((long) (loss * UNIT + 0.5));
    squaredLosses[stratum].add((long) (loss * loss * UNIT + 0.5));
    errors[stratum].add((long) (error * UNIT + 0.5));
    squaredErrors[stratum].add((long) (error * error * UNIT + 0.5));
  }

  /** Clipped as everywhere (methods 1.6). */
  static double logLoss(float score, int label) {
    double p = Math.min(Math.max(score, EPS), 1 - EPS);
    return -Ln.ofNormal(label == 1 ? p : 1 - p);
  }

  private static double logLossAt(double distance) {
    return -Ln.ofNormal(1 - Math.min(Math.max(distance, EPS), 1 - EPS));
  }

  /** Adds another sample's sums; returns this. Both must have the same strata and threshold. */
  public StratumTally combine(StratumTally other) {
    if (other.counts.length != counts.length || Float.compare(other.threshold, threshold) != 0) {
      throw new IllegalArgumentException(
          "strata and decision thresholds must be equal, got "
              + counts.length
              + " at "
              + threshold
              + " and "
              + other.counts.length
              + " at "
              + other.threshold);
    }
    for (int h = 0; h < counts.length; h++) {
      counts[h] += other.counts[h];
      positives[h] += other.positives[h];
      for (int cell = 0; cell < 4; cell++) {
        table[cell][h] += other.table[cell][h];
      }
      losses[h].combine(other.losses[h]);
      squaredLosses[h].combine(other.squaredLosses[h]);
      errors[h].combine(other.errors[h]);
      squaredErrors[h].combine(other.squaredErrors[h]);
      nearest[h] = Math.min(nearest[h], other.nearest[h]);
      farthest[h] = Math.max(farthest[h], other.farthest[h]);
    }
    outside += other.outside;
    return this;
  }

  /** Number of strata. */
  public int strata() {
    return counts.length;
  }

  /** Sampled examples. */
  public long rows() {
    long rows = 0;
    for (long count : counts) {
      rows += count;
    }
    return rows;
  }

  /** Sampled examples of a stratum. */
  public long rows(int stratum) {
    return counts[stratum];
  }

  /** Sampled positives of a stratum. */
  public long positives(int stratum) {
    return positives[stratum];
  }

  /** Whether negatives were chosen, see {@link SampleMetrics#negativesChosen}. */
  public boolean negativesChosen(double[] rates) {
    return SampleMetrics.negativesChosen(rates, counts, positives);
  }

  /** (sum w)² / sum w² with w what an example stands for; 0 for an empty sample. */
  public double effectiveRows(long[] populations) {
    return PostStrata.of(populations, counts, positives).effectiveRows();
  }

  /**
   * log_loss, brier, accuracy, precision, recall and f1 of the whole set, post-stratified;
   * variances by linearisation (methods 3.3, 3.4); proportions and F1 with {@link Estimate.Trials}.
   * Undefined with the reasons of full reports, with {@code too_few_rows} where a single example is
   * all there is, and with {@code more_rows_than_population}.
   *
   * @param populations by stratum
   */
  public List<Estimate> result(long[] populations) {
    var strata = PostStrata.of(populations, counts, positives);
    double[] t = new double[4];
    for (int cell = 0; cell < 4; cell++) {
      for (int h = 0; h < counts.length; h++) {
        t[cell] += counts[h] == 0 ? 0 : strata.weight(h) * table[cell][h];
      }
    }
    boolean some = strata.reason() == null;
    var results = new ArrayList<Estimate>();
    results.add(mean("log_loss", strata, losses, squaredLosses, StratumTally::logLossAt));
    results.add(mean("brier", strata, errors, squaredErrors, distance -> distance * distance));
    results.add(ratio("accuracy", strata, t, null, 1, 0, 0, 1, 1, 1, 1, 1));
    String unpredicted = some && t[TP] + t[FP] == 0 ? "no_predicted_positives" : null;
    results.add(ratio("precision", strata, t, unpredicted, 1, 0, 0, 0, 1, 1, 0, 0));
    String none = some && t[TP] + t[FN] == 0 ? "no_positives" : null;
    results.add(ratio("recall", strata, t, none, 1, 0, 0, 0, 1, 0, 1, 0));
    results.add(ratio("f1", strata, t, none, 2, 0, 0, 0, 2, 1, 1, 0));
    return results;
  }

  /** log_loss and accuracy of one stratum, from its own examples. */
  public List<Estimate> result(int stratum, long population) {
    var one = new StratumTally(1, threshold);
    one.counts[0] = counts[stratum];
    one.positives[0] = positives[stratum];
    for (int cell = 0; cell < 4; cell++) {
      one.table[cell][0] = table[cell][stratum];
    }
    one.losses[0] = losses[stratum];
    one.squaredLosses[0] = squaredLosses[stratum];
    one.nearest[0] = nearest[stratum];
    one.farthest[0] = farthest[stratum];
    one.outside = outside;
    var all = one.result(new long[] {population});
    return List.of(all.get(0), all.get(2));
  }

  private Estimate mean(
      String name, PostStrata strata, Sum128[] sums, Sum128[] squares, DoubleUnaryOperator lossAt) {
    String reason = strata.reason() == null && outside > 0 ? "score_outside_0_1" : strata.reason();
    if (reason != null) {
      return Estimate.undefined(name, reason, rows());
    }
    double[] means = new double[counts.length];
    double[] centred = new double[counts.length];
    double value = 0;
    for (int h = 0; h < counts.length; h++) {
      if (counts[h] > 0) {
        double sum = sums[h].toDouble() / UNIT;
        means[h] = sum / counts[h];
        centred[h] = Math.max(0, squares[h].toDouble() / UNIT - sum * means[h]);
        value += strata.weight(h) * sum;
      }
    }
    double n = strata.population();
    double[] variances = strata.variances(means, centred, 0);
    var unseen =
        strata.unseen(
            means,
            Arrays.stream(nearest).map(lossAt).toArray(),
            Arrays.stream(farthest).map(lossAt).toArray());
    return Estimate.of(
            name,
            value / n,
            variances[0] / n / n,
            variances[1] / n / n,
            rows(),
            strata.effectiveRows())
        .withUnseen(new Estimate.Unseen(unseen.below() / n / n, unseen.above() / n / n));
  }

  /**
   * R = A / B: u = (a - R b) / B.
   *
   * @param ab what an example of each cell counts for in A, then in B
   */
  private Estimate ratio(
      String name, PostStrata strata, double[] t, String undefined, double... ab) {
    String reason = strata.reason() != null ? strata.reason() : undefined;
    if (reason != null) {
      return Estimate.undefined(name, reason, rows());
    }
    double a = 0;
    double b = 0;
    for (int cell = 0; cell < 4; cell++) {
      a += ab[cell] * t[cell];
      b += ab[4 + cell] * t[cell];
    }
    double r = a / b;
    double[] u = new double[4];
    for (int cell = 0; cell < 4; cell++) {
      u[cell] = (ab[cell] - r * ab[4 + cell]) / b;
    }
    double[] means = new double[counts.length];
    double[] centred = new double[counts.length];
    double squaredTrials = 0;
    double squares = 0;
    for (int h = 0; h < counts.length; h++) {
      for (int cell = 0; cell < 4 && counts[h] > 0; cell++) {
        means[h] += u[cell] * table[cell][h] / counts[h];
        double trials = strata.weight(h) * ab[4 + cell];
        squaredTrials += table[cell][h] * trials * trials;
        squares += strata.weight(h) * table[cell][h] * u[cell] * u[cell];
      }
      for (int cell = 0; cell < 4; cell++) {
        double gap = u[cell] - means[h];
        centred[h] += table[cell][h] * gap * gap;
      }
    }
    double[] variances = strata.variances(means, centred, 0);
    double value = Math.min(1, r);
    var estimate =
        Estimate.of(name, value, variances[0], variances[1], rows(), b * b / squaredTrials);
    if (seenWhole(strata, ab)) {
      return estimate.withFlag(Estimate.WHOLE_SET);
    }
    double[] lowest = new double[counts.length];
    double[] highest = new double[counts.length];
    for (int h = 0; h < counts.length; h++) {
      extremes(h, u, lowest, highest);
    }
    // R (1 - R) / sum w u², also where both are 0; a hit of F1 counts for two trials
    double scale = b / (ab[TP] - (ab[TP] - 1) * value);
    return estimate.withTrials(strata.trials(scale, squares, variances[0], means, lowest, highest));
  }

  /** What u can be in a stratum: of both labels only where both were seen. */
  private void extremes(int h, double[] u, double[] lowest, double[] highest) {
    boolean some = positives[h] > 0;
    boolean others = positives[h] < counts[h];
    double[] possible = some && others ? u : some ? pair(u, TP, FN) : pair(u, FP, TN);
    lowest[h] = Arrays.stream(possible).min().orElseThrow();
    highest[h] = Arrays.stream(possible).max().orElseThrow();
  }

  private static double[] pair(double[] u, int a, int b) {
    return new double[] {u[a], u[b]};
  }

  /** Whether no example is left unseen whose label counts. */
  private boolean seenWhole(PostStrata strata, double[] ab) {
    boolean negatives = ab[4 + FP] + ab[4 + TN] > 0;
    for (int h = 0; h < counts.length; h++) {
      if ((negatives || positives[h] > 0) && !strata.whole(h)) {
        return false;
      }
    }
    return true;
  }

  /** Versioned; equal states give equal bytes. */
  public byte[] toBytes() {
    var out = new StateWriter(KIND, VERSION).writeDouble(threshold).writeCount(counts.length);
    out.writeCount(outside);
    for (int h = 0; h < counts.length; h++) {
      out.writeCount(counts[h]).writeCount(positives[h]);
      if (counts[h] > 0) {
        out.writeCount(table[TP][h]).writeCount(table[FP][h]);
        out.writeSum(losses[h]).writeSum(squaredLosses[h]);
        out.writeSum(errors[h]).writeSum(squaredErrors[h]);
        out.writeDouble(nearest[h]).writeDouble(farthest[h]);
      }
    }
    return out.toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static StratumTally fromBytes(byte[] bytes) {
    var in = new StateReader("stratum tally", bytes, KIND, VERSION);
    double threshold = in.readDouble();
    var tally = of(in.readIndex(MOST_STRATA + 1), threshold);
    tally.outside = in.readCount();
    for (int h = 0; h < tally.counts.length; h++) {
      tally.counts[h] = in.readCount();
      tally.positives[h] = in.readCount();
      if (tally.counts[h] > 0) {
        tally.table[TP][h] = in.readCount();
        tally.table[FP][h] = in.readCount();
        tally.table[FN][h] = tally.positives[h] - tally.table[TP][h];
        tally.table[TN][h] = tally.counts[h] - tally.positives[h] - tally.table[FP][h];
        tally.losses[h].combine(in.readSum());
        tally.squaredLosses[h].combine(in.readSum());
        tally.errors[h].combine(in.readSum());
        tally.squaredErrors[h].combine(in.readSum());
        tally.nearest[h] = in.readDouble();
        tally.farthest[h] = in.readDouble();
      }
    }
    in.end();
    return tally;
  }
}
