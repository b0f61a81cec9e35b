package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Target;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparePartsTest {
  private static Interval interval(double low, double high) {
    return new Interval(low, high, "m", 0.95, Target.SUPERPOPULATION);
  }

  @Test
  void aVerdictNeedsTheWholeIntervalBeyondTheLeastEffect() {
    var up = Direction.HIGHER_IS_BETTER;
    var down = Direction.LOWER_IS_BETTER;
    assertThat(Verdict.of(interval(0.011, 0.02), up, 0.01)).isEqualTo(Verdict.BETTER);
    assertThat(Verdict.of(interval(0.01, 0.02), up, 0.01)).isEqualTo(Verdict.INDISTINGUISHABLE);
    assertThat(Verdict.of(interval(-0.02, -0.011), up, 0.01)).isEqualTo(Verdict.WORSE);
    assertThat(Verdict.of(interval(-0.02, -0.01), up, 0.01)).isEqualTo(Verdict.INDISTINGUISHABLE);
    assertThat(Verdict.of(interval(-0.02, -0.011), down, 0.01)).isEqualTo(Verdict.BETTER);
    assertThat(Verdict.of(interval(0.011, 0.02), down, 0.01)).isEqualTo(Verdict.WORSE);
    assertThat(Verdict.of(interval(0, 0.02), up, 0)).isEqualTo(Verdict.INDISTINGUISHABLE);
    assertThat(Verdict.of(interval(-0.02, 0), up, 0)).isEqualTo(Verdict.INDISTINGUISHABLE);
    assertThat(Verdict.of(null, up, 0)).isEqualTo(Verdict.UNDEFINED);
    assertThatThrownBy(() -> Verdict.of(null, up, -0.5))
        .hasMessage("least effect must be at least 0, got -0.5");
  }

  @Test
  void flipsAreCountedByWhatTheyDid() {
    var flips = new DecisionFlips(100, 1, 2, 4, 8);
    assertThat(flips.raised()).isEqualTo(5);
    assertThat(flips.lowered()).isEqualTo(10);
    assertThat(flips.mended()).isEqualTo(9);
    assertThat(flips.broken()).isEqualTo(6);
    assertThat(flips.total()).isEqualTo(15);
    assertThat(flips.rate(0.9).value()).isEqualTo(0.15);
    assertThat(flips.rate(0.9).name()).isEqualTo("flip_rate");
    assertThat(flips.raisedRate(0.9).value()).isEqualTo(0.05);
    assertThat(flips.loweredRate(0.9).value()).isEqualTo(0.1);
    assertThat(flips.loweredRate(0.9).interval()).isEqualTo(Intervals.wilson(0.1, 100, 0.9));
    assertThat(new DecisionFlips(0, 0, 0, 0, 0).rate(0.9).reason()).isEqualTo("empty");
    assertThat(new DecisionFlips(15, 1, 2, 4, 8).rate(0.9).value()).isEqualTo(1);
    assertThatThrownBy(() -> new DecisionFlips(14, 1, 2, 4, 8))
        .hasMessage("flips must be at least 0 and at most the examples (14)");
    long[][] negative = {{-1, 2, 2, 2}, {2, -1, 2, 2}, {2, 2, -1, 2}, {2, 2, 2, -1}};
    for (long[] f : negative) {
      assertThatThrownBy(() -> new DecisionFlips(99, f[0], f[1], f[2], f[3]))
          .hasMessage("flips must be at least 0 and at most the examples (99)");
    }
  }

  @Test
  void coverageIsSharedByTheLargerSet() {
    assertThat(new JoinCoverage(10, 20, 5).share()).isEqualTo(0.25);
    assertThat(new JoinCoverage(20, 10, 5).share()).isEqualTo(0.25);
    assertThat(new JoinCoverage(0, 0, 0).share()).isEqualTo(1);
    assertThat(new JoinCoverage(5, 5, 5).complete()).isTrue();
    assertThat(new JoinCoverage(5, 6, 5).complete()).isFalse();
    assertThat(new JoinCoverage(6, 5, 5).complete()).isFalse();
  }

  @Test
  void optionsAreChangedAlone() {
    var o = CompareOptions.defaults();
    var effects = Map.of("brier", 0.1);
    assertThat(
            o.withLevel(0.9)
                .withThresholds(0.2, 0.3)
                .withPartialJoin(true)
                .withLeastEffects(effects))
        .isEqualTo(new CompareOptions(0.9, 0.2, 0.3, true, effects, null));
    assertThat(o.withLeastEffects(effects).leastEffect("brier")).isEqualTo(0.1);
    assertThat(o.withLeastEffects(effects).leastEffect("accuracy")).isZero();
    assertThatThrownBy(() -> o.withThresholds(0.5, Double.NaN))
        .hasMessage("thresholds must be numbers, got NaN");
    assertThatThrownBy(() -> o.withLevel(0)).hasMessage("level must be in (0, 1), got 0.0");
  }

  @Test
  void mcNemarByHand() {
    var test = new McNemar(50, 4, 9, 7);
    assertThat(test.n()).isEqualTo(70);
    assertThat(test.discordant()).isEqualTo(13);
    assertThat(test.chiSquared()).isCloseTo(25 / 13.0, within(1e-15));
    assertThat(test.chiSquaredCorrected()).isCloseTo(16 / 13.0, within(1e-15));
    // P(X <= 4) of 13 fair coins: (1 + 13 + 78 + 286 + 715) / 8192
    assertThat(test.exactP()).isCloseTo(2 * 1093 / 8192.0, within(1e-12));
    assertThat(test.midP()).isCloseTo((2 * 1093 - 715) / 8192.0, within(1e-12));
    assertThat(test.accuracyDifference()).isEqualTo(5 / 70.0);
    // Bonett and Price: half an example more of either kind
    double m = 72;
    double half = Intervals.z(0.9) * Math.sqrt((10 / m + 5 / m - 25 / m / m) / m);
    var interval = test.accuracyDifferenceInterval(0.9);
    assertThat(interval.low()).isCloseTo(5 / m - half, within(1e-15));
    assertThat(interval.high()).isCloseTo(5 / m + half, within(1e-15));
    assertThat(new McNemar(0, 0, 0, 0).accuracyDifferenceInterval(0.9)).isNull();
    assertThat(new McNemar(5, 3, 3, 0).chiSquaredCorrected()).as("not below 0").isZero();
    assertThat(new McNemar(5, 3, 3, 0).asymptoticP()).isEqualTo(1);
    assertThat(new McNemar(5, 3, 3, 0).exactP()).isEqualTo(1);
    assertThat(new McNemar(5, 0, 0, 1).midP()).isEqualTo(1);
    long[][] negative = {{-1, 0, 0, 0}, {0, -1, 0, 0}, {0, 0, -1, 0}, {0, 0, 0, -1}};
    for (long[] c : negative) {
      assertThatThrownBy(() -> new McNemar(c[0], c[1], c[2], c[3]))
          .hasMessage(
              "counts must be at least 0, got " + c[0] + ", " + c[1] + ", " + c[2] + ", " + c[3]);
    }
  }

  @Test
  void aMeanWithoutSpreadHasAnInfiniteStatisticOrNone() {
    var constant = CorrectedResampledT.ofFolds(new double[] {0.5, 0.5, 0.5});
    assertThat(constant.t()).isInfinite();
    assertThat(constant.pValue()).isZero();
    assertThat(constant.degreesOfFreedom()).isEqualTo(2);
    var zero = CorrectedResampledT.ofFolds(new double[] {0, 0, 0});
    assertThat(zero.t()).isZero();
    assertThat(zero.pValue()).isEqualTo(1);
    var spread = CorrectedResampledT.of(new double[] {1, 2, 3}, 0.5);
    assertThat(spread.variance()).isEqualTo(1);
    assertThat(spread.standardError()).isCloseTo(Math.sqrt(1 / 3.0 + 0.5), within(1e-15));
    assertThat(spread.t()).isCloseTo(2 / Math.sqrt(1 / 3.0 + 0.5), within(1e-14));
    double half = Intervals.t(0.9, 2) * spread.standardError();
    assertThat(spread.interval(0.9).low()).isCloseTo(2 - half, within(1e-14));
    assertThat(spread.interval(0.9).high()).isCloseTo(2 + half, within(1e-14));
    assertThatThrownBy(() -> new CorrectedResampledT(2, 0, Double.NaN, 1))
        .hasMessage("variance must be at least 0, got NaN");
  }

  @Test
  void differencesOfOneMetricAreTested() {
    var up = Direction.HIGHER_IS_BETTER;
    var better =
        MetricComparison.of(
            "m", up, 0.25, 0.75, 0.5, 0.25, 1.5, MetricComparison.normalTail(), 0.9, "x", 0.1);
    assertThat(better.difference().name()).isEqualTo("m_difference");
    assertThat(better.difference().interval())
        .isEqualTo(new Interval(0.125, 0.875, "x", 0.9, Target.SUPERPOPULATION));
    assertThat(better.pValue().orElseThrow()).isCloseTo(0.0455002638963584, within(1e-12));
    assertThat(better.verdict()).isEqualTo(Verdict.BETTER);
    assertThat(better.baseline().value()).isEqualTo(0.25);
    assertThat(better.candidate().value()).isEqualTo(0.75);
    var same =
        MetricComparison.of(
            "m", up, 0.5, 0.5, 0, 0, 1.5, MetricComparison.normalTail(), 0.9, "x", 0);
    assertThat(same.pValue()).hasValue(1);
    assertThat(same.withFlag("f").difference().flags()).containsExactly("f");
    assertThat(same.withFlag("f").verdict()).isEqualTo(Verdict.INDISTINGUISHABLE);
    var stiff =
        MetricComparison.of(
            "m", up, 0.5, 0.75, 0.25, 0, 1.5, MetricComparison.normalTail(), 0.9, "x", 0);
    assertThat(stiff.difference().intervalReason()).isEqualTo("zero_variance");
    assertThat(stiff.pValue()).isEmpty();
    assertThat(stiff.verdict()).isEqualTo(Verdict.UNDEFINED);
    assertThat(MetricComparison.tTail(2).applyAsDouble(0)).isEqualTo(1);
    // Student's with 1 degree of freedom is Cauchy's
    assertThat(MetricComparison.tTail(1).applyAsDouble(1)).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void rowsAreReadAsTheyWereGiven() {
    long[] ids = {7, -3, 5};
    byte[] labels = {1, 0, 1};
    var floats = ScoredRows.of(ids, new float[] {0.5f, 0.25f, 1}, labels, null);
    assertThat(floats.precision()).isEqualTo(ScorePrecision.FLOAT32);
    assertThat(floats.weighted()).isFalse();
    assertThat(floats.weight(2)).isEqualTo(1);
    assertThat(floats.score(1)).isEqualTo(0.25);
    double[] weights = {1, 2, 3};
    var doubles = ScoredRows.of(ids, new double[] {0.1, 0.2, 0.3}, labels, weights);
    assertThat(doubles.precision()).isEqualTo(ScorePrecision.FLOAT64);
    var picked = doubles.pick(new int[] {2, 0});
    assertThat(picked.size()).isEqualTo(2);
    assertThat(picked.id(0)).isEqualTo(5);
    assertThat(picked.score(0)).isEqualTo(0.3);
    assertThat(picked.weight(0)).isEqualTo(3);
    assertThat(picked.label(1)).isEqualTo((byte) 1);
    assertThat(floats.pick(new int[] {1}).score(0)).isEqualTo(0.25);
    assertThatThrownBy(() -> ScoredRows.of(ids, new double[3], new byte[2], null))
        .hasMessage("labels must be as many as ids (3), got 2");
    assertThatThrownBy(() -> ScoredRows.of(ids, new double[3], labels, new double[4]))
        .hasMessage("weights must be as many as ids (3), got 4");
    double[] endless = {1, Double.POSITIVE_INFINITY, 1};
    assertThatThrownBy(() -> ScoredRows.of(ids, new double[3], labels, endless))
        .hasMessage("weight must be finite and at least 0, got Infinity (example -3)");
  }

  @Test
  void idsAreJoinedUnsignedWhateverTheirOrder() {
    long[] left = {-1, 4, 2, Long.MIN_VALUE};
    long[] right = {2, -1, 9, 4};
    var a = ScoredRows.of(left, new double[] {0.1, 0.4, 0.2, 0.9}, new byte[4], null);
    var b = ScoredRows.of(right, new double[] {0.2, 0.1, 0.7, 0.4}, new byte[4], null);
    var joined = PairedRows.join(a, b);
    assertThat(joined.coverage()).isEqualTo(new JoinCoverage(4, 4, 3));
    assertThat(joined.baseline().ids()).containsExactly(2, 4, -1);
    for (int i = 0; i < 3; i++) {
      assertThat(joined.candidate().id(i)).isEqualTo(joined.baseline().id(i));
      assertThat(joined.candidate().score(i)).isEqualTo(joined.baseline().score(i));
    }
  }

  @Test
  void scoresAtTheEndsAndAtTheThresholdBelongToThem() {
    long[] ids = {1, 2, 3, 4, 5};
    byte[] labels = {1, 0, 1, 0, 1};
    double[] base = {1, 0, 0.5, 0.5, 0.2};
    double[] other = {0, 1, 0.4, 0.4, 0.5};
    for (double[] weights : new double[][] {null, {1, 1, 1, 1, 0}, {2, 2, 2, 2, 2}}) {
      var report =
          PairedComparison.compare(
              ScoredRows.of(ids, base, labels, weights),
              ScoredRows.of(ids, other, labels, weights),
              CompareOptions.defaults());
      boolean last = weights == null || weights[4] > 0;
      assertThat(report.n()).isEqualTo(last ? 5 : 4);
      assertThat(report.nPos()).isEqualTo(last ? 3 : 2);
      assertThat(report.mcnemar())
          .isEqualTo(last ? new McNemar(0, 3, 2, 0) : new McNemar(0, 3, 1, 0));
      assertThat(report.flips())
          .isEqualTo(last ? new DecisionFlips(5, 1, 2, 1, 1) : new DecisionFlips(4, 0, 2, 1, 1));
      var byName =
          report.metrics().stream()
              .collect(java.util.stream.Collectors.toMap(MetricComparison::name, m -> m));
      assertThat(byName.get("accuracy").baseline().value())
          .isCloseTo(last ? 3 / 5.0 : 3 / 4.0, within(1e-15));
      assertThat(byName.get("accuracy").candidate().value())
          .isCloseTo(last ? 2 / 5.0 : 1 / 4.0, within(1e-15));
      assertThat(byName.get("brier").baseline().value())
          .isCloseTo(last ? (0.5 + 0.64) / 5 : 0.5 / 4, within(1e-15));
      // a sure miss costs the clip of float64
      double worst = -Math.log(0x1p-52);
      double sum = 2 * worst - Math.log(0.4) - Math.log(0.6) - (last ? Math.log(0.5) : 0);
      assertThat(byName.get("log_loss").candidate().value())
          .isCloseTo(sum / (last ? 5 : 4), within(1e-12));
    }
  }
}
