package dev.touchstone.metrics;

import java.util.OptionalDouble;

/**
 * The confusion table at one threshold: an example is predicted positive iff its score is at least
 * the threshold. Counts are whole numbers without weights and sums of weights with them.
 *
 * @param threshold in the score's precision; +Infinity means "above every score"
 * @param tp true positives
 * @param fp false positives
 * @param fn false negatives
 * @param tn true negatives
 */
public record ThresholdRow(double threshold, double tp, double fp, double fn, double tn) {
  private static OptionalDouble ratio(double numerator, double denominator) {
    return denominator > 0 ? OptionalDouble.of(numerator / denominator) : OptionalDouble.empty();
  }

  /** TP / (TP + FP); empty where nothing is predicted positive. */
  public OptionalDouble precision() {
    return ratio(tp, tp + fp);
  }

  /** TP / (TP + FN), also called sensitivity and true-positive rate; empty without positives. */
  public OptionalDouble recall() {
    return ratio(tp, tp + fn);
  }

  /** TN / (TN + FP); empty without negatives. */
  public OptionalDouble specificity() {
    return ratio(tn, tn + fp);
  }

  /** FP / (FP + TN), the false-positive rate; empty without negatives. */
  public OptionalDouble fpr() {
    return ratio(fp, fp + tn);
  }

  /** (TP + TN) / all; empty for nothing. */
  public OptionalDouble accuracy() {
    return ratio(tp + tn, tp + fp + fn + tn);
  }

  /** F1 = 2 TP / (2 TP + FP + FN); empty without positives. */
  public OptionalDouble f1() {
    return fBeta(1);
  }

  /** F-beta = (1 + b²) TP / ((1 + b²) TP + b² FN + FP); empty without positives. */
  public OptionalDouble fBeta(double beta) {
    if (!(beta > 0)) {
      throw new IllegalArgumentException("beta must be above 0, got " + beta);
    }
    double b2 = beta * beta;
    return tp + fn > 0
        ? ratio((1 + b2) * tp, (1 + b2) * tp + b2 * fn + fp)
        : OptionalDouble.empty();
  }

  /** Matthews correlation coefficient; empty where a margin is zero. */
  public OptionalDouble mcc() {
    double a = tp + fp;
    double b = tp + fn;
    double c = tn + fp;
    double d = tn + fn;
    if (!(a > 0 && b > 0 && c > 0 && d > 0)) {
      return OptionalDouble.empty();
    }
    // a root each: the product of four counts leaves the range where doubles are exact
    double scale = Math.sqrt(a) * Math.sqrt(b) * Math.sqrt(c) * Math.sqrt(d);
    return OptionalDouble.of(Math.max(-1, Math.min(1, (tp * tn - fp * fn) / scale)));
  }

  /** (recall + specificity) / 2; empty with one class absent. */
  public OptionalDouble balancedAccuracy() {
    return recall().isPresent() && specificity().isPresent()
        ? OptionalDouble.of((recall().getAsDouble() + specificity().getAsDouble()) / 2)
        : OptionalDouble.empty();
  }

  /** recall − FPR; empty with one class absent. */
  public OptionalDouble youdenJ() {
    return recall().isPresent() && fpr().isPresent()
        ? OptionalDouble.of(recall().getAsDouble() - fpr().getAsDouble())
        : OptionalDouble.empty();
  }
}
