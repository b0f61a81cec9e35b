package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IndependentDifferenceTest {

  // Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10: four decimals
  @ParameterizedTest
  @CsvSource({
    "56, 70, 48, 80, 0.0524, 0.3339",
    "9, 10, 3, 10, 0.1705, 0.8090",
    "6, 7, 2, 7, 0.0582, 0.8062",
    "5, 56, 0, 29, -0.0381, 0.1926",
    "0, 10, 0, 20, -0.1611, 0.2775",
    "10, 10, 0, 20, 0.6791, 1.0000",
    "10, 10, 0, 10, 0.6075, 1.0000",
  })
  void proportionsGetNewcombesInterval(
      int hits, int n, int otherHits, int otherN, double low, double high) {
    Interval interval =
        IndependentDifference.of(share(hits, n), share(otherHits, otherN)).value().interval();
    assertThat(interval.low()).isCloseTo(low, within(5e-5));
    assertThat(interval.high()).isCloseTo(high, within(5e-5));
  }

  @Test
  void symmetricIntervalsGiveTheZTest() {
    // se 0.3 and 0.4: se of the difference 0.5, z = 2
    var result = IndependentDifference.of(normal(2, 0.3), normal(1, 0.4));
    assertThat(result.value().name()).isEqualTo("m_difference");
    assertThat(result.value().value()).isEqualTo(1);
    assertThat(result.pValue().getAsDouble()).isCloseTo(0.04550026389635842, within(1e-12));
    assertThat(result.value().interval().low()).isCloseTo(0.02001800772997301, within(1e-12));
    var turned = IndependentDifference.of(normal(1, 0.4), normal(2, 0.3));
    assertThat(turned.pValue().getAsDouble()).isCloseTo(0.04550026389635842, within(1e-12));
  }

  @Test
  void thePValueAndTheIntervalSayTheSame() {
    for (int hits = 0; hits <= 40; hits++) {
      var result = IndependentDifference.of(share(hits, 40), share(30, 90));
      assertThat(result.pValue().getAsDouble() < 0.05)
          .as("%d of 40", hits)
          .isEqualTo(!result.value().interval().contains(0));
    }
  }

  @Test
  void withoutValuesOrIntervalsItSaysWhy() {
    var undefined = MetricValue.undefined("m", "no_positives");
    assertThat(IndependentDifference.of(normal(1, 1), undefined).value().reason())
        .isEqualTo("no_positives");
    var bare = MetricValue.defined("m", 0.5, "threshold_selected");
    var result = IndependentDifference.of(bare, normal(0.25, 1));
    assertThat(result.value().value()).isEqualTo(0.25);
    assertThat(result.value().intervalReason()).isEqualTo("threshold_selected");
    assertThat(result.pValue()).isEmpty();
    assertThat(IndependentDifference.of(normal(1, 0), normal(2, 0)).value().intervalReason())
        .isEqualTo("zero_variance");
    assertThat(IndependentDifference.of(normal(1, 0), normal(1, 0)).pValue()).hasValue(1);
    assertThatThrownBy(
            () -> IndependentDifference.of(normal(1, 1), MetricValue.undefined("other", "empty")))
        .hasMessage("both must be the same metric, got m and other");
  }

  private static MetricValue share(int hits, int n) {
    double p = (double) hits / n;
    return MetricValue.defined("m", p, Intervals.wilson(p, n, 0.95));
  }

  private static MetricValue normal(double value, double se) {
    double half = Intervals.z(0.95) * se;
    return MetricValue.defined(
        "m",
        value,
        new Interval(value - half, value + half, "normal", 0.95, Target.SUPERPOPULATION));
  }
}
