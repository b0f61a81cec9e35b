package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Decision metrics of a whole evaluation set from a stratified sample: the four cells of the
 * confusion table counted by stratum, scaled to the known populations, and variances by
 * linearisation (methods 3.4): the gradient of a metric by the four totals is a quantity of each
 * example, and the total of a quantity has a stratified variance.
 *
 * <p>Counts are integers, so any order and partition give the same bits. Not thread-safe.
 */
public final class StratifiedConfusion {
  private static final int TP = 0;
  private static final int FP = 1;
  private static final int FN = 2;
  private static final int TN = 3;
  private static final double[] EVERY_CELL = {1, 1, 1, 1};

  private final List<Stratum> strata;
  private final long[][] counts;

  private StratifiedConfusion(List<Stratum> strata) {
    this.strata = strata;
    counts = new long[strata.size()][4];
  }

  /** For samples of this plan. */
  public static StratifiedConfusion of(SamplingPlan plan) {
    return new StratifiedConfusion(plan.strata());
  }

  /** Adds a sampled example: what it is and what was decided. */
  public void accept(int stratum, boolean positive, boolean predictedPositive) {
    if (stratum < 0 || stratum >= counts.length) {
      throw new IllegalArgumentException(
          "stratum must be in [0, " + (counts.length - 1) + "], got " + stratum);
    }
    counts[stratum][positive ? (predictedPositive ? TP : FN) : (predictedPositive ? FP : TN)]++;
  }

  /** Adds another sample's examples; returns this. */
  public StratifiedConfusion combine(StratifiedConfusion other) {
    if (!strata.equals(other.strata)) {
      throw new IllegalArgumentException("tables of different plans cannot be combined");
    }
    for (int h = 0; h < counts.length; h++) {
      for (int cell = 0; cell < 4; cell++) {
        counts[h][cell] += other.counts[h][cell];
      }
    }
    return this;
  }

  /** Sampled examples. */
  public long rows() {
    return Arrays.stream(counts).flatMapToLong(Arrays::stream).sum();
  }

  /** Estimated totals TP, FP, FN, TN of the whole set. */
  private double[] totals() {
    double[] totals = new double[4];
    for (int cell = 0; cell < 4; cell++) {
      double[] indicator = new double[4];
      indicator[cell] = 1;
      totals[cell] = sums(indicator).total();
    }
    return totals;
  }

  /** The total of a quantity that is {@code u[cell]} for an example of that cell. */
  private StratumSums sums(double[] u) {
    var sums = new StratumSums();
    for (int h = 0; h < counts.length; h++) {
      long n = Arrays.stream(counts[h]).sum();
      double sum = 0;
      for (int cell = 0; cell < 4; cell++) {
        sum += counts[h][cell] * u[cell];
      }
      double mean = n == 0 ? 0 : sum / n;
      double squares = 0;
      for (int cell = 0; cell < 4; cell++) {
        squares += counts[h][cell] * (u[cell] - mean) * (u[cell] - mean);
      }
      sums.add(strata.get(h).label(), strata.get(h).population(), n, mean, squares);
    }
    return sums;
  }

