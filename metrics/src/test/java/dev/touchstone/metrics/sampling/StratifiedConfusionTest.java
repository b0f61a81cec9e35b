package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.ThresholdRow;
import java.util.Arrays;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class StratifiedConfusionTest {
  /** 12 positives and 40 negatives. */
  private static final SamplingPlan PLAN = plan(12, 40);

  private static SamplingPlan plan(int positives, int negatives) {
    byte[] labels = new byte[positives + negatives];
    Arrays.fill(labels, 0, positives, (byte) 1);
    return PlanDesign.of("x", 1, 100).plan(labels);
  }

  private static int code(int label) {
    return PLAN.stratumOf(label, 0, "");
  }

  private static StratifiedConfusion table(int tp, int fp, int fn, int tn) {
    var table = StratifiedConfusion.of(PLAN);
    int[] counts = {tp, fp, fn, tn};
    for (int cell = 0; cell < 4; cell++) {
      boolean positive = cell == 0 || cell == 2;
      for (int i = 0; i < counts[cell]; i++) {
        table.accept(code(positive ? 1 : 0), positive, cell < 2);
      }
    }
    return table;
  }

  /** A metric of the totals TP, FP, FN, TN. */
  private static double at(ToDoubleFunction<ThresholdRow> f, double... t) {
    return f.applyAsDouble(new ThresholdRow(0.5, t[0], t[1], t[2], t[3]));
  }

  /** Of 12 positives 5 hits and 3 misses were drawn, of 40 negatives 4 false alarms and 21 not. */
  @Test
  void variancesFollowFromNumericalDerivatives() {
    var table = table(5, 4, 3, 21);
    Map<String, ToDoubleFunction<ThresholdRow>> metrics =
        Map.of(
            "accuracy", r -> r.accuracy().orElseThrow(),
            "precision", r -> r.precision().orElseThrow(),
            "recall", r -> r.recall().orElseThrow(),
            "specificity", r -> r.specificity().orElseThrow(),
            "f1", r -> r.f1().orElseThrow(),
            "balanced_accuracy", r -> r.balancedAccuracy().orElseThrow(),
            "mcc", r -> r.mcc().orElseThrow());
    double[] totals = {12 * 5 / 8.0, 40 * 4 / 25.0, 12 * 3 / 8.0, 40 * 21 / 25.0};
    metrics.forEach(
        (name, f) -> {
          double[] u = new double[4];
          for (int cell = 0; cell < 4; cell++) {
            double[] up = totals.clone();
            double[] down = totals.clone();
            up[cell] += 1e-4;
            down[cell] -= 1e-4;
            u[cell] = (at(f, up) - at(f, down)) / 2e-4;
          }
          double finite = 0;
          double future = 0;
          int[][] cells = {{0, 2, 5, 3, 12}, {1, 3, 4, 21, 40}};
          for (int[] c : cells) {
            double n = c[2] + c[3];
            double mean = (c[2] * u[c[0]] + c[3] * u[c[1]]) / n;
            double squares =
                c[2] * Math.pow(u[c[0]] - mean, 2) + c[3] * Math.pow(u[c[1]] - mean, 2);
            double within = (double) c[4] * c[4] * squares / (n - 1) / n;
            finite += within * (1 - n / c[4]);
            // u adds up to 0 over the set, so its mean is 0
            future += within + c[4] * mean * mean;
          }
          var estimate = table.result(name);
          assertThat(estimate.value()).as(name).isCloseTo(at(f, totals), within(1e-14));
          assertThat(estimate.finiteVariance()).as(name).isCloseTo(finite, within(1e-9));
          assertThat(estimate.superpopulationVariance()).as(name).isCloseTo(future, within(1e-9));
          assertThat(estimate.rows()).isEqualTo(33);
          assertThat(estimate.flags()).isEmpty();
        });
  }

  @Test
  void effectiveRowsCountWhatTheDenominatorCounts() {
    var table = table(5, 4, 3, 21);
    double p = 12 / 8.0;
    double n = 40 / 25.0;
    effective(table, "accuracy", 8 * p + 25 * n, 8 * p * p + 25 * n * n);
    effective(table, "precision", 5 * p + 4 * n, 5 * p * p + 4 * n * n);
    effective(table, "recall", 8 * p, 8 * p * p);
    effective(table, "specificity", 25 * n, 25 * n * n);
    effective(table, "f1", 13 * p + 4 * n, 23 * p * p + 4 * n * n);
  }

  private static void effective(
      StratifiedConfusion table, String name, double sum, double squares) {
    assertThat(table.result(name).effectiveRows())
        .as(name)
        .isCloseTo(sum * sum / squares, within(1e-12));
  }

  @Test
  void aMetricIsWholeWhenTheRowsThatCountWereSeen() {
    var positivesOnly = table(9, 4, 3, 21);
    assertThat(positivesOnly.result("recall").flags()).containsExactly("whole_set");
    assertThat(positivesOnly.result("specificity").flags()).isEmpty();
    assertThat(positivesOnly.result("precision").flags()).isEmpty();
    var negativesOnly = table(5, 10, 3, 30);
    assertThat(negativesOnly.result("recall").flags()).isEmpty();
    assertThat(negativesOnly.result("specificity").flags()).containsExactly("whole_set");
    var all = table(9, 10, 3, 30);
    assertThat(all.result()).allMatch(e -> e.flags().equals(java.util.List.of("whole_set")));
    assertThat(all.result("accuracy").value()).isEqualTo(39 / 52.0);
  }

  @Test
  void tablesAddUpCellByCell() {
    var sum = table(2, 1, 3, 10).combine(table(3, 3, 0, 11));
    assertThat(sum.rows()).isEqualTo(33);
    assertThat(sum.result()).isEqualTo(table(5, 4, 3, 21).result());
    assertThat(sum.combine(StratifiedConfusion.of(PLAN)).rows()).isEqualTo(33);
  }

  @Test
  void weightsOfASampleAreThoseOfItsStrata() {
    int[] codes = {code(1), code(0), code(1), code(0), code(0)};
    double[] weights = PLAN.postStratifiedWeights(codes);
    for (int i = 0; i < codes.length; i++) {
      assertThat(weights[i]).isEqualTo(codes[i] == code(1) ? 6 : 40 / 3.0);
    }
    assertThat(PLAN.postStratifiedWeights(new int[0])).isEmpty();
    int[] tooMany = new int[13];
    Arrays.fill(tooMany, code(1));
    assertThatThrownBy(() -> PLAN.postStratifiedWeights(tooMany))
        .hasMessageStartingWith(
            "a sample cannot have more examples than the stratum: 13 of 12 (stratum ");
    assertThat(PLAN.postStratifiedWeights(Arrays.copyOf(tooMany, 12))).containsOnly(1.0);
  }

  @Test
  void plansAreEqualByWhatTheySay() {
    assertThat(plan(12, 40)).isEqualTo(PLAN).hasSameHashCodeAs(PLAN);
    assertThat(plan(12, 41)).isNotEqualTo(PLAN).doesNotHaveSameHashCodeAs(PLAN);
    var otherSeed = PlanDesign.of("x", 2, 100).plan(new byte[] {0, 1});
    assertThat(otherSeed).isNotEqualTo(PlanDesign.of("x", 1, 100).plan(new byte[] {0, 1}));
    assertThat(PLAN).isNotEqualTo(PLAN.text()).hasToString(PLAN.text());
    assertThat(PLAN.settings()).isEqualTo(PlanDesign.of("x", 1, 100));
    assertThat(PLAN.hash().u(7)).isEqualTo(InclusionHash.of("x", 1).u(7));
    assertThat(SamplingPlan.parse(PLAN.text())).isEqualTo(PLAN);
  }
}
