package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.MetricValue;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Intervals of log loss and Brier score where examples have weights. */
class WeightedLossTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults();
  private static final double Z = 1.959963984540054;

  private record Rows(double[] scores, byte[] labels, double[] weights) {
    static Rows of(long seed, int n) {
      var random = new SplittableRandom(seed);
      var rows = new Rows(new double[n], new byte[n], new double[n]);
      for (int i = 0; i < n; i++) {
        // float32 values, so that both precisions see the same
        rows.scores[i] = (float) (0.01 + 0.98 * Math.pow(random.nextDouble(), 2));
        rows.labels[i] = (byte) (random.nextDouble() < rows.scores[i] ? 1 : 0);
        // sampling weights: heavier where scores are low
        rows.weights[i] = rows.scores[i] < 0.2 ? 8 : random.nextInt(3) / 2.0;
      }
      return rows;
    }

    BinaryReport report(double[] someWeights) {
      return BinaryEvaluation.evaluate(scores, labels, someWeights, OPTIONS);
    }

    double loss(String name, int i) {
      double p = labels[i] == 1 ? scores[i] : 1 - scores[i];
      return name.equals("log_loss") ? -Math.log(p) : (1 - p) * (1 - p);
    }
  }

  private static double error(MetricValue metric) {
    return (metric.interval().high() - metric.interval().low()) / 2 / Z;
  }

  @ParameterizedTest
  @ValueSource(strings = {"log_loss", "brier"})
  void errorIsTheFormula(String name) {
    var rows = Rows.of(1, 3_000);
    double total = 0;
    double squares = 0;
    double sum = 0;
    for (int i = 0; i < 3_000; i++) {
      total += rows.weights[i];
      squares += rows.weights[i] * rows.weights[i];
      sum += rows.weights[i] * rows.loss(name, i);
    }
    double mean = sum / total;
    double spread = 0;
    for (int i = 0; i < 3_000; i++) {
      double d = rows.weights[i] * (rows.loss(name, i) - mean);
      spread += d * d;
    }
    double m = total * total / squares;
    double expected = Math.sqrt(spread * m / (m - 1)) / total;
    float[] floats = new float[3_000];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) rows.scores[i];
    }
    for (var report :
        List.of(
            rows.report(rows.weights),
            BinaryEvaluation.evaluate(floats, rows.labels, rows.weights, OPTIONS))) {
      var metric = report.metric(name);
      assertThat(metric.value()).isCloseTo(mean, within(1e-12));
      assertThat(metric.interval().method()).isEqualTo("hajek_normal");
      assertThat(error(metric)).isCloseTo(expected, within(1e-9 * expected));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"log_loss", "brier"})
  void errorIsWhatSamplesOfThePopulationVaryBy(String name) {
    int samples = 600;
    double[] values = new double[samples];
    double errors = 0;
    for (int s = 0; s < samples; s++) {
      var rows = Rows.of(1_000 + s, 500);
      var metric = rows.report(rows.weights).metric(name);
      values[s] = metric.value();
      errors += error(metric) / samples;
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    double sd =
        Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / (samples - 1));
    // 3.5 Monte-Carlo errors of a standard deviation over 600 samples
    assertThat(errors).isCloseTo(sd, within(3.5 * sd / Math.sqrt(2 * samples)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"log_loss", "brier"})
  void equalWeightsGiveTheIntervalWithoutWeights(String name) {
    var rows = Rows.of(3, 400);
    double[] threes = new double[400];
    Arrays.fill(threes, 3);
    var weighted = rows.report(threes).metric(name).interval();
    var plain = rows.report(null).metric(name).interval();
    // spread without weights is summed to 2^-22 of a loss
    assertThat(weighted.low()).isCloseTo(plain.low(), within(1e-7));
    assertThat(weighted.high()).isCloseTo(plain.high(), within(1e-7));
    assertThat(plain.method()).isEqualTo("normal");
  }

  @Test
  void aSingleHeavyRowGivesNoInterval() {
    var report =
        BinaryEvaluation.evaluate(
            new double[] {0.5, 0.9, 0.1}, new byte[] {1, 1, 0}, new double[] {100, 1, 1}, OPTIONS);
    for (var name : List.of("log_loss", "brier")) {
      assertThat(report.metric(name).isDefined()).isTrue();
      assertThat(report.metric(name).intervalReason()).isEqualTo("too_few_rows");
    }
  }

  @Test
  void orderPartitionAndStateChangeNothing() {
    var rows = RandomRows.of(0, 3_000, true);
    var shuffled = rows.shuffled(9);
    var whole = counts(rows, 0, 3_000);
    var other = counts(shuffled, 2_000, 3_000);
    other.combine(counts(shuffled, 0, 2_000));
    assertThat(other.toBytes()).isEqualTo(whole.toBytes());
    assertThat(CoarseCounts.fromBytes(whole.toBytes()).toBytes()).isEqualTo(whole.toBytes());
    var back = CoarseCounts.of(OPTIONS).combine(CoarseCounts.fromBytes(whole.toBytes()));
    assertThat(back.toBytes()).isEqualTo(whole.toBytes());
    byte[] old = whole.toBytes();
    old[1] = 3;
    assertThatThrownBy(() -> CoarseCounts.fromBytes(old))
        .hasMessage("coarse counts: version must be 4, got 3");
  }

  private static CoarseCounts counts(RandomRows rows, int from, int to) {
    var counts = CoarseCounts.of(OPTIONS);
    counts.accept(rows.scores(), rows.labels(), rows.weights(), from, to);
    return counts;
  }
}
