package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PrecisionRecallTest {
  @Test
  void stepsOfTheCurveAddUpToAveragePrecision() {
    var rows = RandomRows.of(5, 400, true);
    double[] scores = new double[rows.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = rows.scores()[i];
    }
    var report =
        BinaryEvaluation.evaluate(scores, rows.labels(), rows.weights(), BinaryOptions.defaults());
    var curve = PrecisionRecall.curve(scores, rows.labels(), rows.weights());
    double sum = 0;
    for (int i = 0; i + 1 < curve.size(); i++) {
      assertThat(curve.get(i + 1).recall()).isLessThanOrEqualTo(curve.get(i).recall());
      sum += (curve.get(i).recall() - curve.get(i + 1).recall()) * curve.get(i).precision();
    }
    assertThat(sum).isCloseTo(report.metric("average_precision").value(), within(1e-12));
    assertThat(curve.get(0).recall()).isEqualTo(1);
    assertThat(curve.get(0).tp()).isCloseTo(report.weightPos(), within(1e-9));
  }

  @Test
  void zerosAreOneThresholdAndRowsWithoutWeightAreNone() {
    var curve =
        PrecisionRecall.curve(
            new double[] {0.0, -0.0, 1, 2}, new byte[] {1, 0, 1, 0}, new double[] {1, 1, 2, 0});
    assertThat(curve).hasSize(3);
    assertThat(curve.get(0)).isEqualTo(new PrecisionRecall.Point(0.0, 3, 1, 1, 0.75));
    assertThat(curve.get(1)).isEqualTo(new PrecisionRecall.Point(1, 2, 0, 2 / 3.0, 1));
    assertThat(curve.get(2)).isEqualTo(new PrecisionRecall.Point(Double.NaN, 0, 0, 0, 1));
    assertThat(PrecisionRecall.curve(new double[] {1}, new byte[1], null)).isEmpty();
    assertThat(PrecisionRecall.curve(new double[0], new byte[0], null)).isEmpty();
  }

  @Test
  void refusesWhatIsNoCurve() {
    assertThatThrownBy(() -> PrecisionRecall.curve(new double[] {1, Double.NaN}, new byte[2], null))
        .hasMessage("score must be a number, got NaN (row 1)");
    assertThatThrownBy(() -> PrecisionRecall.between(5, 5, 5, 9, 20))
        .hasMessageContaining("counts must rise")
        .hasMessageContaining("tp 5 to 5, fp 5 to 9, positives 20");
    assertThatThrownBy(() -> PrecisionRecall.between(0, 0, 1L << 40, 9, 1L << 41))
        .hasMessage("true positives must be at most 2^20 apart, got 1099511627776");
  }

  @Test
  void fromTheOriginPrecisionIsThatOfTheFirstThreshold() {
    var points = PrecisionRecall.between(0, 0, 4, 2, 8);
    assertThat(points).hasSize(5);
    assertThat(points.get(0).precision()).isEqualTo(1);
    for (int tp = 1; tp <= 4; tp++) {
      assertThat(points.get(tp).precision()).isCloseTo(2 / 3.0, within(1e-15));
      assertThat(points.get(tp).recall()).isEqualTo(tp / 8.0);
    }
  }
}
