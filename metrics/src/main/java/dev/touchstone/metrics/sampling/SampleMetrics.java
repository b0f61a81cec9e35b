package dev.touchstone.metrics.sampling;

import java.util.Arrays;

/**
 * The metrics of one model on the rows of a stratified sample, each with what every row contributes
 * to it: u, the metric's derivative by the row's weight. Variances are those of the total of u
 * under post-stratification ({@link PostStrata}); the difference of two models on the same rows has
 * the variance of the difference of their u, in which cancels what they share (methods 3.3 to 3.8).
 *
 * <pre>
 * mean of d     u = (d - D) / N
 * ratio A / B   u = (a - R b) / B
 * AP            influence function (methods 4.3);   ROC AUC   (placement - AUC) / size of the class
 * </pre>
 *
 * <p>Scores are float32 without NaN, labels 0 or 1. Not thread-safe.
 */
public final class SampleMetrics {
  private final float[] scores;
  private final byte[] labels;
  private final byte[] codes;
  private final PostStrata strata;
  private final boolean negativesChosen;
  private final float threshold;
  private final double[] weights;
  private final boolean wholePositives;
  private final boolean whole;
  private RankInfluence ranks;

  private SampleMetrics(
      float[] scores,
      byte[] labels,
      byte[] codes,
      long[] populations,
      double[] rates,
      float threshold) {
    this.scores = scores;
    this.labels = labels;
    this.codes = codes;
    this.threshold = threshold;
    int size = populations.length;
    long[] counts = new long[size];
    long[] positives = new long[size];
    for (int i = 0; i < scores.length; i++) {
      counts[codes[i] & 0xFF]++;
      positives[codes[i] & 0xFF] += labels[i];
    }
    strata = PostStrata.of(populations, counts, positives);
    negativesChosen = negativesChosen(rates, counts, positives);
    weights = new double[scores.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = strata.weight(codes[i] & 0xFF);
    }
    boolean all = true;
    boolean allPositives = true;
    for (int h = 0; h < size; h++) {
      all &= strata.whole(h);
      allPositives &= positives[h] == 0 || strata.whole(h);
    }
    whole = all;
    wholePositives = allPositives;
  }

  /**
   * The rows of a sample; arrays are not copied.
   *
   * @param strata codes of the rows, unsigned
   * @param populations known sizes of the strata
   * @param rates of the plan by stratum
   * @param threshold a row is predicted positive iff its score is at least that
   */
  public static SampleMetrics of(
      HashSample.Rows rows, long[] populations, double[] rates, double threshold) {
    return new SampleMetrics(
        rows.scores(), rows.labels(), rows.strata(), populations, rates, (float) threshold);
  }

  /**
   * Whether negatives were chosen by what they do to average precision, as far as rates can tell:
   * all of them were taken, or not all at one rate (methods 3.7).
   *
   * @param rates of the plan by stratum
   * @param counts examples by stratum
   * @param positives those with label 1
   */
  public static boolean negativesChosen(double[] rates, long[] counts, long[] positives) {
    double least = 1;
    double most = 0;
    for (int h = 0; h < rates.length; h++) {
      if (counts[h] > positives[h]) {
        least = Math.min(least, rates[h]);
        most = Math.max(most, rates[h]);
      }
    }
    return least == 1 || most > least;
  }

  /** The estimate of a metric's value for the whole set. */
  public Estimate level(String metric) {
    String reason = reason(metric);
    if (reason != null) {
      return Estimate.undefined(metric, reason, scores.length);
    }
    double[] u = new double[scores.length];
    double value = fill(metric, u);
    double[] variances = strata.variances(u, codes, 0);
    var estimate =
        Estimate.of(
                metric, value, variances[0], variances[1], scores.length, strata.effectiveRows())
            .withUnseen(unseen(metric, u));
    boolean risk =
        metric.equals("average_precision")
            && ranks().averagePrecisionEstimate().flags().contains("unseen_negative_risk");
    boolean seen = metric.equals("recall") ? wholePositives : whole;
    estimate = risk ? estimate.withFlag("unseen_negative_risk") : estimate;
    return seen ? estimate.withFlag(Estimate.WHOLE_SET) : estimate;
  }

