package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;

/** Which interval average precision and ROC AUC get, and when none. */
final class RankingIntervals {
  /** Below, no interval is honest; below the second, intervals are flagged (simulated coverage). */
  private static final double FEWEST_POSITIVES = 10;

  private static final double FEW_POSITIVES = 50;

  /** DeLong's interval loses coverage with fewer expected misrankings in either class. */
  private static final double FEWEST_MISRANKED = 5;

  private RankingIntervals() {}

  /**
   * The influence-function interval on the logit scale; with 10 to 49 positives the wider of it
   * (with Student's quantile) and the binomial one (Boyd, Eng and Page 2013).
   *
   * @param positives effective number of positives
   */
  static MetricValue averagePrecision(
      MetricValue metric, double variance, double positives, double negatives, double level) {
    double value = metric.value();
    if (negatives == 0) {
      return metric.withoutInterval("no_negatives");
    }
    if (positives < FEWEST_POSITIVES) {
      return metric.withoutInterval("too_few_positives");
    }
    var flagged = positives < FEW_POSITIVES ? metric.withFlag("low_positives") : metric;
    if (value >= 1) {
      // all positives on top: the share of positives above all these negatives (Clopper-Pearson)
      double low = StrictMath.pow((1 - level) / 2, 1 / positives);
      return flagged
          .withFlag("perfect_separation")
          .withInterval(new Interval(low, 1, "perfect_separation", level, Target.SUPERPOPULATION));
    }
    double error = Math.sqrt(Math.max(0, variance));
    if (positives >= FEW_POSITIVES) {
      return flagged.withInterval(
          Intervals.logit(value, error, Intervals.z(level), level, "influence_logit"));
    }
    var influence =
        Intervals.logit(
            value, error, Intervals.t(level, positives - 1), level, "influence_logit_t");
    var binomial =
        Intervals.logit(
            value,
            Math.sqrt(value * (1 - value) / positives),
            Intervals.z(level),
            level,
            "binomial_logit");
    boolean wider = binomial.high() - binomial.low() > influence.high() - influence.low();
    return flagged.withInterval(wider ? binomial : influence);
  }

  /** DeLong on the logit scale, or the conservative score interval of Hanley and McNeil. */
  static MetricValue rocAuc(
      MetricValue metric, double variance, double positives, double negatives, double level) {
    if (positives < 2 || negatives < 2) {
      return metric.withoutInterval("too_few_rows");
    }
    double value = metric.value();
    boolean plenty =
        positives * (1 - value) >= FEWEST_MISRANKED && negatives * (1 - value) >= FEWEST_MISRANKED;
    if (plenty && variance > 0 && value > 0) {
      return metric.withInterval(
          Intervals.logit(value, Math.sqrt(variance), Intervals.z(level), level, "delong_logit"));
    }
    double z = Intervals.z(level);
    var interval =
        new Interval(
            bound(value, 0, z, positives, negatives),
            bound(value, 1, z, positives, negatives),
            "hanley_mcneil_score",
            level,
            Target.SUPERPOPULATION);
    return (value >= 1 ? metric.withFlag("perfect_separation") : metric).withInterval(interval);
  }

  /** The farthest theta toward {@code end} with (A - theta)² <= z² V(theta). */
  private static double bound(double auc, double end, double z, double p, double n) {
    if (auc == end) {
      return end;
    }
    double inside = auc;
    double outside = end;
    for (int i = 0; i < 100; i++) {
      double theta = (inside + outside) / 2;
      // Hanley and McNeil 1982
      double q1 = theta / (2 - theta);
      double q2 = 2 * theta * theta / (1 + theta);
      double variance =
          (theta * (1 - theta) + (p - 1) * (q1 - theta * theta) + (n - 1) * (q2 - theta * theta))
              / (p * n);
      if ((auc - theta) * (auc - theta) <= z * z * variance) {
        inside = theta;
      } else {
        outside = theta;
      }
    }
    return inside;
  }
}
