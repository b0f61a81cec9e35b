package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplingPlanTest {
  private static final PlanDesign DESIGN = PlanDesign.of("plan-test", 11, 2_000);

  private record Rows(byte[] labels, double[] scores, int[] segments) {
    static Rows of(long seed, int n) {
      var random = new SplittableRandom(seed);
      var rows = new Rows(new byte[n], new double[n], new int[n]);
      for (int i = 0; i < n; i++) {
        rows.labels[i] = (byte) (random.nextInt(100) == 0 ? 1 : 0);
        double z = random.nextGaussian() + 2 * rows.labels[i];
        rows.scores[i] = Math.rint(1e4 / (1 + Math.exp(4 - z))) / 1e4;
        rows.segments[i] = random.nextInt(3);
      }
      return rows;
    }
  }

  private static final Rows ROWS = Rows.of(1, 50_000);

  @Test
  void strataPartitionTheSetAndRatesMeetTheBudget() {
    var segments = List.of("DE", "FR", "");
    var plan = DESIGN.plan(ROWS.labels, ROWS.scores, ROWS.segments, segments);
    assertThat(plan.population()).isEqualTo(ROWS.labels.length);
    long[] counts = new long[plan.strata().size()];
    for (int i = 0; i < ROWS.labels.length; i++) {
      int h = plan.stratumOf(ROWS.labels[i], ROWS.scores[i], segments.get(ROWS.segments[i]));
      assertThat(plan.strata().get(h).label()).isEqualTo(ROWS.labels[i]);
      assertThat(plan.strata().get(h).segment()).isEqualTo(segments.get(ROWS.segments[i]));
      assertThat(plan.strata().get(h).fromScore()).isLessThanOrEqualTo(ROWS.scores[i]);
      counts[h]++;
    }
    for (int h = 0; h < counts.length; h++) {
      var stratum = plan.strata().get(h);
      assertThat(counts[h]).as(stratum.name()).isEqualTo(stratum.population());
      assertThat(stratum.expectedSample())
          .as(stratum.name())
          .isGreaterThanOrEqualTo(Math.min(20, stratum.population()) - 1e-9);
      if (stratum.label() == 1) {
        assertThat(stratum.rate()).isEqualTo(1);
      }
    }
    double negatives =
        plan.strata().stream()
            .filter(s -> s.label() == 0)
            .mapToDouble(Stratum::expectedSample)
            .sum();
    // the least sample of a stratum may add to the budget
    assertThat(negatives).isBetween(2_000 - 1e-6, 2_000 + 20.0 * plan.strata().size());
  }

  @Test
  void highReferenceScoresAreSampledMoreAndTiesAreNeverSplit() {
    var plan = DESIGN.plan(ROWS.labels, ROWS.scores);
    var negatives = plan.strata().stream().filter(s -> s.label() == 0).toList();
    assertThat(negatives.size()).isBetween(4, 60);
    for (int i = 1; i < negatives.size(); i++) {
      assertThat(negatives.get(i).fromScore()).isLessThan(negatives.get(i - 1).fromScore());
      assertThat(negatives.get(i).size()).isLessThan(negatives.get(i - 1).size());
    }
    assertThat(negatives.get(0).rate())
        .isGreaterThan(10 * negatives.get(negatives.size() - 1).rate());
    assertThat(plan.design()).isEqualTo("sqrt_influence");
    assertThat(plan.supportsAveragePrecision()).isTrue();
  }

  @Test
  void theFloorKeepsTheLowestBandSampled() {
    var half = DESIGN.withFloor(0.5).withLeastPerStratum(1).plan(ROWS.labels, ROWS.scores);
    var lowest = half.strata().get(half.strata().size() - 1);
    long negatives =
        half.strata().stream().filter(s -> s.label() == 0).mapToLong(Stratum::population).sum();
    // at least the uniform half of the budget
    assertThat(lowest.rate()).isGreaterThanOrEqualTo(0.5 * 2_000 / negatives);
  }

  @Test
  void aLargerBudgetKeepsWhatASmallerOneSampled() {
    var small = DESIGN.plan(ROWS.labels, ROWS.scores);
    var plans =
        List.of(
            small, small.withBudget(2_500), small.withBudget(9_000), small.withBudget(1_000_000));
    for (int i = 1; i < plans.size(); i++) {
      for (int h = 0; h < small.strata().size(); h++) {
        assertThat(plans.get(i).strata().get(h).rate())
            .isGreaterThanOrEqualTo(plans.get(i - 1).strata().get(h).rate());
      }
    }
    assertThat(plans.get(3).strata()).allMatch(s -> s.rate() == 1);
    for (int i = 0; i < 2_000; i++) {
      int h = small.stratumOf(ROWS.labels[i], ROWS.scores[i], "");
      if (small.includes(i, h)) {
        assertThat(plans.get(1).includes(i, h)).isTrue();
        assertThat(plans.get(2).includes(i, h)).isTrue();
      }
      if (small.includes(i, h, 0.25)) {
        assertThat(small.includes(i, h, 0.5)).isTrue();
        assertThat(small.includes(i, h)).isTrue();
      }
      assertThat(plans.get(3).includes(i, h)).isTrue();
    }
  }

  @Test
  void theSampleHasItsExpectedSize() {
    var plan = DESIGN.plan(ROWS.labels, ROWS.scores);
    double variance = 0;
    for (var s : plan.strata()) {
      variance += s.expectedSample() * (1 - s.rate());
    }
    long size =
        IntStream.range(0, ROWS.labels.length)
            .filter(i -> plan.includes(i, plan.stratumOf(ROWS.labels[i], ROWS.scores[i], "")))
            .count();
    assertThat((double) size).isCloseTo(plan.expectedSample(), within(5 * Math.sqrt(variance)));
  }

  @Test
  void positivesBeyondTheCapAreSampled() {
    var plan = DESIGN.withPositiveCap(100).plan(ROWS.labels, ROWS.scores);
    var positive = plan.strata().get(0);
    assertThat(positive.label()).isEqualTo(1);
    assertThat(positive.rate()).isCloseTo(100.0 / positive.population(), within(1e-12));
  }

  @Test
  void withoutAReferenceNegativesAreUniformAndAveragePrecisionIsNotOffered() {
    var plan = DESIGN.plan(ROWS.labels);
    assertThat(plan.strata()).hasSize(2);
    assertThat(plan.design()).isEqualTo("uniform");
    assertThat(plan.supportsAveragePrecision()).isFalse();
    assertThat(plan.strata().get(1).expectedSample()).isCloseTo(2_000, within(1e-6));
    assertThat(plan.withBudget(1_000_000).supportsAveragePrecision()).isTrue();
    assertThat(PlanDesign.of("x", 1, 10).plan(new byte[] {0, 1}, new double[] {1, 2}).strata())
        .as("no positive below a negative: nothing to learn from the reference")
        .hasSize(2);
    assertThat(PlanDesign.of("x", 1, 10).plan(new byte[0]).strata()).isEmpty();
  }

  @Test
  void aPlanSurvivesTextMapsAndJson() throws Exception {
    var segments = List.of("", "a b/ü%", "x");
    var plan =
        new PlanDesign("sält 1", Long.MIN_VALUE, 500, 50, 1 / 3.0, 3)
            .plan(ROWS.labels, ROWS.scores, ROWS.segments, segments);
    assertThat(SamplingPlan.parse(plan.text())).isEqualTo(plan);
    assertThat(SamplingPlan.fromMap(plan.toMap())).isEqualTo(plan);
    var json = new ObjectMapper();
    Map<String, Object> read =
        json.readValue(json.writeValueAsString(plan.toMap()), new TypeReference<>() {});
    assertThat(SamplingPlan.fromMap(read)).isEqualTo(plan);
    assertThat(SamplingPlan.fromMap(read).digest()).isEqualTo(plan.digest());
    assertThat(plan.withBudget(501).digest()).isNotEqualTo(plan.digest());
  }

  @Test
  void theTextIsFrozen() {
    var plan =
        PlanDesign.of("salt", 7, 3)
            .withLeastPerStratum(1)
            .plan(
                new byte[] {1, 0, 0, 1, 0, 0, 0, 0},
                new double[] {0.9, 0.95, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1});
    assertThat(plan.text())
        .isEqualTo(
            """
            touchstone.sampling-plan/1
            salt .salt
            seed 7
            design sqrt_influence
            budget 3
            positive_cap 20000
            floor 0.3
            least_per_stratum 1
            stratum .positive 1 -inf . 2 1 1
            stratum .negative-0 0 0.95 . 1 0.6123724356957945 1
            stratum .negative-1 0 0.6 . 1 0.3535533905932738 1
            stratum .negative-2 0 -inf . 4 0 0.25
            """);
    assertThat(plan.digest()).isEqualTo(SamplingPlan.parse(plan.text()).digest());
  }

  @Test
  void neymanSharesByPopulationTimesDeviation() {
    double[] rates =
        Allocation.neyman(new long[] {1_000, 4_000, 500}, new double[] {2, 0.5, 0}, null, 400);
    assertThat(rates).containsExactly(new double[] {0.2, 0.05, 0}, within(1e-15));
    double[] costly =
        Allocation.neyman(new long[] {100, 100}, new double[] {1, 1}, new double[] {1, 4}, 30);
    assertThat(costly).containsExactly(new double[] {0.2, 0.1}, within(1e-15));
    var plan = DESIGN.plan(ROWS.labels, ROWS.scores);
    double[] deviations = new double[plan.strata().size()];
    Arrays.fill(deviations, 0.1);
    var proposed = plan.withNeyman(deviations, 5_000);
    assertThat(proposed.design()).isEqualTo("neyman");
    assertThat(proposed.strata().get(0).rate())
        .isCloseTo(5_000.0 / ROWS.labels.length, within(1e-12));
    assertThat(SamplingPlan.parse(proposed.text())).isEqualTo(proposed);
    assertThat(proposed.withBudget(5_000)).isEqualTo(proposed);
  }

  @Test
  void ratesByTheExampleMeetTheBudgetWithTheCapIterated() {
    var random = new SplittableRandom(3);
    long[] ones = new long[500];
    Arrays.fill(ones, 1);
    double[] sizes = random.doubles(500).map(d -> Math.pow(d, 8)).toArray();
    for (double budget : new double[] {0, 1, 50, 250, 499, 500, 10_000}) {
      double[] rates = Allocation.proportionalToSize(ones, sizes, budget, 0.1);
      assertThat(Arrays.stream(rates).sum()).isCloseTo(Math.min(500, budget), within(1e-9));
      assertThat(Arrays.stream(rates).allMatch(q -> q >= 0 && q <= 1)).isTrue();
    }
    assertThat(Allocation.proportionalToSize(new long[] {5, 5}, new double[2], 5, 0))
        .as("sizes of nothing are uniform")
        .containsExactly(0.5, 0.5);
  }

  @Test
  void nonsenseIsRefusedByName() {
    assertThatThrownBy(() -> PlanDesign.of("s", 1, 0))
        .hasMessage("budget must be at least 1, got 0");
    assertThatThrownBy(() -> DESIGN.withFloor(Double.NaN))
        .hasMessage("floor must be in [0, 1], got NaN");
    assertThatThrownBy(() -> DESIGN.withPositiveCap(0))
        .hasMessage("positive cap must be at least 1, got 0");
    assertThatThrownBy(() -> DESIGN.withLeastPerStratum(0))
        .hasMessage("least per stratum must be at least 1, got 0");
    assertThatThrownBy(() -> DESIGN.plan(new byte[] {0, 2}))
        .hasMessage("label must be 0 or 1, got 2 (row 1)");
    assertThatThrownBy(() -> DESIGN.plan(new byte[2], new double[3]))
        .hasMessage("reference scores must be as many as labels (2), got 3");
    assertThatThrownBy(() -> DESIGN.plan(new byte[] {0, 1}, new double[] {1, Double.NaN}))
        .hasMessage("score must be a number, got NaN (row 1)");
    assertThatThrownBy(() -> DESIGN.plan(new byte[2], null, new int[] {0, 5}, List.of("a")))
        .hasMessage("segment must be in [0, 0], got 5 (row 1)");
    assertThatThrownBy(() -> DESIGN.plan(new byte[2], null, new int[1], List.of("a")))
        .hasMessage("segments must be as many as labels (2), got 1");
    assertThatThrownBy(() -> DESIGN.plan(new byte[2], null, new int[2], List.of("a", "a")))
        .hasMessage("segment names must be unique, got [a, a]");
    var plan = DESIGN.plan(new byte[] {0, 1});
    assertThatThrownBy(() -> plan.stratumOf(0, 0.5, "DE"))
        .hasMessage("segment must be one of [], got DE");
    assertThatThrownBy(() -> plan.stratumOf(2, 0.5, "")).hasMessage("label must be 0 or 1, got 2");
    assertThatThrownBy(() -> plan.stratumOf(0, Double.NaN, ""))
        .hasMessage("reference score must be a number, got NaN");
    var positivesOnly = DESIGN.plan(new byte[] {1});
    assertThatThrownBy(() -> positivesOnly.stratumOf(0, 0.5, ""))
        .hasMessage("no stratum for label 0, reference score 0.5, segment ''");
    assertThatThrownBy(() -> plan.postStratifiedWeights(new int[] {1, 1}))
        .hasMessage(
            "a sample cannot have more examples than the stratum: 2 of 1 (stratum negative-0)");
    assertThatThrownBy(() -> Allocation.neyman(new long[1], new double[] {1}, new double[] {0}, 1))
        .hasMessage("cost must be finite and above 0, got 0.0 (stratum 0)");
    assertThatThrownBy(() -> Allocation.proportionalToSize(new long[1], new double[2], 1, 0))
        .hasMessage("sizes must be as many as strata (1), got 2");
    assertThatThrownBy(
            () -> Allocation.proportionalToSize(new long[1], new double[] {1}, Double.NaN, 0))
        .hasMessage("budget must be at least 0, got NaN");
  }

  @Test
  void textThatIsNoPlanIsRefusedWithItsPlace() {
    var text = DESIGN.plan(new byte[] {0, 1}).text();
    assertThatThrownBy(() -> SamplingPlan.parse("nonsense"))
        .hasMessage("sampling plan: schema must be touchstone.sampling-plan/1, got nonsense");
    assertThatThrownBy(() -> SamplingPlan.parse(text.replace("seed 11\n", "")))
        .hasMessage("sampling plan: seed is missing");
    assertThatThrownBy(() -> SamplingPlan.parse(text.replace("seed 11", "seed x")))
        .hasMessage("sampling plan: seed cannot be x");
    assertThatThrownBy(() -> SamplingPlan.parse(text.replace(" 1 -inf", " 3 -inf")))
        .hasMessage("sampling plan, line 9: label must be 0 or 1, got 3 (stratum positive)");
    assertThatThrownBy(() -> SamplingPlan.parse(text + "a b c\n"))
        .hasMessage("sampling plan, line 11: a field has one value, a stratum seven");
    assertThatThrownBy(() -> SamplingPlan.parse(text + text.split("\n")[8] + "\n"))
        .hasMessage("stratum names must be unique, got positive twice");
    assertThatThrownBy(
            () ->
                SamplingPlan.parse(
                    text + text.split("\n")[8].replace(".positive", ".other") + "\n"))
        .hasMessage("strata must not overlap, but positive and other both start at -Infinity");
    assertThatThrownBy(() -> SamplingPlan.parse(text.replace("design uniform", "design best")))
        .hasMessage("design must be uniform, sqrt_influence or neyman, got best");
    var map = new java.util.HashMap<>(DESIGN.plan(new byte[] {0, 1}).toMap());
    map.put("floor", "0.3");
    assertThatThrownBy(() -> SamplingPlan.fromMap(map))
        .hasMessage("sampling plan: floor must be a number, got 0.3");
    map.put("strata", "none");
    map.put("floor", 0.3);
    assertThatThrownBy(() -> SamplingPlan.fromMap(map))
        .hasMessage("sampling plan: strata must be a list");
  }

  @Test
  void theKSmallestOfAUnionAreThoseOfItsParts() {
    var hash = InclusionHash.of("bottom", 3);
    for (int seed = 0; seed < 20; seed++) {
      var random = new SplittableRandom(seed);
      var whole = BottomK.of(hash, 25);
      var parts = List.of(BottomK.of(hash, 25), BottomK.of(hash, 25), BottomK.of(hash, 25));
      int n = random.nextInt(10, 300);
      for (int id = 0; id < n; id++) {
        double q = random.nextDouble() + 0.01;
        whole.accept(id, q);
        parts.get(random.nextInt(3)).accept(id, q);
      }
      var merged = BottomK.of(hash, 25);
      parts.forEach(merged::combine);
      assertThat(merged.result()).as("seed %s", seed).isEqualTo(whole.result());
      assertThat(merged.threshold()).isEqualTo(whole.threshold());
      assertThat(merged.result()).hasSize(Math.min(n, 25));
      assertThat(merged.result()).allMatch(m -> m.ratio() < whole.threshold());
    }
    assertThatThrownBy(() -> BottomK.of(hash, 0)).hasMessage("k must be in [1, 2^31 - 2], got 0");
    assertThatThrownBy(() -> BottomK.of(hash, 1).accept(4, 0))
        .hasMessage("rate must be finite and above 0, got 0.0 (example 4)");
    assertThatThrownBy(() -> BottomK.of(hash, 1).combine(BottomK.of(hash, 2)))
        .hasMessage("samples of another size or hash cannot be combined");
  }
}
