package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EstimatorsTest {
  /**
   * A fraud-like set: labels, scores of a reference and of two models, a plan from the reference.
   */
  private static final class World {
    final int n;
    final byte[] labels;
    final double[] reference;
    final double[] a;
    final double[] b;

    World(long seed, int n, double rate) {
      this.n = n;
      labels = new byte[n];
      reference = new double[n];
      a = new double[n];
      b = new double[n];
      var random = new SplittableRandom(seed);
      for (int i = 0; i < n; i++) {
        labels[i] = (byte) (random.nextDouble() < rate ? 1 : 0);
        double z = random.nextGaussian() + 2 * labels[i];
        reference[i] = sigmoid(z + 0.5 * random.nextGaussian());
        a[i] = sigmoid(z + 0.5 * random.nextGaussian());
        b[i] = sigmoid(z + 0.1 * labels[i] + 0.45 * random.nextGaussian());
      }
    }

    static double sigmoid(double z) {
      return 1 / (1 + Math.exp(4 - 2 * z));
    }

    double brier(double[] scores, int i) {
      return (scores[i] - labels[i]) * (scores[i] - labels[i]);
    }

    double meanBrier(double[] scores) {
      return IntStream.range(0, n).mapToDouble(i -> brier(scores, i)).average().orElseThrow();
    }
  }

  private record Sample(int[] rows, int[] strata) {
    static Sample of(World world, SamplingPlan plan) {
      var rows = new ArrayList<Integer>();
      var strata = new ArrayList<Integer>();
      for (int i = 0; i < world.n; i++) {
        int h = plan.stratumOf(world.labels[i], world.reference[i], "");
        if (plan.includes(i, h)) {
          rows.add(i);
          strata.add(h);
        }
      }
      return new Sample(
          rows.stream().mapToInt(i -> i).toArray(), strata.stream().mapToInt(i -> i).toArray());
    }

    double[] pick(double[] values) {
      return IntStream.of(rows).mapToDouble(i -> values[i]).toArray();
    }

    byte[] pick(byte[] values) {
      byte[] picked = new byte[rows.length];
      for (int i = 0; i < picked.length; i++) {
        picked[i] = values[rows[i]];
      }
      return picked;
    }
  }

  private static final World WORLD = new World(1, 20_000, 0.01);

  private static SamplingPlan plan(long seed, long budget) {
    return PlanDesign.of("estimators", seed, budget).plan(WORLD.labels, WORLD.reference);
  }

  /** Over many salts the finite intervals must cover the value of the whole set. */
  @Test
  @Tag("slow")
  void finiteIntervalsCoverTheWholeSetsValue() {
    int runs = 300;
    var names = List.of("brier", "hajek", "ht", "difference", "auc", "auc difference", "ap", "dap");
    int[] covered = new int[names.size()];
    double[] error = new double[names.size()];
    double brier = WORLD.meanBrier(WORLD.a);
    double difference = WORLD.meanBrier(WORLD.b) - brier;
    var wholeA = RankInfluence.of(WORLD.a, WORLD.labels, null);
    var wholeB = RankInfluence.of(WORLD.b, WORLD.labels, null);
    double[] truths = {
      brier,
      brier,
      brier,
      difference,
      wholeA.rocAuc(),
      wholeB.rocAuc() - wholeA.rocAuc(),
      wholeA.averagePrecision(),
      wholeB.averagePrecision() - wholeA.averagePrecision()
    };
    for (int run = 0; run < runs; run++) {
      var plan = plan(run, 2_000);
      var sample = Sample.of(WORLD, plan);
      var level = StratifiedMean.of(plan);
      var paired = StratifiedMean.of(plan);
      for (int i = 0; i < sample.rows.length; i++) {
        int row = sample.rows[i];
        level.accept(sample.strata[i], WORLD.brier(WORLD.a, row));
        paired.accept(sample.strata[i], WORLD.brier(WORLD.b, row) - WORLD.brier(WORLD.a, row));
      }
      double[] weights = plan.designWeights(sample.strata);
      var labels = sample.pick(WORLD.labels);
      var a = RankInfluence.of(sample.pick(WORLD.a), labels, weights);
      var b = RankInfluence.of(sample.pick(WORLD.b), labels, weights);
      var ranks = RankDifference.of(a, b);
      var t = Target.FINITE;
      var values =
          List.of(
              level.result("brier").normal(t, 0.95, 1, 0, 1),
              level.hajek("brier").normal(t, 0.95, 1, 0, 1),
              level.horvitzThompson("brier").normal(t, 0.95, 1, 0, 1),
              paired.result("brier_difference").normal(t, 0.95, 1, -1, 1),
              TierOne.rocAuc(a, t, 0.95),
              TierOne.rocAucDifference(ranks, t, 0.95),
              TierOne.averagePrecision(a, plan, t, 0.95),
              TierOne.averagePrecisionDifference(ranks, plan, t, 0.95));
      for (int m = 0; m < truths.length; m++) {
        covered[m] += values.get(m).interval().contains(truths[m]) ? 1 : 0;
        error[m] += (values.get(m).value() - truths[m]) / runs;
      }
    }
    for (int m = 0; m < truths.length; m++) {
      // methods 3.5: 0.93 to 0.98 by metric and design; ± 4 standard deviations of a share of 300
      assertThat((double) covered[m] / runs).as(names.get(m)).isBetween(0.89, 1.0);
      assertThat(error[m]).as("bias of " + names.get(m)).isCloseTo(0, within(0.004));
    }
  }

  /** Over many sets and salts the superpopulation intervals must cover the law's value. */
  @Test
  @Tag("slow")
  void superpopulationIntervalsCoverTheLawsValue() {
    double truth = 0;
    for (int seed = 0; seed < 20; seed++) {
      truth +=
          new World(900 + seed, 50_000, 0.2).meanBrier(new World(900 + seed, 50_000, 0.2).a) / 20;
    }
    int runs = 300;
    int covered = 0;
    int coveredHt = 0;
    int withoutBetween = 0;
    for (int run = 0; run < runs; run++) {
      var world = new World(10_000 + run, 2_000, 0.2);
      var plan = PlanDesign.of("super", run, 800).plan(world.labels, world.reference);
      var sample = Sample.of(world, plan);
      var mean = StratifiedMean.of(plan);
      for (int i = 0; i < sample.rows.length; i++) {
        mean.accept(sample.strata[i], world.brier(world.a, sample.rows[i]));
      }
      var target = Target.SUPERPOPULATION;
      covered += mean.result("b").normal(target, 0.95, 1, 0, 1).interval().contains(truth) ? 1 : 0;
      coveredHt +=
          mean.horvitzThompson("b").normal(target, 0.95, 1, 0, 1).interval().contains(truth)
              ? 1
              : 0;
      withoutBetween +=
          mean.result("b").normal(Target.FINITE, 0.95, 1, 0, 1).interval().contains(truth) ? 1 : 0;
    }
    // ± 4 standard deviations of a share of 300
    assertThat((double) covered / runs).isCloseTo(0.95, within(0.05));
    assertThat((double) coveredHt / runs).isCloseTo(0.95, within(0.05));
    assertThat((double) withoutBetween / runs)
        .as("the finite interval is for less")
        .isLessThan(0.9);
  }

  @Test
  void aSampleOfEverythingIsExact() {
    var plan = plan(5, 1_000_000);
    var sample = Sample.of(WORLD, plan);
    assertThat(sample.rows).hasSize(WORLD.n);
    var mean = StratifiedMean.of(plan);
    var table = StratifiedConfusion.of(plan);
    for (int i = 0; i < WORLD.n; i++) {
      mean.accept(sample.strata[i], WORLD.brier(WORLD.a, i));
      table.accept(sample.strata[i], WORLD.labels[i] == 1, WORLD.a[i] >= 0.5);
    }
    var estimate = mean.result("brier");
    assertThat(estimate.value()).isCloseTo(WORLD.meanBrier(WORLD.a), within(1e-14));
    assertThat(estimate.finiteVariance()).isZero();
    assertThat(estimate.flags()).containsExactly("whole_set");
    double[] deviations = mean.deviations();
    assertThat(deviations[0]).isPositive();
    // with every stratum whole, the superpopulation variance is that of a plain mean
    double variance = 0;
    for (int i = 0; i < WORLD.n; i++) {
      variance += Math.pow(WORLD.brier(WORLD.a, i) - estimate.value(), 2);
    }
    assertThat(estimate.superpopulationVariance() * WORLD.n * WORLD.n)
        .isCloseTo(variance, within(variance * 0.02));
    var precision = table.result("precision");
    var interval = precision.wilson(Target.FINITE, 0.95).interval();
    assertThat(interval.low()).isEqualTo(precision.value()).isEqualTo(interval.high());
    var wide = precision.wilson(Target.SUPERPOPULATION, 0.95).interval();
    assertThat(wide.low()).isLessThan(precision.value());
  }

  @Test
  @Tag("slow")
  void decisionMetricsOfASampleCoverThoseOfTheSet() {
    int runs = 300;
    var whole = plan(0, 1_000_000);
    var exact = StratifiedConfusion.of(whole);
    for (int i = 0; i < WORLD.n; i++) {
      exact.accept(
          whole.stratumOf(WORLD.labels[i], WORLD.reference[i], ""),
          WORLD.labels[i] == 1,
          WORLD.a[i] >= 0.3);
    }
    var truths = exact.result();
    int[] covered = new int[truths.size()];
    for (int run = 0; run < runs; run++) {
      var plan = plan(run, 1_500);
      var sample = Sample.of(WORLD, plan);
      var left = StratifiedConfusion.of(plan);
      var right = StratifiedConfusion.of(plan);
      for (int i = 0; i < sample.rows.length; i++) {
        int row = sample.rows[i];
        (i % 3 == 0 ? left : right)
            .accept(sample.strata[i], WORLD.labels[row] == 1, WORLD.a[row] >= 0.3);
      }
      var estimates = right.combine(left).result();
      for (int m = 0; m < covered.length; m++) {
        var estimate = estimates.get(m);
        var value =
            List.of("f1", "mcc", "balanced_accuracy").contains(estimate.name())
                ? estimate.normal(Target.FINITE, 0.95, 1, -1, 1)
                : estimate.wilson(Target.FINITE, 0.95);
        boolean close = Math.abs(value.value() - truths.get(m).value()) < 1e-12;
        covered[m] +=
            value.interval() == null
                ? close ? 1 : 0
                : close || value.interval().contains(truths.get(m).value()) ? 1 : 0;
      }
    }
    for (int m = 0; m < covered.length; m++) {
      assertThat((double) covered[m] / runs).as(truths.get(m).name()).isGreaterThanOrEqualTo(0.88);
    }
  }

  @Test
  void decisionMetricsAreTheirDefinitionsAndUndefinedOnesSayWhy() {
    var plan = PlanDesign.of("x", 1, 100).plan(new byte[] {1, 1, 1, 0, 0, 0, 0, 0});
    var table = StratifiedConfusion.of(plan);
    for (int i = 0; i < 3; i++) {
      table.accept(0, true, i < 2);
    }
    for (int i = 0; i < 5; i++) {
      table.accept(1, false, i < 1);
    }
    assertThat(table.result("accuracy").value()).isCloseTo(6 / 8.0, within(1e-15));
    assertThat(table.result("precision").value()).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(table.result("recall").value()).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(table.result("specificity").value()).isCloseTo(4 / 5.0, within(1e-15));
    assertThat(table.result("f1").value()).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(table.result("balanced_accuracy").value()).isCloseTo(11 / 15.0, within(1e-15));
    assertThat(table.result("mcc").value()).isCloseTo(7 / 15.0, within(1e-15));
    // the gradient of recall sees positives alone: (2 * (1/3)² + (2/3)²) / 9 around its mean of 0
    assertThat(table.result("recall").effectiveRows()).isEqualTo(3);

    var nothing = StratifiedConfusion.of(plan);
    assertThat(nothing.result()).allMatch(e -> e.reason().equals("empty"));
    nothing.accept(0, true, false);
    nothing.accept(0, true, false);
    assertThat(nothing.result("accuracy").reason()).isEqualTo("empty_stratum");
    nothing.accept(1, false, false);
    assertThat(nothing.result("accuracy").reason()).isEqualTo("too_few_rows");
    nothing.accept(1, false, false);
    assertThat(nothing.result("precision").reason()).isEqualTo("no_predicted_positives");
    assertThat(nothing.result("mcc").reason()).isEqualTo("zero_margin");
    assertThat(nothing.result("recall").wilson(Target.FINITE, 0.95).interval().high())
        .as("no hit among 2 of 3")
        .isGreaterThan(0.4);
    var negatives = StratifiedConfusion.of(PlanDesign.of("x", 1, 9).plan(new byte[4]));
    IntStream.range(0, 4).forEach(i -> negatives.accept(0, false, false));
    assertThat(negatives.result("recall").reason()).isEqualTo("no_positives");
    assertThat(negatives.result("balanced_accuracy").reason()).isEqualTo("no_positives");
    assertThatThrownBy(() -> negatives.result("auc")).hasMessage("no metric auc");
    assertThatThrownBy(() -> negatives.accept(1, true, true))
        .hasMessage("stratum must be in [0, 0], got 1");
    assertThatThrownBy(() -> negatives.combine(table))
        .hasMessage("tables of different plans cannot be combined");
  }

  @Test
  void anyPartitionAndOrderOfASampleGiveTheSameBits() {
    var plan = plan(3, 500);
    var sample = Sample.of(WORLD, plan);
    for (int seed = 0; seed < 10; seed++) {
      var random = new SplittableRandom(seed);
      var whole = StratifiedMean.of(plan);
      var left = StratifiedMean.of(plan);
      var right = StratifiedMean.of(plan);
      for (int i = 0; i < sample.rows.length; i++) {
        whole.accept(sample.strata[i], WORLD.brier(WORLD.a, sample.rows[i]));
      }
      for (int i = sample.rows.length - 1; i >= 0; i--) {
        (random.nextBoolean() ? left : right)
            .accept(sample.strata[i], WORLD.brier(WORLD.a, sample.rows[i]));
      }
      left.combine(right);
      assertThat(left.result("b")).as("seed %s", seed).isEqualTo(whole.result("b"));
      assertThat(left.hajek("b")).isEqualTo(whole.hajek("b"));
      assertThat(left.horvitzThompson("b")).isEqualTo(whole.horvitzThompson("b"));
    }
  }

  @Test
  void thinStrataAreJoinedWithTheirNeighbour() {
    var strata =
        List.of(
            new Stratum("p", 1, Double.NEGATIVE_INFINITY, "", 2, 1, 1),
            new Stratum("n0", 0, 0.5, "", 10, 1, 0.2),
            new Stratum("n1", 0, 0.2, "", 30, 1, 0.2),
            new Stratum("n2", 0, Double.NEGATIVE_INFINITY, "", 60, 1, 0.2));
    var plan = SamplingPlan.of(PlanDesign.of("thin", 1, 20), SamplingPlan.UNIFORM, strata);
    var mean = StratifiedMean.of(plan);
    mean.accept(0, 1);
    mean.accept(0, 3);
    mean.accept(1, 4);
    mean.accept(2, 1);
    mean.accept(2, 2);
    mean.accept(3, 1);
    mean.accept(3, 3);
    var estimate = mean.result("m");
    // n0 and n1 join: mean (10 * 4 + 30 * 1.5) / 40
    assertThat(estimate.value())
        .isCloseTo((2 * 2 + 10 * 4 + 30 * 1.5 + 60 * 2) / 102, within(1e-14));
    double squares = 0.5 + 2.5 * 2.5 * 1 * 2 / 3;
    double finite = 40 * 40 * (1 - 3 / 40.0) * squares / 2 / 3 + 60 * 60 * (1 - 2 / 60.0) * 2 / 2;
    assertThat(estimate.finiteVariance()).isCloseTo(finite / 102 / 102, within(1e-14));
    assertThat(StratifiedMean.of(plan).result("m").reason()).isEqualTo("empty");
    var hole = StratifiedMean.of(plan);
    hole.accept(1, 2);
    hole.accept(1, 3);
    assertThat(hole.result("m").reason()).isEqualTo("empty_stratum");
    assertThatThrownBy(() -> mean.accept(7, 1)).hasMessage("stratum must be in [0, 3], got 7");
    assertThatThrownBy(() -> mean.accept(1, Double.NaN))
        .hasMessage("value must be below 2^20 in magnitude, got NaN");
    assertThatThrownBy(() -> mean.combine(StratifiedMean.ofWhole(3)))
        .hasMessage("means of different plans cannot be combined");
    mean.accept(0, 1);
    assertThatThrownBy(() -> mean.result("m"))
        .hasMessage("a sample cannot have more examples than the stratum: 3 of 2 (stratum p)");
  }

  @Test
  void anAnchorTurnsADifferenceIntoASharpLevel() {
    var plan = plan(9, 2_000);
    var sample = Sample.of(WORLD, plan);
    var weights = plan.designWeights(sample.strata);
    var labels = sample.pick(WORLD.labels);
    var a = RankInfluence.of(sample.pick(WORLD.a), labels, weights);
    var b = RankInfluence.of(sample.pick(WORLD.b), labels, weights);
    var exactA = RankInfluence.of(WORLD.a, WORLD.labels, null);
    var exactB = RankInfluence.of(WORLD.b, WORLD.labels, null);
    var anchored = TierOne.reanchored("roc_auc", exactA.rocAuc(), RankDifference.of(a, b).rocAuc());
    assertThat(anchored.flags()).containsExactly("reanchored");
    assertThat(anchored.value())
        .isCloseTo(exactB.rocAuc(), within(5 * anchored.standardError(Target.FINITE)));
    assertThat(anchored.finiteVariance()).isLessThan(b.rocAucEstimate().finiteVariance());
    assertThatThrownBy(() -> TierOne.reanchored("x", Double.NaN, anchored))
        .hasMessage("x: exact value must be finite, got NaN");
    assertThat(TierOne.reanchored("x", 1, Estimate.undefined("d", "empty", 0)).reason())
        .isEqualTo("empty");
  }

  @Test
  void averagePrecisionIsNotOfferedFromUniformNegatives() {
    var plan = PlanDesign.of("u", 1, 100).plan(WORLD.labels);
    var ranks = RankInfluence.of(new double[] {1, 2}, new byte[] {0, 1}, new double[] {9, 1});
    assertThat(TierOne.averagePrecision(ranks, plan, Target.FINITE, 0.95).reason())
        .isEqualTo("uniform_negatives");
    assertThat(
            TierOne.averagePrecisionDifference(
                    RankDifference.of(ranks, ranks), plan, Target.FINITE, 0.95)
                .reason())
        .isEqualTo("uniform_negatives");
    var value = TierOne.averagePrecision(ranks, plan(1, 100), Target.FINITE, 0.95);
    assertThat(value.flags()).contains("indicative");
  }

  @Test
  void intervalsOfEstimatesSayTheirMethodAndTarget() {
    var estimate = Estimate.of("m", 0.5, 0.01, 0.04, 100, 80);
    var finite = estimate.logit(Target.FINITE, 0.95, 1).interval();
    assertThat(finite.method()).isEqualTo("linearised_logit");
    assertThat(finite.target()).isEqualTo(Target.FINITE);
    var wide = estimate.normal(Target.SUPERPOPULATION, 0.95, 1.3, -1, 1).interval();
    assertThat(wide.method()).isEqualTo("linearised_normal_x1.3");
    assertThat(wide.low()).isCloseTo(0.5 - 1.3 * 1.959964 * 0.2, within(1e-6));
    assertThat(estimate.normal(Target.SUPERPOPULATION, 0.999, 2, 0, 1).interval().low()).isZero();
    assertThatThrownBy(() -> estimate.logit(Target.FINITE, 0.95, 0.5))
        .hasMessage("widening must be at least 1, got 0.5");
    assertThatThrownBy(() -> Estimate.of("m", Double.NaN, 0, 0, 1, 1))
        .hasMessage("m: a value is NaN exactly when a reason says why, got NaN, null");
    assertThatThrownBy(() -> Estimate.of("m", 1, -1, 0, 1, 1))
        .hasMessage("m: variances must be at least 0, got -1.0, 0.0");
    assertThat(Estimate.undefined("m", "empty", 0).wilson(Target.FINITE, 0.95).reason())
        .isEqualTo("empty");
  }

  @Test
  void sampleSizesOfTheMethodsReference() {
    assertThat(SampleSize.positivesForAveragePrecision(0.3, 0.02, 0.95)).isBetween(2_350L, 2_450L);
    assertThat(SampleSize.positivesForAveragePrecision(0.3, 0.05, 0.95)).isEqualTo(388);
    // z² S² / h² = 3.841459 * 0.25 / 0.0001
    assertThat(SampleSize.mean(0.5, 0.01, 0.95, Long.MAX_VALUE)).isEqualTo(9_604);
    assertThat(SampleSize.mean(0.5, 0.01, 0.95, 10_000)).isEqualTo(4_899);
    assertThat(SampleSize.mean(0, 0.01, 0.95, 10)).isEqualTo(1);
    long p = SampleSize.positivesForRocAuc(0.9, 10, 0.02, 0.95);
    assertThat(variance(0.9, p, 10 * p)).isLessThanOrEqualTo(Math.pow(0.02 / 1.959964, 2));
    assertThat(variance(0.9, p - 1, 10 * (p - 1))).isGreaterThan(Math.pow(0.02 / 1.959964, 2));
    assertThatThrownBy(() -> SampleSize.mean(1, 0, 0.95, 1))
        .hasMessage("half width must be above 0, got 0.0");
    assertThatThrownBy(() -> SampleSize.positivesForAveragePrecision(1, 0.1, 0.95))
        .hasMessage("average precision must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> SampleSize.positivesForRocAuc(0.9, 0, 0.1, 0.95))
        .hasMessage("negatives per positive must be above 0, got 0.0");
  }

  private static double variance(double a, double p, double n) {
    double q1 = a / (2 - a);
    double q2 = 2 * a * a / (1 + a);
    return (a * (1 - a) + (p - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (p * n);
  }
}
