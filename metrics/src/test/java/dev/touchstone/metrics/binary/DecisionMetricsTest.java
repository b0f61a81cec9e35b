package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class DecisionMetricsTest {
  private static final ThresholdRow ROW = new ThresholdRow(0.5, 37, 11, 19, 83);
  private static final ThresholdRow SQUARES = new ThresholdRow(0.5, 60, 14, 33, 101);
  private static final double LEVEL = 0.9;

  private static MetricValue metric(String name, ThresholdRow row, ThresholdRow squares) {
    var metrics = new ArrayList<MetricValue>();
    new DecisionMetrics(row, squares, LEVEL).addTo(metrics, List.of(2.0, 0.5));
    return metrics.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow();
  }

  /** sum over cells of (squared weights) * (derivative by the cell)², by central differences. */
  private static double variance(ToDoubleFunction<ThresholdRow> f) {
    double[] cells = {ROW.tp(), ROW.fp(), ROW.fn(), ROW.tn()};
    double[] squares = {SQUARES.tp(), SQUARES.fp(), SQUARES.fn(), SQUARES.tn()};
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      double h = 1e-4;
      double[] up = cells.clone();
      double[] down = cells.clone();
      up[i] += h;
      down[i] -= h;
      double slope =
          (f.applyAsDouble(new ThresholdRow(0.5, up[0], up[1], up[2], up[3]))
                  - f.applyAsDouble(new ThresholdRow(0.5, down[0], down[1], down[2], down[3])))
              / (2 * h);
      sum += squares[i] * slope * slope;
    }
    return sum;
  }

  private static void close(Interval actual, Interval expected) {
    assertThat(actual.method()).isEqualTo(expected.method());
    assertThat(actual.level()).isEqualTo(LEVEL);
    assertThat(actual.low()).isCloseTo(expected.low(), within(1e-8));
    assertThat(actual.high()).isCloseTo(expected.high(), within(1e-8));
  }

  private static void wilson(String name, ToDoubleFunction<ThresholdRow> f) {
    double value = f.applyAsDouble(ROW);
    close(
        metric(name, ROW, SQUARES).interval(),
        Intervals.wilson(value, value * (1 - value) / variance(f), LEVEL));
  }

  private static void delta(String name, ToDoubleFunction<ThresholdRow> f, double least) {
    double error = Math.sqrt(variance(f));
    close(
        metric(name, ROW, SQUARES).interval(),
        Intervals.normal(f.applyAsDouble(ROW), error, least, 1, LEVEL, "delta"));
  }

  @Test
  void intervalsFollowFromNumericalDerivatives() {
    wilson("accuracy", r -> r.accuracy().orElseThrow());
    wilson("precision", r -> r.precision().orElseThrow());
    wilson("recall", r -> r.recall().orElseThrow());
    wilson("specificity", r -> r.specificity().orElseThrow());
    delta("balanced_accuracy", r -> r.balancedAccuracy().orElseThrow(), 0);
    delta("mcc", r -> r.mcc().orElseThrow(), -1);
    delta("youden_j", r -> r.youdenJ().orElseThrow(), -1);
    for (double beta : new double[] {1, 2, 0.5}) {
      ToDoubleFunction<ThresholdRow> f = r -> r.fBeta(beta).orElseThrow();
      double error = Math.sqrt(variance(f));
      close(
          metric("f" + Questions.label(beta), ROW, SQUARES).interval(),
          Intervals.logit(f.applyAsDouble(ROW), error, Intervals.z(LEVEL), LEVEL, "delta_logit"));
    }
  }

  @Test
  void atTheEndsTheEffectiveSizeIsKishs() {
    var perfect = new ThresholdRow(0.5, 30, 0, 0, 60);
    var squares = new ThresholdRow(0.5, 50, 0, 0, 90);
    close(
        metric("accuracy", perfect, squares).interval(),
        Intervals.wilson(1, 90.0 * 90 / 140, LEVEL));
    close(metric("recall", perfect, squares).interval(), Intervals.wilson(1, 18, LEVEL));
    assertThat(metric("f1", perfect, squares).intervalReason()).isEqualTo("value_at_limit");
    assertThat(metric("mcc", perfect, squares).intervalReason()).isEqualTo("value_at_limit");
    assertThat(metric("youden_j", perfect, squares).value()).isEqualTo(1);
    var wrong = new ThresholdRow(0.5, 0, 60, 30, 0);
    var ofWrong = new ThresholdRow(0.5, 0, 90, 50, 0);
    assertThat(metric("f1", wrong, ofWrong).value()).isZero();
    assertThat(metric("f1", wrong, ofWrong).intervalReason()).isEqualTo("value_at_limit");
  }

  @Test
  void whatIsUndefinedSaysWhy() {
    var noPositives = new ThresholdRow(0.5, 0, 2, 0, 3);
    assertThat(metric("recall", noPositives, noPositives).reason()).isEqualTo("no_positives");
    assertThat(metric("f2", noPositives, noPositives).reason()).isEqualTo("no_positives");
    assertThat(metric("youden_j", noPositives, noPositives).reason()).isEqualTo("no_positives");
    var noNegatives = new ThresholdRow(0.5, 2, 0, 3, 0);
    assertThat(metric("specificity", noNegatives, noNegatives).reason()).isEqualTo("no_negatives");
    assertThat(metric("balanced_accuracy", noNegatives, noNegatives).reason())
        .isEqualTo("no_negatives");
    assertThat(metric("mcc", noNegatives, noNegatives).reason()).isEqualTo("zero_margin");
  }
}
