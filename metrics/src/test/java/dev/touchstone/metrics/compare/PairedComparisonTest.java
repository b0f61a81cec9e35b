package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PairedComparisonTest {
  private static final CompareOptions OPTIONS = CompareOptions.defaults();

  /** Two models of one truth; the second is as much better as {@code gain} says. */
  private record Pair(long[] ids, double[] a, double[] b, byte[] labels, double[] weights) {
    static Pair of(long seed, int n, double rate, double gain, boolean weighted) {
      var random = new SplittableRandom(seed);
      var pair =
          new Pair(
              new long[n],
              new double[n],
              new double[n],
              new byte[n],
              weighted ? new double[n] : null);
      for (int i = 0; i < n; i++) {
        pair.ids[i] = random.nextLong();
        pair.labels[i] = (byte) (random.nextDouble() < rate ? 1 : 0);
        double shared = random.nextGaussian() + 1.5 * pair.labels[i];
        pair.a[i] = expit(shared + 0.5 * random.nextGaussian());
        pair.b[i] = expit(shared + gain * pair.labels[i] + 0.5 * random.nextGaussian());
        if (weighted) {
          pair.weights[i] = random.nextInt(5) / 2.0;
        }
      }
      return pair;
    }

    private static double expit(double x) {
      return 1 / (1 + Math.exp(-x));
    }

    ScoredRows baseline() {
      return ScoredRows.of(ids, a, labels, weights);
    }

    ScoredRows candidate() {
      return ScoredRows.of(ids, b, labels, weights);
    }

    /** The candidate's rows in another order. */
    ScoredRows shuffled(long seed) {
      var random = new SplittableRandom(seed);
      int[] order = new int[ids.length];
      for (int i = 0; i < order.length; i++) {
        int j = random.nextInt(i + 1);
        order[i] = order[j];
        order[j] = i;
      }
      return candidate().pick(order);
    }
  }

  @Test
  void valuesAreThoseOfTheSingleReports() {
    for (boolean weighted : new boolean[] {false, true}) {
      var pair = Pair.of(1, 3_000, 0.1, 0.4, weighted);
      var report = PairedComparison.compare(pair.baseline(), pair.candidate(), OPTIONS);
      var options = BinaryOptions.defaults();
      var a = BinaryEvaluation.evaluate(pair.a, pair.labels, pair.weights, options);
      var b = BinaryEvaluation.evaluate(pair.b, pair.labels, pair.weights, options);
      for (var metric : report.metrics()) {
        double valueA = a.metric(metric.name()).value();
        double valueB = b.metric(metric.name()).value();
        assertThat(metric.baseline().value()).as(metric.name()).isCloseTo(valueA, within(1e-12));
        assertThat(metric.candidate().value()).as(metric.name()).isCloseTo(valueB, within(1e-12));
        assertThat(metric.difference().value())
            .as(metric.name())
            .isCloseTo(valueB - valueA, within(1e-12));
        assertThat(metric.difference().interval().contains(metric.difference().value())).isTrue();
      }
    }
  }

  @Test
  void aBetterModelIsBetterAndTheOtherWayRoundWorse() {
    var pair = Pair.of(2, 20_000, 0.1, 1, false);
    var forth = PairedComparison.compare(pair.baseline(), pair.candidate(), OPTIONS);
    var back = PairedComparison.compare(pair.candidate(), pair.baseline(), OPTIONS);
    for (var name : PairedComparison.METRICS.keySet()) {
      assertThat(forth.metric(name).verdict()).as(name).isEqualTo(Verdict.BETTER);
      assertThat(back.metric(name).verdict()).as(name).isEqualTo(Verdict.WORSE);
      assertThat(back.metric(name).pValue()).as(name).isEqualTo(forth.metric(name).pValue());
      assertThat(forth.metric(name).pValue().orElseThrow()).as(name).isLessThan(0.05);
      assertThat(back.metric(name).difference().value())
          .isCloseTo(-forth.metric(name).difference().value(), within(1e-15));
    }
    assertThat(back.flips().raised()).isEqualTo(forth.flips().lowered());
  }

  @Test
  void aLeastEffectBeyondTheGainMakesModelsIndistinguishable() {
    var pair = Pair.of(2, 20_000, 0.1, 1, false);
    var report =
        PairedComparison.compare(
            pair.baseline(),
            pair.candidate(),
            OPTIONS.withLeastEffects(Map.of("roc_auc", 0.5, "log_loss", 0.9)));
    assertThat(report.metric("roc_auc").verdict()).isEqualTo(Verdict.INDISTINGUISHABLE);
    assertThat(report.metric("log_loss").verdict()).isEqualTo(Verdict.INDISTINGUISHABLE);
    assertThat(report.metric("average_precision").verdict()).isEqualTo(Verdict.BETTER);
  }

  @Test
  void identicalModelsDifferByNothing() {
    var pair = Pair.of(3, 2_000, 0.2, 0, false);
    var report = PairedComparison.compare(pair.baseline(), pair.baseline(), OPTIONS);
    for (var metric : report.metrics()) {
      assertThat(metric.verdict()).isEqualTo(Verdict.INDISTINGUISHABLE);
      assertThat(metric.difference().value()).isZero();
      assertThat(metric.pValue()).hasValue(1);
    }
    var auc = report.metric("roc_auc").difference();
    assertThat(auc.flags()).containsExactly("identical_rankings");
    assertThat(auc.interval().low()).isZero();
    assertThat(auc.interval().high()).isZero();
    assertThat(report.metric("accuracy").difference().flags())
        .containsExactly("identical_decisions");
    // nobody flipped among 2,000 does not prove that nobody ever will
    assertThat(report.metric("accuracy").difference().interval().high()).isPositive();
    assertThat(report.flips().rate(0.95).interval().high()).isBetween(0.001, 0.003);
  }

  @Test
  void theOrderOfRowsChangesNoBit() {
    for (boolean weighted : new boolean[] {false, true}) {
      var pair = Pair.of(4, 1_000, 0.3, 0.2, weighted);
      var expected = PairedComparison.compare(pair.baseline(), pair.candidate(), OPTIONS);
      for (int seed = 0; seed < 5; seed++) {
        assertThat(PairedComparison.compare(pair.baseline(), pair.shuffled(seed), OPTIONS))
            .isEqualTo(expected);
      }
    }
  }

  /** Paired DeLong and influence variances by their definitions, in quadratic time. */
  @Test
  void variancesOfDifferencesAreTheirDefinitions() {
    for (int seed = 0; seed < 8; seed++) {
      var pair = Pair.of(seed, 150, 0.4, 0.3, false);
      // ties in one of the models
      for (int i = 0; i < pair.a.length; i++) {
        pair.a[i] = Math.rint(pair.a[i] * 8) / 8;
      }
      var report = PairedComparison.compare(pair.baseline(), pair.candidate(), OPTIONS);
      double[] va = placements(pair.a, pair.labels);
      double[] vb = placements(pair.b, pair.labels);
      double varA = deLong(va, va, pair.labels);
      double varB = deLong(vb, vb, pair.labels);
      double cov = deLong(va, vb, pair.labels);
      var auc = report.metric("roc_auc").difference().interval();
      double half = 1.959963984540054 * Math.sqrt(varA + varB - 2 * cov);
      assertThat((auc.high() - auc.low()) / 2).as("seed %s", seed).isCloseTo(half, within(1e-12));
      double[] ua = influence(pair.a, pair.labels);
      double[] ub = influence(pair.b, pair.labels);
      double squares = 0;
      for (int i = 0; i < ua.length; i++) {
        squares += (ub[i] - ua[i]) * (ub[i] - ua[i]);
      }
      var ap = report.metric("average_precision").difference().interval();
      assertThat((ap.high() - ap.low()) / 2)
          .as("seed %s", seed)
          .isCloseTo(1.959963984540054 * Math.sqrt(squares), within(1e-12));
    }
  }

  private static double[] placements(double[] scores, byte[] labels) {
    double[] placements = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      double others = 0;
      for (int j = 0; j < scores.length; j++) {
        if (labels[j] != labels[i]) {
          others++;
          double lead = (scores[i] - scores[j]) * (labels[i] == 1 ? 1 : -1);
          placements[i] += lead > 0 ? 1 : lead == 0 ? 0.5 : 0;
        }
      }
      placements[i] /= others;
    }
    return placements;
  }

  private static double deLong(double[] a, double[] b, byte[] labels) {
    double sum = 0;
    for (int label = 0; label < 2; label++) {
      double n = 0;
      double meanA = 0;
      double meanB = 0;
      for (int i = 0; i < a.length; i++) {
        if (labels[i] == label) {
          n++;
          meanA += a[i];
          meanB += b[i];
        }
      }
      for (int i = 0; i < a.length; i++) {
        if (labels[i] == label) {
          sum += (a[i] - meanA / n) * (b[i] - meanB / n) / (n - 1) / n;
        }
      }
    }
    return sum;
  }

  private static double[] influence(double[] scores, byte[] labels) {
    int n = scores.length;
    double[] precision = new double[n];
    double[] counts = new double[n];
    double positives = 0;
    double ap = 0;
    for (int i = 0; i < n; i++) {
      double tp = 0;
      for (int j = 0; j < n; j++) {
        if (scores[j] >= scores[i]) {
          counts[i]++;
          tp += labels[j];
        }
      }
      precision[i] = tp / counts[i];
      positives += labels[i];
      ap += labels[i] * precision[i];
    }
    ap /= positives;
    double[] u = new double[n];
    for (int i = 0; i < n; i++) {
      double g = 0;
      double h = 0;
      for (int j = 0; j < n; j++) {
        if (labels[j] == 1 && scores[j] <= scores[i]) {
          g += 1 / counts[j];
          h += precision[j] / counts[j];
        }
      }
      u[i] = (labels[i] * (precision[i] - ap + g) - h) / positives;
    }
    return u;
  }

  @Test
  @Tag("slow")
  void intervalsOfDifferencesCoverTheTruth() {
    int runs = 400;
    int ap = 0;
    int auc = 0;
    int brier = 0;
    for (int run = 0; run < runs; run++) {
      // both models have the same law: every true difference is 0
      var pair = Pair.of(1_000 + run, 1_500, 0.15, 0, false);
      var report = PairedComparison.compare(pair.baseline(), pair.candidate(), OPTIONS);
      ap += report.metric("average_precision").verdict() == Verdict.INDISTINGUISHABLE ? 1 : 0;
      auc += report.metric("roc_auc").verdict() == Verdict.INDISTINGUISHABLE ? 1 : 0;
      brier += report.metric("brier").verdict() == Verdict.INDISTINGUISHABLE ? 1 : 0;
    }
    // 0.95 ± 4 standard deviations of a binomial share over 400 runs
    for (int covered : new int[] {ap, auc, brier}) {
      assertThat((double) covered / runs).isCloseTo(0.95, within(4 * 0.0109));
    }
  }

  @Test
  void fewPositivesAndFewMisrankingsAreSaid() {
    var nine = Pair.of(7, 300, 0, 0, false);
    for (int i = 0; i < 9; i++) {
      nine.labels[i * 20] = 1;
    }
    var report = PairedComparison.compare(nine.baseline(), nine.candidate(), OPTIONS);
    assertThat(report.metric("average_precision").difference().intervalReason())
        .isEqualTo("too_few_positives");
    assertThat(report.metric("average_precision").verdict()).isEqualTo(Verdict.UNDEFINED);
    assertThat(report.metric("average_precision").pValue()).isEmpty();
    nine.labels[1] = 1;
    report = PairedComparison.compare(nine.baseline(), nine.candidate(), OPTIONS);
    var ten = report.metric("average_precision").difference();
    assertThat(ten.flags()).containsExactly("low_positives");
    assertThat(ten.interval().method()).isEqualTo("paired_influence_t");
    for (int i = 0; i < nine.a.length; i++) {
      nine.b[i] = nine.labels[i] == 1 ? 0.9 : 0.1 + 1e-4 * i;
    }
    report = PairedComparison.compare(nine.baseline(), nine.candidate(), OPTIONS);
    assertThat(report.metric("roc_auc").difference().flags()).containsExactly("few_misranked");
  }

  @Test
  void aReversedRankingHasNoSpreadAndSaysSo() {
    long[] ids = {1, 2, 3, 4};
    byte[] labels = {1, 1, 0, 0};
    var up = ScoredRows.of(ids, new double[] {0.9, 0.9, 0.1, 0.1}, labels, null);
    var down = ScoredRows.of(ids, new double[] {0.1, 0.1, 0.9, 0.9}, labels, null);
    var auc = PairedComparison.compare(up, down, OPTIONS).metric("roc_auc");
    assertThat(auc.difference().value()).isEqualTo(-1);
    assertThat(auc.difference().intervalReason()).isEqualTo("zero_variance");
    assertThat(auc.verdict()).isEqualTo(Verdict.UNDEFINED);
  }

  @Test
  void theUndefinedHasAReason() {
    var empty = ScoredRows.of(new long[0], new float[0], new byte[0], null);
    var nothing = PairedComparison.compare(empty, empty, OPTIONS);
    assertThat(nothing.metrics()).allMatch(m -> "empty".equals(m.difference().reason()));
    assertThat(nothing.flips().rate(0.95).reason()).isEqualTo("empty");
    assertThat(nothing.mcnemar().accuracyDifferenceInterval(0.95)).isNull();

    long[] ids = {1, 2, 3};
    byte[] labels = {1, 0, 0};
    var good = ScoredRows.of(ids, new float[] {0.7f, 0.2f, 0.4f}, labels, null);
    var nan = ScoredRows.of(ids, new float[] {0.7f, Float.NaN, 0.4f}, labels, null);
    var invalid = PairedComparison.compare(good, nan, OPTIONS);
    assertThat(invalid.metrics()).allMatch(m -> "invalid_score".equals(m.difference().reason()));
    assertThat(invalid.mcnemar()).isNull();

    var logits = ScoredRows.of(ids, new float[] {3, -2, 0}, labels, null);
    var outside = PairedComparison.compare(good, logits, OPTIONS);
    assertThat(outside.metric("brier").difference().reason()).isEqualTo("score_outside_0_1");
    assertThat(outside.metric("roc_auc").difference().isDefined()).isTrue();

    var doubles = ScoredRows.of(ids, new double[] {0.7, 0.2, 0.4}, labels, null);
    assertThat(
            PairedComparison.compare(good, doubles, OPTIONS)
                .metric("log_loss")
                .difference()
                .reason())
        .isEqualTo("different_precision");

    var zero = ScoredRows.of(ids, new float[3], labels, new double[3]);
    assertThat(PairedComparison.compare(zero, zero, OPTIONS).metric("brier").verdict())
        .isEqualTo(Verdict.UNDEFINED);
    var onlyNegatives = ScoredRows.of(ids, new float[3], new byte[3], null);
    assertThat(
            PairedComparison.compare(onlyNegatives, onlyNegatives, OPTIONS)
                .metric("average_precision")
                .difference()
                .reason())
        .isEqualTo("no_positives");
  }

  @Test
  void oneExampleHasADifferenceButNoInterval() {
    var one = ScoredRows.of(new long[] {5}, new float[] {0.5f}, new byte[] {1}, null);
    var other = ScoredRows.of(new long[] {5}, new float[] {0.25f}, new byte[] {1}, null);
    var brier = PairedComparison.compare(one, other, OPTIONS).metric("brier").difference();
    assertThat(brier.value()).isEqualTo(0.5625 - 0.25);
    assertThat(brier.intervalReason()).isEqualTo("too_few_rows");
  }

  @Test
  void flipsAndMcNemarCountDecisions() {
    long[] ids = {1, 2, 3, 4, 5, 6};
    byte[] labels = {1, 1, 1, 0, 0, 0};
    var a = ScoredRows.of(ids, new float[] {0.6f, 0.6f, 0.1f, 0.6f, 0.1f, 0.1f}, labels, null);
    var b = ScoredRows.of(ids, new float[] {0.4f, 0.1f, 0.4f, 0.1f, 0.1f, 0.4f}, labels, null);
    var report = PairedComparison.compare(a, b, OPTIONS.withThresholds(0.5, 0.3));
    assertThat(report.flips()).isEqualTo(new DecisionFlips(6, 1, 1, 1, 1));
    assertThat(report.flips().mended()).isEqualTo(2);
    assertThat(report.flips().broken()).isEqualTo(2);
    assertThat(report.mcnemar()).isEqualTo(new McNemar(2, 2, 2, 0));
    assertThat(report.metric("accuracy").pValue()).hasValue(report.mcnemar().midP());
  }

  @Test
  void aPartialJoinIsRefusedUnlessAllowedAndThenReported() {
    var a =
        ScoredRows.of(
            new long[] {4, 1, 3}, new float[] {0.3f, 0.1f, 0.9f}, new byte[] {0, 0, 1}, null);
    var b =
        ScoredRows.of(
            new long[] {1, 2, 3}, new float[] {0.2f, 0.5f, 0.8f}, new byte[] {0, 1, 1}, null);
    assertThatThrownBy(() -> PairedComparison.compare(a, b, OPTIONS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "both models must have the same examples: 2 are in both, of 3 and 3; a partial join"
                + " has to be allowed");
    var report = PairedComparison.compare(a, b, OPTIONS.withPartialJoin(true));
    assertThat(report.coverage()).isEqualTo(new JoinCoverage(3, 3, 2));
    assertThat(report.coverage().share()).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(report.n()).isEqualTo(2);
    assertThat(report.metric("brier").baseline().value())
        .isCloseTo((0.01 + 0.01) / 2, within(1e-8));
  }

  @Test
  void hostileRowsAreRefusedByName() {
    long[] ids = {10, 20};
    float[] scores = {0.1f, 0.2f};
    var good = ScoredRows.of(ids, scores, new byte[] {0, 1}, null);
    assertThatThrownBy(
            () ->
                PairedComparison.compare(
                    good, ScoredRows.of(ids, scores, new byte[] {1, 1}, null), OPTIONS))
        .hasMessage(
            "label of an example must be the same in both sets, but example 10 has 0 in the"
                + " baseline and 1 in the candidate");
    assertThatThrownBy(
            () ->
                PairedComparison.compare(
                    good,
                    ScoredRows.of(new long[] {20, 20}, scores, new byte[] {1, 1}, null),
                    OPTIONS))
        .hasMessage(
            "ids must be unique, but example 20 occurs twice in the candidate (rows 0 and 1)");
    var twice = ScoredRows.of(new long[] {7, 5, 7}, new float[3], new byte[3], null);
    assertThatThrownBy(() -> PairedComparison.compare(twice, twice, OPTIONS))
        .hasMessage(
            "ids must be unique, but example 7 occurs twice in the baseline (rows 0 and 2)");
    var weighted = ScoredRows.of(ids, scores, new byte[] {0, 1}, new double[] {1, 2});
    assertThatThrownBy(() -> PairedComparison.compare(good, weighted, OPTIONS))
        .hasMessage("both models must have weights, or none: the baseline has none");
    assertThatThrownBy(
            () ->
                PairedComparison.compare(
                    weighted,
                    ScoredRows.of(ids, scores, new byte[] {0, 1}, new double[] {1, 3}),
                    OPTIONS))
        .hasMessage(
            "weight of an example must be the same in both sets, but example 20 has 2.0 in the"
                + " baseline and 3.0 in the candidate");
    assertThatThrownBy(() -> ScoredRows.of(ids, scores, new byte[] {0, 3}, null))
        .hasMessage("label must be 0 or 1, got 3 (example 20)");
    assertThatThrownBy(() -> ScoredRows.of(ids, scores, new byte[2], new double[] {1, -1}))
        .hasMessage("weight must be finite and at least 0, got -1.0 (example 20)");
    assertThatThrownBy(() -> ScoredRows.of(ids, new float[3], new byte[2], null))
        .hasMessage("scores must be as many as ids (2), got 3");
    assertThatThrownBy(() -> OPTIONS.withLevel(1)).hasMessage("level must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> OPTIONS.withThresholds(Double.NaN, 0))
        .hasMessage("thresholds must be numbers, got NaN");
    assertThatThrownBy(() -> OPTIONS.withLeastEffects(Map.of("auc", 0.1)))
        .hasMessage(
            "least effect of an unknown metric auc; there are [average_precision, roc_auc,"
                + " log_loss, brier, accuracy]");
    assertThatThrownBy(() -> OPTIONS.withLeastEffects(Map.of("brier", -0.1)))
        .hasMessage("least effect of brier must be finite and at least 0, got -0.1");
    assertThatThrownBy(() -> PairedComparison.compare(good, good, OPTIONS).metric("auc"))
        .hasMessage(
            "no metric auc; there are [average_precision, roc_auc, log_loss, brier, accuracy]");
  }
}
