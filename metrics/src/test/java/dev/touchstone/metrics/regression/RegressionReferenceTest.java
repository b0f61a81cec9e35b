package dev.touchstone.metrics.regression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.shared.Reference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RegressionReferenceTest {
  static List<Reference> cases() {
    return Reference.read("regression.csv");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyFigureIsScikitLearns(Reference reference) {
    double[] weights = reference.settings().get("weighted") == 1 ? reference.column(2) : null;
    var options = RegressionOptions.defaults();
    var exact =
        RegressionEvaluation.evaluate(reference.column(0), reference.column(1), weights, options);
    var streamed = RegressionSums.of(options);
    streamed.accept(reference.column(0), reference.column(1), weights);
    assertThat(reference.metrics()).hasSizeGreaterThan(9);
    reference
        .metrics()
        .forEach(
            (name, expected) -> {
              // scikit-learn's own sums lose digits where the mean is large
              double tolerance = 1e-11 * Math.max(1, Math.abs(expected));
              assertThat(exact.metric(name).value())
                  .as(name)
                  .isCloseTo(expected, within(tolerance));
              var proxy = streamed.result().metric(name);
              if (name.startsWith("error_q") || name.startsWith("median")) {
                assertThat(proxy.interval().contains(exact.metric(name).value()))
                    .as("%s in %s", expected, proxy)
                    .isTrue();
              } else {
                assertThat(proxy).isEqualTo(exact.metric(name));
              }
            });
  }

  @Test
  void casesOfTheDocumentationHold() {
    var golden = Golden.named("regression-doc");
    var report =
        RegressionEvaluation.evaluate(
            Golden.doubles(golden.get("inputs").get("y")),
            Golden.doubles(golden.get("inputs").get("pred")),
            null,
            RegressionOptions.defaults());
    golden
        .get("expected")
        .properties()
        .forEach(
            e ->
                assertThat(report.metric(e.getKey()).value())
                    .as(e.getKey())
                    .isCloseTo(e.getValue().asDouble(), within(1e-15)));
    var pinball = Golden.named("pinball-doc");
    assertThat(
            RegressionEvaluation.evaluate(
                    Golden.doubles(pinball.get("inputs").get("y")),
                    Golden.doubles(pinball.get("inputs").get("pred")),
                    null,
                    RegressionOptions.defaults())
                .metric("pinball_0.9")
                .value())
        .isCloseTo(pinball.get("expected").get("pinball").asDouble(), within(1e-15));
  }

  @Test
  void orderStatisticIntervalsHaveTheTextbooksRanks() {
    var golden = Golden.named("quantile-ci");
    for (int c = 0; c < 3; c++) {
      int n = golden.get("inputs").get(c).get("n").asInt();
      double q = golden.get("inputs").get(c).get("p").asDouble();
      double[] ranks = new double[n]; // the error of rank r is r
      for (int i = 0; i < n; i++) {
        ranks[i] = n - i;
      }
      var metric =
          RegressionEvaluation.evaluate(
                  new double[n],
                  ranks,
                  null,
                  RegressionOptions.defaults().withErrorQuantiles(List.of(q)))
              .metric("error_q" + q);
      var expected = golden.get("expected").get(c);
      if (expected.get("upper_rank").isNull()) {
        assertThat(metric.intervalReason()).isEqualTo("too_few_rows");
      } else {
        assertThat(metric.interval().low()).isEqualTo(expected.get("lower_rank").asDouble());
        assertThat(metric.interval().high()).isEqualTo(expected.get("upper_rank").asDouble());
        assertThat(metric.interval().method()).isEqualTo("order_statistics");
      }
    }
  }
}
