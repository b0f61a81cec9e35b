package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ThresholdRowTest {
  private static final ThresholdRow ROW = new ThresholdRow(0.5, 6, 2, 3, 9);

  private static void check(OptionalDouble actual, double expected) {
    assertThat(actual.orElseThrow()).isCloseTo(expected, within(1e-15));
  }

  @Test
  void everyRatioIsItsDefinition() {
    check(ROW.precision(), 6 / 8.0);
    check(ROW.recall(), 6 / 9.0);
    check(ROW.specificity(), 9 / 11.0);
    check(ROW.fpr(), 2 / 11.0);
    check(ROW.accuracy(), 15 / 20.0);
    check(ROW.f1(), 12 / 17.0);
    check(ROW.fBeta(2), 30 / 44.0);
    check(ROW.fBeta(0.5), 7.5 / 10.25);
    check(ROW.mcc(), 48 / Math.sqrt(8.0 * 9 * 11 * 12));
    check(ROW.balancedAccuracy(), (6 / 9.0 + 9 / 11.0) / 2);
    check(ROW.youdenJ(), 6 / 9.0 - 2 / 11.0);
  }

  @Test
  void whatHasNoDenominatorIsEmpty() {
    var nothing = new ThresholdRow(0.5, 0, 0, 0, 0);
    assertThat(nothing.accuracy()).isEmpty();
    assertThat(nothing.precision()).isEmpty();
    var noPositives = new ThresholdRow(0.5, 0, 1, 0, 1);
    assertThat(noPositives.recall()).isEmpty();
    assertThat(noPositives.f1()).isEmpty();
    assertThat(noPositives.balancedAccuracy()).isEmpty();
    assertThat(noPositives.youdenJ()).isEmpty();
    check(noPositives.specificity(), 0.5);
    var noNegatives = new ThresholdRow(0.5, 1, 0, 1, 0);
    assertThat(noNegatives.specificity()).isEmpty();
    assertThat(noNegatives.fpr()).isEmpty();
    assertThat(noNegatives.balancedAccuracy()).isEmpty();
    assertThat(noNegatives.youdenJ()).isEmpty();
    check(noNegatives.f1(), 2 / 3.0);
    check(new ThresholdRow(0.5, 0, 0, 2, 3).f1(), 0);
  }

  @Test
  void everyMarginOfTheCorrelationMustBeFilled() {
    assertThat(new ThresholdRow(0.5, 0, 0, 2, 3).mcc()).as("none predicted").isEmpty();
    assertThat(new ThresholdRow(0.5, 2, 3, 0, 0).mcc()).as("all predicted").isEmpty();
    assertThat(new ThresholdRow(0.5, 0, 2, 0, 3).mcc()).as("no positives").isEmpty();
    assertThat(new ThresholdRow(0.5, 2, 0, 3, 0).mcc()).as("no negatives").isEmpty();
    check(new ThresholdRow(0.5, 7, 0, 0, 3).mcc(), 1);
    check(new ThresholdRow(0.5, 0, 3, 7, 0).mcc(), -1);
    // counts whose product is beyond 2^53
    check(new ThresholdRow(0.5, 3e11, 1e11, 1e11, 3e11).mcc(), 0.5);
  }

  @Test
  void betaMustBeAboveZero() {
    for (double beta : new double[] {0, -1, Double.NaN}) {
      assertThatThrownBy(() -> ROW.fBeta(beta))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("beta must be above 0, got " + beta);
    }
  }
}