  /**
   * The estimate of what another model's metric is more, for the whole set.
   *
   * @param other on the same rows
   * @return other - this
   * @throws IllegalArgumentException unless both have the same labels and strata, row by row
   */
  public Estimate difference(SampleMetrics other, String metric) {
    if (!Arrays.equals(labels, other.labels) || !Arrays.equals(codes, other.codes)) {
      throw new IllegalArgumentException(
          "both models must have the same labels and strata, row by row");
    }
    String name = metric + "_difference";
    String reason = reason(metric) != null ? reason(metric) : other.reason(metric);
    if (reason != null) {
      return Estimate.undefined(name, reason, scores.length);
    }
    double[] u = new double[scores.length];
    double[] otherU = new double[scores.length];
    double value = -fill(metric, u) + other.fill(metric, otherU);
    for (int i = 0; i < u.length; i++) {
      u[i] = otherU[i] - u[i];
    }
    // flips are few: one that was not seen counts, in whichever stratum it is
    double least = metric.equals("accuracy") ? 1 / strata.population() : 0;
    double[] variances = strata.variances(u, codes, least);
    var estimate =
        Estimate.of(name, value, variances[0], variances[1], scores.length, strata.effectiveRows())
            .withUnseen(unseen(metric, u));
    boolean seen = metric.equals("recall") ? wholePositives : whole;
    return seen ? estimate.withFlag(Estimate.WHOLE_SET) : estimate;
  }

  /** Losses have long tails; what the others may lack their intervals allow for otherwise. */
  private Estimate.Unseen unseen(String metric, double[] u) {
    return metric.equals("log_loss") || metric.equals("brier")
        ? strata.unseen(u, codes)
        : Estimate.Unseen.NONE;
  }

  private RankInfluence ranks() {
    if (ranks == null) {
      ranks = RankInfluence.ofOwned(scores, labels, weights);
    }
    return ranks;
  }

  private String reason(String metric) {
    if (strata.reason() != null) {
      return strata.reason();
    }
    return switch (metric) {
      case "average_precision" -> {
        String reason = ranks().averagePrecisionReason();
        yield reason != null ? reason : negativesChosen ? null : "uniform_negatives";
      }
      case "roc_auc" -> ranks().rocAucReason();
      case "log_loss", "brier" -> outside() ? "score_outside_0_1" : null;
      case "recall", "f1" -> ranks().total(1) == 0 ? "no_positives" : null;
      case "precision" -> predicted() ? null : "no_predicted_positives";
      default -> null;
    };
  }

  private boolean outside() {
    for (float score : scores) {
      if (!(score >= 0 && score <= 1)) {
        return true;
      }
    }
    return false;
  }

  private boolean predicted() {
    for (float score : scores) {
      if (score >= threshold) {
        return true;
      }
    }
    return false;
  }

  /** Fills in contributions; returns the value. */
  private double fill(String metric, double[] u) {
    return switch (metric) {
      case "average_precision" -> {
        for (int i = 0; i < u.length; i++) {
          u[i] = ranks().influence(i);
        }
        yield ranks().averagePrecision();
      }
      case "roc_auc" -> {
        double auc = ranks().rocAuc();
        for (int i = 0; i < u.length; i++) {
          u[i] = (ranks().placement(i) - auc) / ranks().total(labels[i]);
        }
        yield auc;
      }
      default -> {
        double[] trials = new double[u.length];
        double a = 0;
        double b = 0;
        for (int i = 0; i < u.length; i++) {
          u[i] = hit(metric, i);
          trials[i] = trials(metric, i);
          a += weights[i] * u[i];
          b += weights[i] * trials[i];
        }
        double r = a / b;
        for (int i = 0; i < u.length; i++) {
          u[i] = (u[i] - r * trials[i]) / b;
        }
        yield r;
      }
    };
  }

  /** What a row adds to the numerator. */
  private double hit(String metric, int i) {
    boolean positive = labels[i] == 1;
    boolean predicted = scores[i] >= threshold;
    return switch (metric) {
      case "log_loss" -> StratumTally.logLoss(scores[i], labels[i]);
      case "brier" -> ((double) scores[i] - labels[i]) * ((double) scores[i] - labels[i]);
      case "accuracy" -> positive == predicted ? 1 : 0;
      case "precision", "recall" -> positive && predicted ? 1 : 0;
      case "f1" -> positive && predicted ? 2 : 0;
      default -> throw new IllegalArgumentException("no metric " + metric);
    };
  }

  /** What a row adds to the denominator. */
  private double trials(String metric, int i) {
    return switch (metric) {
      case "precision" -> scores[i] >= threshold ? 1 : 0;
      case "recall" -> labels[i];
      case "f1" -> labels[i] + (scores[i] >= threshold ? 1 : 0);
      default -> 1;
    };
  }
}
