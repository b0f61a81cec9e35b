package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TestsOfManyTest {
  @Test
  void adjustedValuesOfBenjaminiAndHochberg1995() {
    var golden = Golden.named("bh-1995");
    var expected = golden.get("expected");
    double[] p = Golden.doubles(golden.get("inputs").get("p"));
    double q = golden.get("inputs").get("q").asDouble();
    double tolerance = golden.get("abs_tol").asDouble();
    double[] bh = MultipleTests.benjaminiHochberg(p);
    double[] holm = MultipleTests.holm(p);
    assertThat(bh).containsExactly(Golden.doubles(expected.get("bh_adjusted")), within(tolerance));
    assertThat(holm)
        .containsExactly(Golden.doubles(expected.get("holm_adjusted")), within(tolerance));
    assertThat(Arrays.stream(bh).filter(v -> v <= q).count())
        .isEqualTo(expected.get("bh_rejected").asLong());
    assertThat(Arrays.stream(holm).filter(v -> v <= q).count())
        .isEqualTo(expected.get("holm_rejected").asLong());
  }

  @Test
  void answersStandWhereTheirQuestionsStood() {
    assertThat(MultipleTests.holm(0.04, 0.01, 0.04, 1))
        .containsExactly(new double[] {0.12, 0.04, 0.12, 1}, within(1e-15));
    assertThat(MultipleTests.benjaminiHochberg(0.04, 0.01, 0.04, 1))
        .containsExactly(new double[] {0.16 / 3, 0.04, 0.16 / 3, 1}, within(1e-15));
    assertThat(MultipleTests.holm()).isEmpty();
    assertThat(MultipleTests.benjaminiHochberg()).isEmpty();
  }

  @Test
  void whatIsNoProbabilityIsRefused() {
    assertThatThrownBy(() -> MultipleTests.holm(0.5, Double.NaN))
        .hasMessage("p-value must be in [0, 1], got NaN (test 1)");
    assertThatThrownBy(() -> MultipleTests.benjaminiHochberg(1.5))
        .hasMessage("p-value must be in [0, 1], got 1.5 (test 0)");
  }

  @Test
  void mcNemarOfAgresti1990() {
    var golden = Golden.named("mcnemar-agresti");
    var inputs = golden.get("inputs");
    var expected = golden.get("expected");
    var test =
        new McNemar(
            inputs.get("both").asLong(),
            inputs.get("a_only").asLong(),
            inputs.get("b_only").asLong(),
            inputs.get("neither").asLong());
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(test.chiSquared()).isCloseTo(expected.get("chi2").asDouble(), within(tolerance));
    assertThat(test.chiSquaredCorrected())
        .isCloseTo(expected.get("chi2_cc").asDouble(), within(tolerance));
    assertThat(test.asymptoticP()).isCloseTo(expected.get("p").asDouble(), within(tolerance));
    assertThat(test.correctedP()).isCloseTo(expected.get("p_cc").asDouble(), within(tolerance));
    assertThat(test.midP()).isCloseTo(expected.get("mid_p").asDouble(), within(tolerance));
    assertThat(test.exactP()).isCloseTo(expected.get("exact_p").asDouble(), within(tolerance));
    assertThat(test.accuracyDifference()).isCloseTo(-64.0 / 1600, within(1e-15));
    // Fagerland, Lydersen and Laake 2014, equation of Bonett and Price, by hand
    var interval = test.accuracyDifferenceInterval(0.95);
    assertThat(interval.low()).isCloseTo(-0.0587228, within(1e-7));
    assertThat(interval.high()).isCloseTo(-0.0211773, within(1e-7));
  }

  @Test
  void mcNemarOfFewAndOfVeryMany() {
    var none = new McNemar(5, 0, 0, 1);
    assertThat(none.midP()).isEqualTo(1);
    assertThat(none.exactP()).isEqualTo(1);
    assertThat(none.asymptoticP()).isEqualTo(1);
    assertThat(none.chiSquared()).isZero();
    // one discordant example: P(X <= 0) = 1/2, less P(X = 0) = 1/2
    assertThat(new McNemar(5, 1, 0, 1).midP()).isCloseTo(0.5, within(1e-15));
    assertThat(new McNemar(5, 1, 0, 1).exactP()).isEqualTo(1);
    // 5 to 0: 2 / 32, and half of that
    assertThat(new McNemar(5, 5, 0, 1).exactP()).isCloseTo(1 / 16.0, within(1e-15));
    assertThat(new McNemar(5, 5, 0, 1).midP()).isCloseTo(1 / 32.0, within(1e-15));
    var equal = new McNemar(0, 3, 3, 0);
    assertThat(equal.midP()).isLessThanOrEqualTo(1);
    assertThat(equal.exactP()).isEqualTo(1);
    long many = 2_000_000_000L;
    var huge = new McNemar(0, many, many + 100_000, 0);
    assertThat(huge.midP()).isCloseTo(huge.asymptoticP(), within(1e-12));
    assertThat(huge.asymptoticP()).isBetween(0.1, 0.12);
    assertThatThrownBy(() -> new McNemar(1, -1, 0, 0))
        .hasMessage("counts must be at least 0, got 1, -1, 0, 0");
    assertThatThrownBy(() -> new DecisionFlips(1, 1, 1, 0, 0))
        .hasMessage("flips must be at least 0 and at most the examples (1)");
  }

  @Test
  void correctedResampledTOfTheGoldenCase() {
    var golden = Golden.named("nadeau-bengio");
    var inputs = golden.get("inputs");
    var expected = golden.get("expected");
    var t =
        CorrectedResampledT.of(
            Golden.doubles(inputs.get("d")),
            inputs.get("n_test").asDouble() / inputs.get("n_train").asDouble());
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(t.mean()).isCloseTo(expected.get("mean").asDouble(), within(tolerance));
    assertThat(t.variance()).isCloseTo(expected.get("var").asDouble(), within(tolerance));
    assertThat(t.standardError()).isCloseTo(expected.get("se").asDouble(), within(tolerance));
    assertThat(t.t()).isCloseTo(expected.get("t").asDouble(), within(tolerance));
    assertThat(t.degreesOfFreedom()).isEqualTo(expected.get("df").asInt());
    assertThat(t.pValue()).isCloseTo(expected.get("p").asDouble(), within(tolerance));
    // the corrected interval is wider than the naive one by se over naive se
    double naive = t.mean() / expected.get("naive_t").asDouble();
    var interval = t.interval(0.95);
    assertThat((interval.high() - interval.low()) / 2 / (2.2621571628 * naive))
        .isCloseTo(t.standardError() / naive, within(1e-9));
    assertThat(CorrectedResampledT.ofFolds(Golden.doubles(inputs.get("d"))).standardError())
        .isCloseTo(t.standardError(), within(1e-15));
  }

  @Test
  void constantAndSingleValuesAreSaid() {
    assertThat(CorrectedResampledT.of(new double[] {0, 0, 0}, 0.5).pValue()).isEqualTo(1);
    assertThat(CorrectedResampledT.of(new double[] {1, 1, 1}, 0.5).pValue()).isZero();
    assertThatThrownBy(() -> CorrectedResampledT.of(new double[] {1}, 0.5))
        .hasMessage("at least 2 values are needed, got 1");
    assertThatThrownBy(() -> CorrectedResampledT.of(new double[] {1, 2}, 0))
        .hasMessage("test to train must be above 0, got 0.0");
  }
}
