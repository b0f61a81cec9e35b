package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import org.junit.jupiter.api.Test;

class RankingIntervalsTest {
  private static final double LEVEL = 0.9;

  private static MetricValue ap(double value, double variance, double positives, double negatives) {
    return RankingIntervals.averagePrecision(
        MetricValue.defined("average_precision", value), variance, positives, negatives, LEVEL);
  }

  private static MetricValue auc(
      double value, double variance, double positives, double negatives) {
    return RankingIntervals.rocAuc(
        MetricValue.defined("roc_auc", value), variance, positives, negatives, LEVEL);
  }

  @Test
  void averagePrecisionHasNoIntervalBelowTenPositivesNorWithoutNegatives() {
    assertThat(ap(0.5, 0.01, 9.9, 50).intervalReason()).isEqualTo("too_few_positives");
    assertThat(ap(0.5, 0.01, 10, 50).interval()).isNotNull();
    assertThat(ap(1, 0, 5, 0).intervalReason()).isEqualTo("no_negatives");
  }

  @Test
  void fromTenToFortyNinePositivesTheWiderIntervalIsTaken() {
    var influence = ap(0.5, 0.02, 30, 50);
    assertThat(influence.flags()).containsExactly("low_positives");
    assertThat(influence.interval())
        .isEqualTo(
            Intervals.logit(
                0.5, Math.sqrt(0.02), Intervals.t(LEVEL, 29), LEVEL, "influence_logit_t"));
    var binomial = ap(0.4, 1e-6, 30, 50);
    assertThat(binomial.interval())
        .isEqualTo(
            Intervals.logit(
                0.4, Math.sqrt(0.4 * (1 - 0.4) / 30), Intervals.z(LEVEL), LEVEL, "binomial_logit"));
    var many = ap(0.4, 1e-6, 50, 50);
    assertThat(many.flags()).isEmpty();
    assertThat(many.interval())
        .isEqualTo(
            Intervals.logit(0.4, Math.sqrt(1e-6), Intervals.z(LEVEL), LEVEL, "influence_logit"));
    assertThat(ap(0.4, -1e-20, 50, 50).interval().low())
        .as("rounding below zero is no error")
        .isCloseTo(0.4, within(1e-15));
  }

  @Test
  void aPerfectRankingHasTheExactLowerEnd() {
    var perfect = ap(1, 0, 20, 50);
    assertThat(perfect.flags()).containsExactly("low_positives", "perfect_separation");
    assertThat(perfect.interval().low()).isCloseTo(Math.pow(0.05, 1 / 20.0), within(1e-14));
    assertThat(perfect.interval().high()).isEqualTo(1);
  }

  @Test
  void theAreaNeedsTwoRowsOfEachClass() {
    assertThat(auc(0.5, 0.1, 1.9, 9).intervalReason()).isEqualTo("too_few_rows");
    assertThat(auc(0.5, 0.1, 9, 1.9).intervalReason()).isEqualTo("too_few_rows");
    assertThat(auc(0.5, 0.1, 2, 2).interval().method()).isEqualTo("hanley_mcneil_score");
  }

  @Test
  void delongIsTakenWithFiveExpectedMisrankingsInBothClasses() {
    var delong = Intervals.logit(0.75, 0.1, Intervals.z(LEVEL), LEVEL, "delong_logit");
    assertThat(auc(0.75, 0.1 * 0.1, 20, 20).interval()).isEqualTo(delong);
    assertThat(auc(0.75, 0.01, 19.9, 20).interval().method()).isEqualTo("hanley_mcneil_score");
    assertThat(auc(0.75, 0.01, 20, 19.9).interval().method()).isEqualTo("hanley_mcneil_score");
    assertThat(auc(0.75, 0, 20, 20).interval().method()).isEqualTo("hanley_mcneil_score");
    assertThat(auc(0, 0.01, 20, 20).interval().low()).isZero();
    assertThat(auc(0, 0.01, 20, 20).interval().method()).isEqualTo("hanley_mcneil_score");
  }

  @Test
  void theScoreIntervalEndsWhereTheVarianceOfTheEndReaches() {
    double z = Intervals.z(LEVEL);
    double p = 12;
    double n = 7;
    var metric = auc(0.8, 0.01, p, n);
    for (double end : new double[] {metric.interval().low(), metric.interval().high()}) {
      // Hanley and McNeil 1982
      double q1 = end / (2 - end);
      double q2 = 2 * end * end / (1 + end);
      double variance =
          (end * (1 - end) + (p - 1) * (q1 - end * end) + (n - 1) * (q2 - end * end)) / (p * n);
      assertThat(Math.abs(0.8 - end)).isCloseTo(z * Math.sqrt(variance), within(1e-12));
    }
    assertThat(metric.interval().low()).isLessThan(0.8);
    assertThat(metric.interval().high()).isGreaterThan(0.8);
    assertThat(metric.flags()).isEmpty();
    var perfect = auc(1, 0, p, n);
    assertThat(perfect.flags()).containsExactly("perfect_separation");
    assertThat(perfect.interval().high()).isEqualTo(1);
    assertThat(perfect.interval().low()).isBetween(0.7, 0.95);
  }
}
