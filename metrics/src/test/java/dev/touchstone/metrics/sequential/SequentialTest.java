package dev.touchstone.metrics.sequential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.Target;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SequentialTest {
  @Test
  void normalMixtureOfTheGoldenCase() {
    var golden = Golden.named("cs-normal-mixture");
    var inputs = golden.get("inputs");
    var boundary =
        NormalMixture.tightestAt(inputs.get("alpha").asDouble(), inputs.get("v_opt").asDouble());
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(boundary.rho())
        .isCloseTo(golden.get("expected").get("rho").asDouble(), within(tolerance));
    assertThat(boundary.bound(inputs.get("v").asDouble()))
        .isCloseTo(golden.get("expected").get("bound").asDouble(), within(tolerance));
  }

  @Test
  void stitchedBoundaryOfTheGoldenCase() {
    var golden = Golden.named("cs-stitching");
    var inputs = golden.get("inputs");
    var boundary =
        new StitchedBoundary(
            inputs.get("alpha").asDouble(),
            inputs.get("v_min").asDouble(),
            inputs.get("c").asDouble(),
            inputs.get("s").asDouble(),
            inputs.get("eta").asDouble());
    assertThat(boundary.bound(inputs.get("v").asDouble()))
        .isCloseTo(
            golden.get("expected").get("bound").asDouble(),
            within(golden.get("abs_tol").asDouble()));
    assertThat(boundary.bound(1)).as("below v_min").isEqualTo(boundary.bound(10));
    assertThat(StitchedBoundary.of(0.05, 10, 3)).isEqualTo(boundary);
  }

  @Test
  void zetaOfKnownValues() {
    assertThat(StitchedBoundary.zeta(2)).isCloseTo(Math.PI * Math.PI / 6, within(1e-14));
    assertThat(StitchedBoundary.zeta(4)).isCloseTo(Math.pow(Math.PI, 4) / 90, within(1e-14));
    assertThat(StitchedBoundary.zeta(1.4)).isCloseTo(3.105547277592512, within(1e-8));
  }

  private static double goldenValue(int i) {
    return i * 37 % 101 / 100.0;
  }

  @Test
  void empiricalBernsteinOfTheGoldenCase() {
    var golden = Golden.named("cs-empbern");
    var inputs = golden.get("inputs");
    double alpha = inputs.get("alpha").asDouble();
    var with = EmpiricalBernstein.withReplacement(alpha);
    var without = EmpiricalBernstein.withoutReplacement(alpha, inputs.get("N_for_wor").asLong());
    JsonNode at = inputs.get("at_n");
    var expected = golden.get("expected");
    double tolerance = golden.get("abs_tol").asDouble();
    int seen = 0;
    for (int i = 1; i <= 200; i++) {
      with.accept(goldenValue(i));
      without.accept(goldenValue(i));
      if (i == at.get(seen).asInt()) {
        assertThat(with.currentLow())
            .isCloseTo(expected.get("lower").get(seen).asDouble(), within(tolerance));
        assertThat(with.currentHigh())
            .isCloseTo(expected.get("upper").get(seen).asDouble(), within(tolerance));
        assertThat(without.currentLow())
            .isCloseTo(expected.get("lower_wor").get(seen).asDouble(), within(tolerance));
        assertThat(without.currentHigh())
            .isCloseTo(expected.get("upper_wor").get(seen).asDouble(), within(tolerance));
        seen++;
      }
    }
    assertThat(seen).isEqualTo(3);
    // looks before this one were sharper at the lower end
    assertThat(with.low()).isGreaterThan(with.currentLow());
    assertThat(with.high()).isLessThanOrEqualTo(with.currentHigh());
    assertThat(with.result().method()).isEqualTo("empirical_bernstein");
    assertThat(with.result().target()).isEqualTo(Target.SUPERPOPULATION);
    assertThat(without.result().target()).isEqualTo(Target.FINITE);
    assertThat(without.result().level()).isEqualTo(0.95);
  }

  @Test
  void asymptoticSequenceOfTheGoldenCase() {
    var golden = Golden.named("cs-asymp-wor");
    var inputs = golden.get("inputs");
    var sequence =
        AsymptoticSequence.withoutReplacement(
            inputs.get("alpha").asDouble(),
            inputs.get("N").asLong(),
            inputs.get("n_star").asLong(),
            inputs.get("var_plan").asDouble());
    double variance = inputs.get("var").asDouble();
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(sequence.halfWidth(inputs.get("n").asLong(), variance))
        .isCloseTo(golden.get("expected").get("half_width").asDouble(), within(tolerance));
    assertThat(sequence.halfWidth(20_000, variance))
        .isCloseTo(golden.get("expected").get("half_width_n20000").asDouble(), within(tolerance));
    assertThat(sequence.halfWidth(100_000, variance)).as("all were seen").isZero();
  }

  @Test
  void aSequenceWithReplacementIsTheLimitOfLargePopulations() {
    var endless = AsymptoticSequence.withReplacement(0.05, 5_000, 0.02);
    var huge = AsymptoticSequence.withoutReplacement(0.05, 1L << 50, 5_000, 0.02);
    assertThat(endless.halfWidth(7_000, 0.03))
        .isCloseTo(huge.halfWidth(7_000, 0.03), within(1e-12));
    // u(v) / n with v = s2 n
    assertThat(endless.halfWidth(7_000, 0.03))
        .isCloseTo(NormalMixture.tightestAt(0.05, 100).bound(210) / 7_000, within(1e-15));
    assertThat(endless.result("m", 0.5, 7_000, 40, 0.03, 0, 1).interval().method())
        .isEqualTo("asymptotic_cs");
  }

  @Test
  void nothingIsSaidTooEarlyAndTheVarianceHasAFloor() {
    var sequence = AsymptoticSequence.withoutReplacement(0.05, 100_000, 5_000, 0.02);
    assertThat(sequence.result("m", 0.5, 499, 40, 0.02, 0, 1).intervalReason())
        .isEqualTo("too_early");
    assertThat(sequence.result("m", 0.5, 500, 29, 0.02, 0, 1).intervalReason())
        .isEqualTo("too_early");
    var interval = sequence.result("m", 0, 1_000, 100, 0, -1, 1).interval();
    assertThat(interval.high())
        .as("no difference seen is not no difference")
        .isCloseTo(sequence.halfWidth(1_000, 4 / 1_000.0), within(1e-15))
        .isPositive();
    assertThat(interval.method()).isEqualTo("asymptotic_cs_wor");
    assertThat(sequence.result("m", 0.999, 1_000, 100, 0.3, 0, 1).interval().high()).isEqualTo(1);
  }

  @Test
  void strataAtDifferentFractionsSplitAlpha() {
    var half = AsymptoticSequence.withoutReplacement(0.025, 10_000, 1_000, 0.1);
    var other = AsymptoticSequence.withoutReplacement(0.025, 90_000, 1_000, 0.01);
    double width =
        AsymptoticSequence.halfWidth(
            List.of(
                new AsymptoticSequence.Part(0.1, half, 2_000, 0.1),
                new AsymptoticSequence.Part(0.9, other, 3_000, 0.01)),
            0.05);
    assertThat(width)
        .isCloseTo(
            0.1 * half.halfWidth(2_000, 0.1) + 0.9 * other.halfWidth(3_000, 0.01), within(1e-15));
    assertThatThrownBy(
            () ->
                AsymptoticSequence.halfWidth(
                    List.of(new AsymptoticSequence.Part(1, half, 2_000, 0.1)), 0.05))
        .hasMessage("each of 1 strata must have an alpha of 0.05, got 0.025");
  }

  @Test
  void theOrderInsideABlockChangesNoBit() {
    var random = new SplittableRandom(4);
    var forward = EmpiricalBernstein.withoutReplacement(0.05, 2_000);
    var backward = EmpiricalBernstein.withoutReplacement(0.05, 2_000);
    var betForward = BettingTest.withoutReplacement(0.4, 0.05, 2_000);
    var betBackward = BettingTest.withoutReplacement(0.4, 0.05, 2_000);
    for (int block = 0; block < 20; block++) {
      double[] values = random.doubles(100).toArray();
      double[] reversed = new double[100];
      var parts = List.of(BoundedBlock.of(), BoundedBlock.of());
      for (int i = 0; i < 100; i++) {
        reversed[i] = values[99 - i];
        parts.get(random.nextInt(2)).accept(reversed[i]);
      }
      forward.accept(BoundedBlock.of(values));
      backward.accept(parts.get(1).combine(parts.get(0)));
      betForward.acceptBlock(values);
      betBackward.acceptBlock(reversed);
      assertThat(backward.low()).isEqualTo(forward.low());
      assertThat(backward.high()).isEqualTo(forward.high());
      assertThat(betBackward.logCapital()).isEqualTo(betForward.logCapital());
    }
    assertThat(forward.low()).as("all 2,000 were seen").isEqualTo(forward.high());
  }

  /** Looks at every block; the chance of ever missing the mean must stay below alpha. */
  @ParameterizedTest
  @ValueSource(ints = {1, 50, 250})
  @Tag("slow")
  void aFiniteSetsMeanIsMissedInFewerThanAlphaOfRuns(int blockSize) {
    int runs = 300;
    int population = 2_000;
    double alpha = 0.1;
    int missed = 0;
    int rejected = 0;
    for (int run = 0; run < runs; run++) {
      var random = new SplittableRandom(run);
      double[] values = new double[population];
      double sum = 0;
      for (int i = 0; i < population; i++) {
        values[i] = random.nextInt(10) == 0 ? random.nextDouble() : 0.5;
        sum += values[i];
      }
      double mean = sum / population;
      for (int i = population - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        double swap = values[i];
        values[i] = values[j];
        values[j] = swap;
      }
      var sequence = EmpiricalBernstein.withoutReplacement(alpha, population);
      var bet = BettingTest.withoutReplacement(mean, alpha, population);
      boolean ever = false;
      for (int from = 0; from < population; from += blockSize) {
        double[] block = Arrays.copyOfRange(values, from, from + blockSize);
        sequence.accept(BoundedBlock.of(block));
        bet.acceptBlock(block);
        ever |= mean < sequence.low() - 1e-12 || mean > sequence.high() + 1e-12;
      }
      missed += ever ? 1 : 0;
      rejected += bet.rejected() ? 1 : 0;
    }
    // 4 standard deviations of a share of 300 at alpha
    double most = alpha + 4 * Math.sqrt(alpha * (1 - alpha) / runs);
    assertThat((double) missed / runs).isLessThanOrEqualTo(most);
    assertThat((double) rejected / runs).isLessThanOrEqualTo(most);
  }

  @Test
  void aTrueDifferenceIsFoundSoonerByBettingThanByTheSequence() {
    int population = 20_000;
    long foundByBet = 0;
    long foundBySequence = 0;
    for (int run = 0; run < 20; run++) {
      var random = new SplittableRandom(run);
      var sequence = EmpiricalBernstein.withoutReplacement(0.05, population);
      var bet = BettingTest.withoutReplacement(0.5, 0.05, population);
      for (int i = 0; i < population && !(bet.rejected() && sequence.low() > 0.5); i++) {
        double x =
            0.5 + 0.5 * (random.nextDouble() < 0.02 ? 1 : random.nextDouble() < 0.01 ? -1 : 0);
        sequence.accept(x);
        bet.accept(x);
        foundByBet += bet.rejected() ? 0 : 1;
        foundBySequence += sequence.low() > 0.5 ? 0 : 1;
      }
      assertThat(bet.rejected()).as("run %s", run).isTrue();
      assertThat(bet.pValue()).isLessThanOrEqualTo(0.05);
    }
    assertThat(foundByBet).isLessThan(foundBySequence);
  }

  @Test
  void valuesThatRuleTheNullOutRejectIt() {
    var bet = BettingTest.withoutReplacement(0.1, 0.001, 10);
    bet.accept(1);
    assertThat(bet.rejected()).as("the rest may all be 0").isFalse();
    bet.accept(1);
    assertThat(bet.rejected()).as("a mean of 0.1 is out of reach").isTrue();
    assertThat(bet.pValue()).isZero();
    bet.accept(0);
    assertThat(bet.count()).isEqualTo(3);
    var exact = BettingTest.withoutReplacement(0.5, 0.001, 2);
    exact.acceptBlock(0, 1);
    assertThat(exact.rejected()).isFalse();
    assertThat(exact.pValue()).isPositive();
  }

  @Test
  void crossedEndsAreSaid() {
    var sequence = EmpiricalBernstein.withReplacement(0.5);
    for (int i = 0; i < 400; i++) {
      sequence.accept(0);
    }
    for (int i = 0; i < 20_000; i++) {
      sequence.accept(1);
    }
    assertThat(sequence.crossed()).isTrue();
    assertThat(sequence.result()).isNull();
    var start = EmpiricalBernstein.withReplacement(0.5);
    start.accept(BoundedBlock.of());
    assertThat(start.result().low()).isZero();
    assertThat(start.result().high()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(AlphaSpending.class)
  void sharesOfAlphaNeverExceedIt(AlphaSpending spending) {
    double sum = 0;
    for (long t = 1; t <= 5_000; t++) {
      assertThat(spending.at(0.05, t)).isLessThanOrEqualTo(spending.at(0.05, Math.max(1, t - 1)));
      sum += spending.at(0.05, t);
      if (t % 1_000 == 0) {
        assertThat(spending.spent(0.05, t)).isCloseTo(sum, within(1e-14));
      }
    }
    assertThat(sum).isLessThan(0.05).isGreaterThan(0.0499);
    assertThat(spending.spent(0.05, 0)).isZero();
    assertThatThrownBy(() -> spending.at(0.05, 0))
        .hasMessage("comparisons are counted from 1, got 0");
    assertThatThrownBy(() -> spending.at(1, 1)).hasMessage("alpha must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> spending.spent(0.1, -1))
        .hasMessage("comparisons must be at least 0, got -1");
  }

  @Test
  void firstSharesAreAsPublished() {
    assertThat(AlphaSpending.TELESCOPING.at(0.06, 1)).isCloseTo(0.03, within(1e-17));
    assertThat(AlphaSpending.TELESCOPING.at(0.06, 2)).isCloseTo(0.01, within(1e-17));
    assertThat(AlphaSpending.BASEL.at(0.05, 1)).isCloseTo(0.3 / (Math.PI * Math.PI), within(1e-16));
  }

  @Test
  void nonsenseIsRefusedByName() {
    assertThatThrownBy(() -> NormalMixture.tightestAt(0, 1))
        .hasMessage("alpha must be in (0, 1), got 0.0");
    assertThatThrownBy(() -> NormalMixture.tightestAt(0.05, Double.NaN))
        .hasMessage("best time must be finite and above 0, got NaN");
    assertThatThrownBy(() -> new NormalMixture(0.05, 0))
        .hasMessage("rho must be finite and above 0, got 0.0");
    assertThatThrownBy(() -> new NormalMixture(0.05, 1).bound(-1))
        .hasMessage("intrinsic time must be at least 0, got -1.0");
    assertThatThrownBy(() -> StitchedBoundary.of(0.05, 0, 1))
        .hasMessage("v_min is out of its range, got 0.0; see the documentation");
    assertThatThrownBy(() -> StitchedBoundary.of(0.05, 1, 1).bound(Double.NaN))
        .hasMessage("intrinsic time must be at least 0, got NaN");
    var sequence = EmpiricalBernstein.withoutReplacement(0.05, 2);
    assertThatThrownBy(() -> sequence.accept(1.5)).hasMessage("value must be in [0, 1], got 1.5");
    assertThatThrownBy(() -> sequence.accept(Double.NaN))
        .hasMessage("value must be in [0, 1], got NaN");
    sequence.accept(BoundedBlock.of(0, 1));
    assertThatThrownBy(() -> sequence.accept(0)).hasMessage("at most 2 values can be drawn, got 3");
    assertThatThrownBy(() -> EmpiricalBernstein.withoutReplacement(0.05, 0))
        .hasMessage("population must be at least 1, got 0");
    var bet = BettingTest.withoutReplacement(0.5, 0.05, 1);
    assertThatThrownBy(() -> bet.acceptBlock(0, 1))
        .hasMessage("at most 1 values can be drawn, got 2");
    assertThatThrownBy(() -> bet.accept(-0.1)).hasMessage("value must be in [0, 1], got -0.1");
    assertThatThrownBy(() -> BettingTest.withReplacement(2, 0.05))
        .hasMessage("the null's mean must be in [0, 1], got 2.0");
    assertThatThrownBy(() -> AsymptoticSequence.withoutReplacement(0.05, 10, 10, 1))
        .hasMessage("planned size must be at least 1 and below the population (10), got 10");
    assertThatThrownBy(() -> AsymptoticSequence.withReplacement(0.05, 10, 0))
        .hasMessage("planned variance must be finite and above 0, got 0.0");
    var asymptotic = AsymptoticSequence.withReplacement(0.05, 10, 1);
    assertThatThrownBy(() -> asymptotic.halfWidth(0, 1))
        .hasMessageStartingWith("n must be at least 1 and at most the population");
    assertThatThrownBy(() -> asymptotic.halfWidth(1, Double.NaN))
        .hasMessage("variance must be finite and at least 0, got NaN");
  }

  /** The capital of both bets, factor by factor, from the doc's formulas. */
  @ParameterizedTest
  @ValueSource(longs = {40, Long.MAX_VALUE})
  void capitalIsTheProductOfTheBets(long population) {
    double nullMean = 0.3;
    double alpha = 0.05;
    var bet =
        population == Long.MAX_VALUE
            ? BettingTest.withReplacement(nullMean, alpha)
            : BettingTest.withoutReplacement(nullMean, alpha, population);
    var random = new SplittableRandom(6);
    double sum = 0;
    double spread = 0.25;
    double up = 0.5;
    double down = 0.5;
    double largest = 0.5;
    for (int t = 1; t <= 20; t++) {
      double x = random.nextDouble() * 0.5;
      double m =
          population == Long.MAX_VALUE
              ? nullMean
              : (population * nullMean - sum) / (population - t + 1);
      double lambda = Math.sqrt(2 * Math.log(2 / alpha) / (spread / t * t * Math.log1p(t)));
      up *= 1 + Math.min(lambda, 0.5 / m) * (x - m);
      down *= 1 - Math.min(lambda, 0.5 / (1 - m)) * (x - m);
      largest = Math.max(largest, Math.max(up, down));
      sum += x;
      double centre = (0.5 + sum) / (t + 1);
      spread += (x - centre) * (x - centre);
      bet.accept(x);
      assertThat(bet.logCapital()).as("value %s", t).isCloseTo(Math.log(largest), within(1e-12));
      assertThat(bet.pValue()).isCloseTo(Math.min(1, 1 / largest), within(1e-12));
      assertThat(bet.rejected()).isEqualTo(largest >= 1 / alpha);
    }
    assertThat(bet.count()).isEqualTo(20);
  }

  @Test
  void nullsAtTheEndsAreRejectedByTheOneValueTheyForbid() {
    for (double end : new double[] {0, 1}) {
      var agrees = BettingTest.withoutReplacement(end, 0.05, 10);
      agrees.acceptBlock();
      agrees.acceptBlock(end, end, end, end, end, end, end, end, end, end);
      assertThat(agrees.rejected()).as("mean %s, all seen", end).isFalse();
      assertThat(agrees.pValue()).isEqualTo(1);
      var differs = BettingTest.withoutReplacement(end, 0.05, 10);
      differs.accept(end);
      differs.accept(0.5);
      assertThat(differs.rejected()).as("mean %s", end).isTrue();
      assertThat(differs.logCapital()).isEqualTo(Double.MAX_VALUE);
      assertThat(BettingTest.withReplacement(end, 0.05).count()).isZero();
    }
    assertThatThrownBy(() -> BettingTest.withReplacement(0.5, 0))
        .hasMessage("alpha must be in (0, 1), got 0.0");
    assertThatThrownBy(() -> EmpiricalBernstein.withReplacement(1))
        .hasMessage("alpha must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> AlphaSpending.BASEL.spent(1, 1))
        .hasMessage("alpha must be in (0, 1), got 1.0");
    var sequence = EmpiricalBernstein.withReplacement(0.05);
    sequence.accept(BoundedBlock.of(0.5, 0.25));
    assertThat(sequence.count()).isEqualTo(2);
  }

  @Test
  void limitsOfTheAsymptoticSequenceBelongToIt() {
    var smallest = AsymptoticSequence.withoutReplacement(0.05, 2, 1, 0.1);
    assertThat(smallest.halfWidth(1, 0.1)).isPositive();
    assertThat(smallest.halfWidth(2, 0)).isZero();
    assertThatThrownBy(() -> smallest.halfWidth(3, 0.1))
        .hasMessage("n must be at least 1 and at most the population (2), got 3");
    assertThatThrownBy(() -> AsymptoticSequence.withoutReplacement(0.05, 10, 0, 1))
        .hasMessage("planned size must be at least 1 and below the population (10), got 0");
    var sequence = AsymptoticSequence.withReplacement(0.05, 5_000, 0.02);
    assertThat(sequence.result("m", 0.5, 500, 30, 0.02, 0, 1).interval()).isNotNull();
    assertThat(sequence.result("m", 0.5, 500, 30, 0.02, 0, 1).interval().target())
        .isEqualTo(Target.SUPERPOPULATION);
    var finite = AsymptoticSequence.withoutReplacement(0.05, 9_000, 5_000, 0.02);
    assertThat(finite.result("m", 0.5, 500, 30, 0.02, 0, 1).interval().target())
        .isEqualTo(Target.FINITE);
  }
}
