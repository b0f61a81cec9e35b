package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlanSurveyTest {
  private static final int N = 40_000;
  private static final PlanRows RARE = PlanRows.of(PlanTask.BINARY, 1, N, 0.01, 0);

  @ParameterizedTest
  @EnumSource(PlanTask.class)
  void strataPartitionTheSetAndRatesMeetTheBudget(PlanTask task) {
    for (int segments : new int[] {0, 1, 4}) {
      var rows = PlanRows.of(task, 3, N, 0.02, segments);
      var rule = rows.rule(task == PlanTask.BINARY, PlanOptions.of(7, 3_000));
      long[] counts = new long[rule.strata().size()];
      // half of the budget at most
      double least = Math.min(20, 1_500.0 / counts.length);
      for (int i = 0; i < N; i++) {
        counts[rule.stratumOf(rows.label(i), rows.values()[i], rows.segment(i))]++;
      }
      for (int h = 0; h < counts.length; h++) {
        var stratum = rule.strata().get(h);
        assertThat(counts[h]).as(stratum.name()).isEqualTo(stratum.population());
        assertThat(stratum.expectedSample())
            .as(stratum.name())
            .isGreaterThanOrEqualTo(Math.min(least, stratum.population()) - 1e-9);
      }
      assertThat(rule.expectedSample()).as(task + " " + segments).isCloseTo(3_000, within(1e-6));
    }
  }

  /** The sample of a smaller budget is a subset, whatever the set, the cap and the budgets. */
  @ParameterizedTest
  @EnumSource(PlanTask.class)
  void aLargerBudgetKeepsEverythingThatASmallerOneSampled(PlanTask task) {
    for (int seed = 0; seed < 60; seed++) {
      var random = new SplittableRandom(seed);
      double prevalence = new double[] {0, 0.003, 0.05, 0.6, 0.98}[random.nextInt(5)];
      int n = random.nextInt(50, 1_500);
      var rows = PlanRows.of(task, seed, n, prevalence, random.nextInt(4));
      boolean scored = task == PlanTask.BINARY && random.nextInt(4) > 0;
      long cap = random.nextInt(3) > 0 ? 20_000 : random.nextInt(1, 200);
      var survey = rows.survey(scored);
      long least =
          survey
              .plan(PlanOptions.of(seed, Integer.MAX_VALUE), rows.classNames(), rows.segmentNames())
              .strata()
              .size();
      long[] budgets =
          LongStream.concat(
                  LongStream.of(least, least + 1, 2L * n),
                  random.longs(9, least, Math.max(least + 1, n + n / 4)))
              .sorted()
              .toArray();
      PlanFile smaller = null;
      for (long budget : budgets) {
        var options = PlanOptions.of(seed, budget).withPositivesCap(cap);
        var rule = survey.plan(options, rows.classNames(), rows.segmentNames());
        var file = rows.file(rule);
        if (smaller != null) {
          var before = smaller.rule().strata();
          for (int h = 0; h < before.size(); h++) {
            assertThat(rule.strata().get(h).rate())
                .as("seed %d, budget %d, stratum %s", seed, budget, before.get(h).name())
                .isGreaterThanOrEqualTo(before.get(h).rate() * (1 - 1e-12));
          }
          assertThat(contains(file, smaller)).as("seed %d, budget %d", seed, budget).isTrue();
        }
        smaller = file;
      }
      if (cap == 20_000) {
        assertThat(smaller.size()).as("twice the set is all of it").isEqualTo(n);
      }
    }
  }

  private static boolean contains(PlanFile larger, PlanFile smaller) {
    return Arrays.stream(smaller.ids())
        .allMatch(id -> larger.stratumOf(id) == smaller.stratumOf(id));
  }

  @ParameterizedTest
  @EnumSource(PlanTask.class)
  void thePlanDoesNotDependOnTheOrderOfRows(PlanTask task) {
    var rows = PlanRows.of(task, 5, 5_000, 0.03, 3);
    var options = PlanOptions.of(-1, 800);
    var file = rows.file(rows.rule(task == PlanTask.BINARY, options));
    var other = rows.shuffled(9);
    var shuffled = other.file(other.rule(task == PlanTask.BINARY, options));
    assertThat(shuffled.toMap()).isEqualTo(file.toMap());
    assertThat(shuffled).isEqualTo(file);
  }

  @Test
  void positivesAreWholeUpToTheCapAndTakeAtMostHalf() {
    var whole = RARE.rule(true, PlanOptions.of(1, 2_000)).strata().get(0);
    assertThat(whole.label()).isEqualTo("1");
    assertThat(whole.rate()).isEqualTo(1);
    var capped = RARE.rule(true, PlanOptions.of(1, 2_000).withPositivesCap(100));
    assertThat(capped.strata().get(0).expectedSample()).isCloseTo(100, within(1e-9));
    assertThat(capped.expectedSample()).isCloseTo(2_000, within(1e-6));
    var half = RARE.rule(true, PlanOptions.of(1, 200));
    assertThat(half.strata().get(0).expectedSample()).isCloseTo(100, within(1e-9));
    var few = PlanRows.of(PlanTask.BINARY, 2, 10_000, 0.99, 0);
    var rule = few.rule(true, PlanOptions.of(1, 2_000));
    assertThat(rule.strata()).filteredOn(s -> s.label().equals("0")).allMatch(s -> s.rate() == 1);
    assertThat(rule.expectedSample()).as("positives take the rest").isCloseTo(2_000, within(1e-6));
  }

  @Test
  void negativesAreSampledByTheirInfluenceWithAnEvenFloor() {
    var rule = RARE.rule(true, PlanOptions.of(1, 2_000));
    var negatives = rule.strata().stream().filter(s -> s.label().equals("0")).toList();
    assertThat(rule.design()).isEqualTo("sqrt_influence");
    assertThat(negatives.size()).isBetween(4, 60);
    for (int i = 1; i < negatives.size(); i++) {
      assertThat(negatives.get(i).from()).isLessThan(negatives.get(i - 1).from());
    }
    var top = negatives.get(0);
    var lowest = negatives.get(negatives.size() - 1);
    assertThat(top.rate()).isGreaterThan(5 * lowest.rate());
    double budget = negatives.stream().mapToDouble(PlanStratum::expectedSample).sum();
    long population = negatives.stream().mapToLong(PlanStratum::population).sum();
    assertThat(lowest.rate()).isGreaterThanOrEqualTo(0.3 * budget / population);
    var labelsOnly = RARE.rule(false, PlanOptions.of(1, 2_000));
    assertThat(labelsOnly.design()).isEqualTo("uniform");
    assertThat(labelsOnly.strata()).hasSize(2);
  }

  @Test
  void rareClassesAreWholeAndLargeOnesAlike() {
    var rows = PlanRows.of(PlanTask.MULTICLASS, 4, N, 0.002, 0);
    var rule = rows.rule(false, PlanOptions.of(1, 6_000));
    assertThat(rule.strata())
        .extracting(PlanStratum::label)
        .as("whole numbers by size, then texts")
        .containsExactly("-3", "9", "10", "cat");
    assertThat(rule.strata().get(3).rate()).isEqualTo(1);
    double nine = rule.strata().get(1).expectedSample();
    assertThat(rule.strata().get(2).expectedSample()).isCloseTo(nine, within(0.05 * nine));
  }

  @Test
  void targetsFallIntoBandsThatNoTieIsSplitBy() {
    var rows = PlanRows.of(PlanTask.REGRESSION, 6, N, 0.35, 0); // 35 % are exactly 0
    var rule = rows.rule(false, PlanOptions.of(1, 4_000));
    assertThat(rule.strata().size()).isBetween(5, 10);
    assertThat(rule.strata()).allMatch(s -> s.label() == null);
    int zero = rule.stratumOf((String) null, 0, null);
    assertThat(rule.strata().get(zero).population()).isGreaterThan((long) (0.34 * N));
    assertThat(rule.strata().get(0).rate())
        .as("the long tail is sampled most")
        .isGreaterThan(3 * rule.strata().get(zero).rate());
  }

  @Test
  void noBandSplitsABucketWhateverTheDouble() {
    var random = new SplittableRandom(8);
    double[] values =
        random
            .longs(20_000)
            .mapToDouble(Double::longBitsToDouble)
            .filter(v -> !Double.isNaN(v))
            .toArray();
    for (int i = 0; i < values.length; i += 2) {
      values[i] = random.nextDouble(-2, 2);
    }
    values[0] = Double.NEGATIVE_INFINITY;
    values[1] = Double.POSITIVE_INFINITY;
    values[2] = -0.0;
    values[3] = -Double.MIN_VALUE;
    values[4] = 1 - 1e-12;
    values[5] = Double.MAX_VALUE;
    values[6] = Float.MAX_VALUE;
    for (int i = 1; i < values.length; i++) {
      int bucket = ValueCounts.bucket(values[i]);
      double edge = ValueCounts.lowest(bucket);
      assertThat(edge).isLessThanOrEqualTo(values[i]);
      assertThat(values[i - 1] >= edge)
          .as("%s and %s", values[i - 1], values[i])
          .isEqualTo(ValueCounts.bucket(values[i - 1]) >= bucket);
    }
    assertThat(ValueCounts.bucket(-0.0)).isEqualTo(ValueCounts.bucket(0.0));
    assertThat(ValueCounts.bucket(Double.MAX_VALUE))
        .isEqualTo(ValueCounts.bucket(Double.POSITIVE_INFINITY));
  }

  /** Logits may overflow. */
  @Test
  void infiniteScoresRankLikeOthers() {
    var rows = PlanRows.of(PlanTask.BINARY, 13, 340, 0, 0);
    for (int i = 0; i < 340; i++) {
      // 3 negatives on top, 30 positives, 300 negatives, 5 positives, 2 negatives
      rows.labels()[i] = i >= 3 && i < 33 || i >= 333 && i < 338 ? 1 : 0;
      rows.values()[i] = i < 33 ? Double.MAX_VALUE / 2 : i < 333 ? 1 : 0;
    }
    rows.values()[0] = Double.POSITIVE_INFINITY;
    rows.values()[1] = Double.POSITIVE_INFINITY;
    rows.values()[2] = Double.MAX_VALUE;
    rows.values()[339] = Double.NEGATIVE_INFINITY;
    var survey = rows.survey(true);
    var rule = survey.plan(PlanOptions.of(1, 100), List.of(), List.of());
    assertThat(rule.strata()).anyMatch(s -> s.from() == Double.MAX_VALUE);
    assertThat(rows.file(rule).size()).as("every row has its stratum").isPositive();
    assertThat(survey.expectedErrors(rule, List.of()))
        .extracting(ExpectedError::metric)
        .as("no log loss of what is no probability")
        .containsExactly("average_precision", "roc_auc");
  }

  /** Rates of the wire, and weights of at most 2^20, however large the set. */
  @Test
  void ratesNeverFallBelowTheWires() {
    var survey = PlanSurvey.of(PlanTask.BINARY, true);
    survey.add(1, 0.9, 0, 5);
    survey.add(0, 0.95, 0, 3);
    survey.add(0, 0.1, 0, 1L << 40);
    var rule = survey.plan(PlanOptions.of(1, 10), List.of(), List.of());
    assertThat(rule.strata()).anyMatch(s -> s.rate() == 0x1p-20);
    assertThat(rule.strata()).allMatch(s -> s.rate() >= 0x1p-20 && s.rate() <= 1);
  }

  @Test
  void manySegmentsGetFewerBands() {
    var rows = PlanRows.of(PlanTask.BINARY, 11, N, 0.05, 60);
    var rule = rows.rule(true, PlanOptions.of(1, 5_000));
    assertThat(rule.strata().size()).isBetween(120, 256);
    var targets = PlanRows.of(PlanTask.REGRESSION, 11, N, 0.05, 100);
    assertThat(targets.rule(false, PlanOptions.of(1, 5_000)).strata().size()).isLessThan(257);
  }

  /** What is promised of a plan is what many samples of it show. */
  @Test
  void expectedErrorsAreThoseOfManySamples() {
    var rows = PlanRows.of(PlanTask.BINARY, 12, N, 0.02, 0);
    var survey = rows.survey(true);
    var expected =
        survey.expectedErrors(
            survey.plan(PlanOptions.of(0, 4_000), List.of(), List.of()), List.of());
    assertThat(expected)
        .extracting(ExpectedError::metric)
        .containsExactly("average_precision", "roc_auc", "log_loss");
    byte[] labels = new byte[N];
    for (int i = 0; i < N; i++) {
      labels[i] = (byte) rows.labels()[i];
    }
    var exact = RankInfluence.of(rows.values(), labels, null);
    int samples = 200;
    double apSquares = 0;
    double aucSquares = 0;
    for (int seed = 0; seed < samples; seed++) {
      var rule = survey.plan(PlanOptions.of(seed, 4_000), List.of(), List.of());
      double[] weights = new double[N];
      for (int i = 0; i < N; i++) {
        int h = rule.stratumOf(rows.label(i), rows.values()[i], null);
        weights[i] = rule.includes(rows.ids()[i], h) ? 1 / rule.strata().get(h).rate() : 0;
      }
      var estimate = RankInfluence.of(rows.values(), labels, weights);
      apSquares += Math.pow(estimate.averagePrecision() - exact.averagePrecision(), 2);
      aucSquares += Math.pow(estimate.rocAuc() - exact.rocAuc(), 2);
    }
    // 200 samples: the root mean square is off by 5 % (one sd); weights that do not sum to the
    // populations cost nothing here, since both metrics are ratios
    assertThat(Math.sqrt(apSquares / samples) / expected.get(0).planned()).isBetween(0.8, 1.2);
    assertThat(Math.sqrt(aucSquares / samples) / expected.get(1).planned()).isBetween(0.8, 1.2);
    for (var error : expected) {
      assertThat(error.planned()).as(error.metric()).isLessThan(error.uniform());
    }
    double[] shares =
        survey.influenceShares(
            survey.plan(PlanOptions.of(0, 4_000), List.of(), List.of()), List.of());
    assertThat(Arrays.stream(shares).sum()).isCloseTo(1, within(1e-12));
  }

  /**
   * Neyman's rates beat proportional ones on the counts they were made from, whatever those are.
   */
  @Test
  void theProposalFromAFullReportHasAtMostTheVarianceOfProportionalAllocation() {
    for (int seed = 0; seed < 100; seed++) {
      var random = new SplittableRandom(seed);
      int distinct = random.nextInt(2, 400);
      double[] scores = random.doubles(distinct).map(Math::abs).toArray();
      long[] positives = new long[distinct];
      long[] negatives = new long[distinct];
      long n = 0;
      for (int i = 0; i < distinct; i++) {
        positives[i] = random.nextInt(4) == 0 ? (long) (50 * scores[i]) : 0;
        negatives[i] = (long) Math.pow(10, 4 * random.nextDouble() * (1 - scores[i]));
        n += positives[i] + negatives[i];
      }
      positives[0]++;
      n++;
      long budget = Math.max(150, (long) (n * random.nextDouble()));
      var rule = NeymanProposal.of(scores, positives, negatives, PlanOptions.of(1, budget));
      assertThat(rule.population()).isEqualTo(n);
      assertThat(rule.expectedSample()).isLessThanOrEqualTo(budget + n * 0x1p-20 + 1e-6);
      var ap = NeymanProposal.expectedErrors(rule, scores, positives, negatives).get(0);
      assertThat(ap.planned())
          .as("seed %d", seed)
          .isLessThanOrEqualTo(ap.uniform() * (1 + 1e-9) + 1e-12);
    }
    var scores = new double[] {0.9, 0.5, 0.1};
    var rule =
        NeymanProposal.of(
            scores,
            new long[] {50, 30, 20},
            new long[] {100, 5_000, 1_000_000},
            PlanOptions.of(1, 2_000));
    assertThat(rule.design()).isEqualTo("neyman");
    var ap =
        NeymanProposal.expectedErrors(
                rule, scores, new long[] {50, 30, 20}, new long[] {100, 5_000, 1_000_000})
            .get(0);
    assertThat(ap.planned()).isLessThan(ap.uniform() / 5);
  }

  @Test
  void leastRatesHoldAndTheBudgetIsMetExactly() {
    double[] rates =
        Allocation.atLeast(
            new long[] {100, 1_000, 10}, new double[] {1, 1, 100}, new double[] {0.5, 0, 0}, 160);
    assertThat(rates).containsExactly(new double[] {0.5, 0.1, 1}, within(1e-15));
    assertThat(Allocation.atLeast(new long[] {10, 10}, new double[2], new double[] {0.1, 0.9}, 15))
        .as("sizes of nothing are even")
        .containsExactly(new double[] {0.6, 0.9}, within(1e-15));
    assertThat(Allocation.atLeast(new long[] {10}, new double[] {1}, new double[] {0.5}, 0))
        .as("least rates alone may exceed the budget")
        .containsExactly(0.5);
    assertThat(Allocation.atLeast(new long[] {10}, new double[] {1}, new double[1], 99))
        .containsExactly(1.0);
  }

  @Test
  void anIdThatComesTwiceIsNamed() {
    var ids = new UniqueIds();
    int n = (1 << 22) + 100_000; // more than a chunk, in no order
    for (int i = 0; i < n; i++) {
      ids.accept(i * 0x9E3779B97F4A7C15L);
    }
    ids.accept(17 * 0x9E3779B97F4A7C15L);
    assertThatThrownBy(ids::check)
        .hasMessage("ids must be unique, got " + 17 * 0x9E3779B97F4A7C15L + " twice");
    var counting = new UniqueIds();
    for (int i = 5; i < 50; i++) {
      counting.accept(i);
    }
    counting.accept(7);
    assertThatThrownBy(counting::check).hasMessage("ids must be unique, got 7 twice");
    var fine = new UniqueIds();
    fine.accept(2);
    fine.accept(1);
    fine.check();
    fine.check();
    assertThatThrownBy(() -> fine.accept(3))
        .hasMessage("no more ids can come once they were checked");
  }

  @Test
  void nonsenseIsRefusedByName() {
    assertThatThrownBy(() -> PlanSurvey.of(PlanTask.MULTICLASS, true))
        .hasMessage("reference scores are for binary labels, got them for multiclass");
    assertThatThrownBy(() -> RARE.rule(true, PlanOptions.of(1, 3)))
        .hasMessageMatching("budget must be at least the number of strata, \\d+, got 3");
    assertThatThrownBy(
            () ->
                PlanSurvey.of(PlanTask.BINARY, false)
                    .plan(PlanOptions.of(1, 3), List.of(), List.of()))
        .hasMessage("examples must be at least one, got none");
    var survey = PlanSurvey.of(PlanTask.BINARY, true);
    assertThatThrownBy(() -> survey.accept(1, 2, 0, 0)).hasMessage("label must be 0 or 1, got 2");
    assertThatThrownBy(() -> survey.accept(1, 0, Double.NaN, 0))
        .hasMessage("reference score must be a number, got NaN");
    assertThatThrownBy(() -> survey.accept(1, 0, 0, 128))
        .hasMessage("segments must be at most 128, got more");
    assertThatThrownBy(() -> PlanSurvey.of(PlanTask.MULTICLASS, false).accept(1, 256, 0, 0))
        .hasMessage("classes must be at most 256, got more");
    var targets = PlanSurvey.of(PlanTask.REGRESSION, false);
    assertThatThrownBy(() -> targets.accept(1, 0, Double.NaN, 0))
        .hasMessage("target must be a number, got NaN");
    assertThatThrownBy(() -> targets.accept(1, 0, Double.POSITIVE_INFINITY, 0))
        .hasMessage("target must be finite, got Infinity");
    assertThatThrownBy(() -> PlanOptions.of(1, 0)).hasMessage("budget must be at least 1, got 0");
    assertThatThrownBy(() -> PlanOptions.of(1, 1).withPositivesCap(0))
        .hasMessage("positives cap must be at least 1, got 0");
    assertThatThrownBy(() -> new PlanOptions("s", 1, 1, 1, Double.NaN, 1))
        .hasMessage("floor must be in [0, 1], got NaN");
    assertThatThrownBy(() -> new PlanOptions("s", 1, 1, 1, 0, 0))
        .hasMessage("least per stratum must be at least 1, got 0");
    assertThatThrownBy(() -> PlanTask.of("ranking"))
        .hasMessage("task must be binary, multiclass or regression, got ranking");
    assertThatThrownBy(
            () -> NeymanProposal.of(new double[1], new long[2], new long[1], PlanOptions.of(1, 9)))
        .hasMessage("counts must be as many as scores (1), got 2 and 1");
    assertThatThrownBy(
            () ->
                NeymanProposal.of(
                    new double[1], new long[1], new long[] {-4}, PlanOptions.of(1, 9)))
        .hasMessage("counts must be at least 0, got -4");
  }
}
