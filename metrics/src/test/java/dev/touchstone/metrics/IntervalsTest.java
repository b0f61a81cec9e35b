package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class IntervalsTest {
  @Test
  void wilsonAgreesWithNewcombe() {
    for (var golden : Golden.starting("wilson-")) {
      double k = golden.get("inputs").get("k").asDouble();
      double n = golden.get("inputs").get("n").asDouble();
      var interval = Intervals.wilson(k / n, n, golden.get("inputs").get("conf").asDouble());
      double tolerance = golden.get("abs_tol").asDouble();
      assertThat(interval.low())
          .isCloseTo(golden.get("expected").get("lo").asDouble(), within(tolerance));
      assertThat(interval.high())
          .isCloseTo(golden.get("expected").get("hi").asDouble(), within(tolerance));
      assertThat(interval.method()).isEqualTo("wilson");
      assertThat(interval.target()).isEqualTo(Target.SUPERPOPULATION);
    }
  }

  @Test
  void wilsonHoldsTheEndsExactly() {
    assertThat(Intervals.wilson(0, 20, 0.95).low()).isZero();
    assertThat(Intervals.wilson(1, 20, 0.95).high()).isEqualTo(1);
    assertThat(Intervals.wilson(1, 20, 0.95).low())
        .isCloseTo(1 - Intervals.wilson(0, 20, 0.95).high(), within(1e-15));
  }

  @Test
  void quantilesAreThoseOfTheTables() {
    assertThat(Intervals.z(0.95)).isCloseTo(1.959963984540054, within(1e-12));
    assertThat(Intervals.t(0.95, 9)).isCloseTo(2.2621571628, within(1e-9));
  }

  @Test
  void logitIntervalIsSymmetricOnItsScale() {
    var interval = Intervals.logit(0.2, 0.05, 2, 0.95, "m");
    double low = Math.log(interval.low() / (1 - interval.low()));
    double high = Math.log(interval.high() / (1 - interval.high()));
    assertThat((low + high) / 2).isCloseTo(Math.log(0.25), within(1e-12));
    assertThat(high - low).isCloseTo(4 * 0.05 / 0.16, within(1e-12));
  }

  @Test
  void normalIntervalIsCutAtTheRange() {
    var interval = Intervals.normal(0.99, 0.02, 0, 1, 0.95, "m");
    assertThat(interval.high()).isEqualTo(1);
    assertThat(interval.low()).isCloseTo(0.99 - 0.02 * 1.959963984540054, within(1e-12));
  }

  @Test
  void refusesWhatHasNoInterval() {
    assertThatThrownBy(() -> Intervals.wilson(1.1, 5, 0.95))
        .hasMessage("proportion must be in [0, 1], got 1.1");
    assertThatThrownBy(() -> Intervals.wilson(0.1, 0, 0.95))
        .hasMessage("trials must be above 0, got 0.0");
    assertThatThrownBy(() -> Intervals.wilson(0.1, 5, 1))
        .hasMessage("level must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> Intervals.logit(1, 0.1, 2, 0.95, "m"))
        .hasMessage("value must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> new Interval(2, 1, "m", 0.95, Target.FINITE))
        .hasMessage("interval ends must be finite and in order, got [2.0, 1.0]");
  }

  @Test
  void metricValuesHoldReasonsExactlyWhereValuesAreMissing() {
    assertThatThrownBy(() -> new MetricValue("m", Double.NaN, null, null, "x", List.of()))
        .hasMessage("m: a value is NaN exactly when a reason says why, got NaN, null");
    assertThatThrownBy(() -> new MetricValue("m", 1, null, null, null, List.of()))
        .hasMessage("m: an interval is absent exactly when a reason says why, got null, null");
    assertThat(MetricValue.undefined("m", "empty").isDefined()).isFalse();
    assertThat(MetricValue.defined("m", 1).withFlag("a").withFlag("b").flags())
        .containsExactly("a", "b");
  }

  @Test
  void degenerateInputsKeepTheValueInside() {
    for (double value : new double[] {1e-9, 0.3, 1 - 1e-9}) {
      var interval = Intervals.logit(value, 0, 2, 0.95, "m");
      assertThat(interval.low()).isLessThanOrEqualTo(value).isCloseTo(value, within(1e-15));
      assertThat(interval.high()).isGreaterThanOrEqualTo(value).isCloseTo(value, within(1e-15));
    }
    assertThat(Intervals.normal(0.01, 0.02, 0, 1, 0.95, "m").low()).isZero();
    assertThat(Intervals.normal(0.5, 0.1, 0, 1, 0.95, "m").target())
        .isEqualTo(Target.SUPERPOPULATION);
    assertThat(Intervals.expit(0)).isEqualTo(0.5);
    assertThat(Intervals.expit(2) + Intervals.expit(-2)).isCloseTo(1, within(1e-15));
    for (double bad : new double[] {0, 1, Double.NaN}) {
      assertThatThrownBy(() -> Intervals.z(bad)).hasMessage("level must be in (0, 1), got " + bad);
      assertThatThrownBy(() -> Intervals.t(bad, 5))
          .hasMessage("level must be in (0, 1), got " + bad);
      assertThatThrownBy(() -> Intervals.logit(bad, 0.1, 2, 0.95, "m"))
          .hasMessage("value must be in (0, 1), got " + bad);
    }
    assertThatThrownBy(() -> Intervals.wilson(-0.1, 5, 0.95))
        .hasMessage("proportion must be in [0, 1], got -0.1");
  }
}
