package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.SplitMix64;
import dev.touchstone.metrics.Target;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ProxySpreadTest {
  private static final List<String> NAMES =
      List.of("log_loss", "brier", "accuracy", "precision", "f1", "roc_auc", "average_precision");

  /** 400 samples that keep every positive and draw negatives with 1/2 to 1/20 by score. */
  @Test
  void intervalsCoverTheValueOfThePopulation() {
    int n = 30_000;
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    FraudScores.fill(5, 0.03, scores, labels);
    double[] rates = new double[n];
    for (int i = 0; i < n; i++) {
      rates[i] = labels[i] == 1 ? 1 : scores[i] > 0.02 ? 0.5 : 0.05;
    }
    var truth =
        BinaryEvaluation.evaluate(
            scores, labels, null, BinaryOptions.defaults().withDecisionThreshold(0.3));
    int samples = 400;
    var hits = new TreeMap<String, Integer>();
    for (int sample = 0; sample < samples; sample++) {
      var result = sample(sample, scores, labels, rates).result();
      for (var name : NAMES) {
        var interval = result.metric(name).interval();
        assertThat(interval.target()).isEqualTo(Target.FINITE);
        if (interval.contains(truth.metric(name).value())) {
          hits.merge(name, 1, Integer::sum);
        }
      }
      // every positive was kept: recall has no sampling error
      var recall = result.metric("recall");
      assertThat(recall.interval().low()).isEqualTo(recall.interval().high());
      assertThat(recall.value()).isEqualTo(truth.metric("recall").value());
    }
    for (var name : NAMES) {
      // 95 % less four Monte-Carlo errors of 1.1 points
      assertThat(hits.get(name) / (double) samples).as("coverage of %s", name).isGreaterThan(0.906);
    }
  }

  private static BinaryProxy sample(long seed, float[] scores, byte[] labels, double[] rates) {
    int kept = 0;
    float[] someScores = new float[scores.length];
    byte[] someLabels = new byte[scores.length];
    double[] someRates = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      if (SplitMix64.unit(SplitMix64.at(SplitMix64.mix(seed), i)) < rates[i]) {
        someScores[kept] = scores[i];
        someLabels[kept] = labels[i];
        someRates[kept++] = rates[i];
      }
    }
    var proxy = BinaryProxy.of(0.3);
    proxy.acceptSample(RandomRows.bytes(someScores), 0, someLabels, 0, null, 0, someRates, 0, kept);
    return proxy;
  }

  @Test
  void errorOfAMeanIsHajeks() {
    float[] scores = {0.1f, 0.4f, 0.7f, 0.9f};
    byte[] labels = {0, 1, 0, 1};
    double[] weights = {4, 2, 8, 1};
    var proxy = BinaryProxy.of(0.5);
    proxy.accept(scores, labels, weights, 0, 4);
    var metric = proxy.result(0.9).metric("brier");
    double variance = 0;
    for (int i = 0; i < 4; i++) {
      double error = Math.pow(scores[i] - labels[i], 2);
      variance += weights[i] * (weights[i] - 1) * Math.pow(error - metric.value(), 2) / 225;
    }
    var interval = metric.interval();
    assertThat(interval.high() - metric.value())
        .isCloseTo(Intervals.z(0.9) * Math.sqrt(variance), within(1e-6));
    assertThat(interval.method()).isEqualTo("hajek");
    assertThat(interval.level()).isEqualTo(0.9);
  }

  @Test
  void knownRatesGiveWhatMultiplicitiesGive() {
    var rows = RandomRows.of(0, 500, false);
    double[] rates = new double[500];
    double[] weights = new double[500];
    for (int i = 0; i < 500; i++) {
      rates[i] = i % 2 == 0 ? 0.25 : 1;
      weights[i] = 1 / rates[i];
    }
    var byRate = BinaryProxy.of(0.5);
    byRate.acceptSample(rows.scoreBytes(), 0, rows.labels(), 0, null, 0, rates, 0, 500);
    var byWeight = BinaryProxy.of(0.5);
    byWeight.accept(rows.scoreBytes(), 0, rows.labels(), 0, weights, 0, 500);
    assertThat(byRate.toBytes()).isEqualTo(byWeight.toBytes());
    var restored = BinaryProxy.fromBytes(byRate.toBytes());
    assertThat(restored.result()).isEqualTo(byRate.result());
    assertThat(BinaryProxy.of(0.5).combine(byRate).combine(restored).result().n()).isEqualTo(1_000);
  }

  @Test
  void rowsOfRateOneAreNoSampleWhateverTheyWeigh() {
    var rows = RandomRows.of(0, 300, false);
    double[] ones = new double[300];
    double[] weights = new double[300];
    Arrays.fill(ones, 1);
    Arrays.fill(weights, 7.5);
    var proxy = BinaryProxy.of(0.5);
    proxy.acceptSample(rows.scoreBytes(), 0, rows.labels(), 0, weights, 0, ones, 0, 300);
    var result = proxy.result();
    Interval interval = result.metric("average_precision").interval();
    assertThat(interval.method()).isEqualTo("binned_bounds");
    assertThat(result.metric("accuracy").intervalReason()).isEqualTo("exact");
    assertThat(result.weightTotal()).isEqualTo(300 * 7.5);
  }

  @Test
  void aHeavyNegativeOnTopIsFlagged() {
    int n = 200;
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    double[] weights = new double[n];
    for (int i = 0; i < n; i++) {
      scores[i] = i / (float) n;
      labels[i] = (byte) (i % 2);
      weights[i] = labels[i] == 1 ? 1 : 40;
    }
    var proxy = BinaryProxy.of(0.5);
    proxy.accept(scores, labels, weights, 0, n);
    assertThat(proxy.result().metric("average_precision").flags())
        .contains("indicative")
        .doesNotContain("unseen_negative_risk");
    weights[n - 2] = 4_000;
    var risky = BinaryProxy.of(0.5);
    risky.accept(scores, labels, weights, 0, n);
    assertThat(risky.result().metric("average_precision").flags())
        .containsExactly("indicative", "unseen_negative_risk");
  }

  @Test
  void ratesOutsideTheirRangeAreRefused() {
    var proxy = BinaryProxy.of(0.5);
    assertThatThrownBy(
            () ->
                proxy.acceptSample(new byte[4], 0, new byte[1], 0, null, 0, new double[] {0}, 0, 1))
        .hasMessage("rate must be in (0, 1], got 0.0 (row 0)");
    assertThat(proxy.result().n()).isZero();
  }
}