  /**
   * Accuracy, precision, recall, specificity, F1, balanced accuracy and MCC. Undefined with the
   * reasons of full reports, or {@code empty_stratum} and {@code too_few_rows} where a stratum has
   * too little to stand on.
   */
  public List<Estimate> result() {
    double[] t = totals();
    double positives = t[TP] + t[FN];
    double negatives = t[FP] + t[TN];
    double all = positives + negatives;
    double predicted = t[TP] + t[FP];
    String p = positives > 0 ? null : "no_positives";
    String n = negatives > 0 ? null : "no_negatives";
    String both = p != null ? p : n;
    var results = new ArrayList<Estimate>();
    results.add(ratio("accuracy", null, new double[] {1, 0, 0, 1}, EVERY_CELL));
    results.add(
        ratio(
            "precision",
            predicted > 0 ? null : "no_predicted_positives",
            new double[] {1, 0, 0, 0},
            new double[] {1, 1, 0, 0}));
    results.add(ratio("recall", p, new double[] {1, 0, 0, 0}, new double[] {1, 0, 1, 0}));
    results.add(ratio("specificity", n, new double[] {0, 0, 0, 1}, new double[] {0, 1, 0, 1}));
    results.add(ratio("f1", p, new double[] {2, 0, 0, 0}, new double[] {2, 1, 1, 0}));
    double recall = t[TP] / positives;
    double specificity = t[TN] / negatives;
    results.add(
        linear(
            "balanced_accuracy",
            both,
            (recall + specificity) / 2,
            new double[] {
              (1 - recall) / positives / 2,
              -specificity / negatives / 2,
              -recall / positives / 2,
              (1 - specificity) / negatives / 2
            },
            EVERY_CELL));
    double unpredicted = t[FN] + t[TN];
    double root =
        Math.sqrt(predicted) * Math.sqrt(positives) * Math.sqrt(negatives) * Math.sqrt(unpredicted);
    double mcc = Math.max(-1, Math.min(1, (t[TP] * t[TN] - t[FP] * t[FN]) / root));
    results.add(
        linear(
            "mcc",
            all > 0 && root == 0 ? "zero_margin" : null,
            mcc,
            new double[] {
              t[TN] / root - mcc / 2 * (1 / predicted + 1 / positives),
              -t[FN] / root - mcc / 2 * (1 / predicted + 1 / negatives),
              -t[FP] / root - mcc / 2 * (1 / unpredicted + 1 / positives),
              t[TP] / root - mcc / 2 * (1 / unpredicted + 1 / negatives)
            },
            EVERY_CELL));
    return results;
  }

  /** The metric of that name. */
  public Estimate result(String name) {
    return result().stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no metric " + name));
  }

  /** R = A / B: u = (a - R b) / B. */
  private Estimate ratio(String name, String reason, double[] a, double[] b) {
    double denominator = sums(b).total();
    double r = sums(a).total() / denominator;
    double[] u = new double[4];
    for (int cell = 0; cell < 4; cell++) {
      u[cell] = (a[cell] - r * b[cell]) / denominator;
    }
    return linear(name, reason, Math.min(1, r), u, b);
  }

  /**
   * A metric with its gradient by the four totals.
   *
   * @param trials what an example of a cell counts for in the denominator
   */
  private Estimate linear(
      String name, String reason, double value, double[] gradient, double[] trials) {
    long rows = rows();
    var sums = sums(gradient);
    String why =
        rows == 0
            ? "empty"
            : reason != null
                ? reason
                : sums.hasHole() ? "empty_stratum" : sums.hasThin() ? "too_few_rows" : null;
    if (why != null) {
      return Estimate.undefined(name, why, rows);
    }
    var estimate =
        Estimate.of(
            name,
            value,
            sums.finiteVariance(),
            sums.superpopulationVariance(),
            rows,
            effectiveRows(trials));
    return seenWhole(trials) ? estimate.withFlag(Estimate.WHOLE_SET) : estimate;
  }

  /** (sum w b)² / sum w² b² over the sample. */
  private double effectiveRows(double[] trials) {
    double total = 0;
    double squares = 0;
    for (int h = 0; h < counts.length; h++) {
      long n = Arrays.stream(counts[h]).sum();
      double w = n == 0 ? 0 : (double) strata.get(h).population() / n;
      for (int cell = 0; cell < 4; cell++) {
        total += counts[h][cell] * w * trials[cell];
        squares += counts[h][cell] * w * w * trials[cell] * trials[cell];
      }
    }
    return squares == 0 ? 0 : total * total / squares;
  }

  /** Whether no example is left unseen whose label counts. */
  private boolean seenWhole(double[] trials) {
    boolean[] counted = {trials[FP] + trials[TN] > 0, trials[TP] + trials[FN] > 0};
    for (int h = 0; h < counts.length; h++) {
      if (counted[strata.get(h).label()]
          && Arrays.stream(counts[h]).sum() < strata.get(h).population()) {
        return false;
      }
    }
    return true;
  }
}
