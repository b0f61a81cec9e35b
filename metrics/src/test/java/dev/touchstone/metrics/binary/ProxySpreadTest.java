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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProxySpreadTest {
  private static final List<String> NAMES =
      List.of("log_loss", "brier", "accuracy", "precision", "f1", "roc_auc", "average_precision");

  /** 400 samples that keep every positive and draw negatives with 1/2 to 1/20 by score. */
  @Test
  @Tag("slow")
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

  /** Variances row by row (methods 3.3 to 3.6), with scores so far apart that each has its bin. */
  @Test
  void intervalsAreThoseOfTheRowsOwnInfluence() {
    int n = 60;
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    double[] weights = new double[n];
    for (int i = 0; i < n; i++) {
      scores[i] = (n - i) / 64f;
      labels[i] = (byte) (i % 3 == 0 || i % 7 == 2 ? 1 : 0);
      weights[i] = labels[i] == 1 ? 1 + i % 2 * 0.5 : 2 + i % 5;
    }
    double level = 0.9;
    var proxy = BinaryProxy.of(0.5);
    proxy.accept(scores, labels, weights, 0, n);
    var result = proxy.result(level);
    double positives = 0;
    double negatives = 0;
    for (int i = 0; i < n; i++) {
      positives += labels[i] * weights[i];
      negatives += (1 - labels[i]) * weights[i];
    }
    double ap = result.metric("average_precision").value();
    double auc = result.metric("roc_auc").value();
    double ofAp = 0;
    double ofAuc = 0;
    double ofHits = 0;
    double ofMisses = 0;
    for (int i = 0; i < n; i++) {
      double v = weights[i] * (weights[i] - 1);
      double tpAbove = 0;
      double above = 0;
      double ownPrecision = 0;
      double g = 0;
      double h = 0;
      double placement = 0;
      for (int j = 0; j < n; j++) {
        tpAbove += labels[j] * weights[j];
        above += weights[j];
        ownPrecision = j == i ? tpAbove / above : ownPrecision;
        if (j >= i) {
          g += labels[j] * weights[j] / above;
          h += labels[j] * weights[j] * tpAbove / above / above;
        }
        if (labels[j] != labels[i]) {
          placement += (labels[i] == 1) == (j > i) ? weights[j] : 0;
        }
      }
      double u = (labels[i] == 1 ? ownPrecision - ap + g - h : -h) / positives;
      ofAp += v * u * u;
      double deviation = placement / (labels[i] == 1 ? negatives : positives) - auc;
      double own = labels[i] == 1 ? positives : negatives;
      ofAuc += v * deviation * deviation / own / own;
      boolean right = scores[i] >= 0.5 == (labels[i] == 1);
      ofHits += right ? v : 0;
      ofMisses += right ? 0 : v;
    }
    double z = Intervals.z(level);
    var bounds = new BinnedBounds();
    for (int i = 0; i < n; i++) {
      bounds.add(labels[i] * weights[i], (1 - labels[i]) * weights[i], false);
    }
    widened(
        result.metric("average_precision").interval(),
        bounds.averagePrecisionLow(),
        bounds.averagePrecisionHigh(),
        z * 1.6 * Math.sqrt(ofAp) / (ap * (1 - ap)));
    widened(
        result.metric("roc_auc").interval(),
        bounds.rocAucLow(),
        bounds.rocAucHigh(),
        z * Math.sqrt(ofAuc) / (auc * (1 - auc)));
    double r = result.metric("accuracy").value();
    double weight = positives + negatives;
    double variance = (ofHits * (1 - r) * (1 - r) + ofMisses * r * r) / weight / weight;
    var expected = Intervals.wilson(r, r * (1 - r) / variance, level);
    var accuracy = result.metric("accuracy").interval();
    assertThat(accuracy.low()).isCloseTo(expected.low(), within(1e-9));
    assertThat(accuracy.high()).isCloseTo(expected.high(), within(1e-9));
    assertThat(accuracy.method()).isEqualTo("hajek_wilson");
  }

  /** The certified bounds, moved outward on the logit scale. */
  private static void widened(Interval actual, double low, double high, double shift) {
    assertThat(logit(actual.low())).isCloseTo(logit(low) - shift, within(1e-9));
    assertThat(logit(actual.high())).isCloseTo(logit(high) + shift, within(1e-9));
  }

  private static double logit(double p) {
    return Math.log(p / (1 - p));
  }

  @Test
  void errorOfTheLogLossIsHajeks() {
    float[] scores = {0.125f, 0.5f, 0.75f, 0.875f};
    byte[] labels = {0, 1, 0, 1};
    double[] weights = {4, 2, 8, 1};
    var proxy = BinaryProxy.of(0.5);
    proxy.accept(scores, labels, weights, 0, 4);
    var metric = proxy.result(0.9).metric("log_loss");
    double mean = 0;
    double[] losses = new double[4];
    for (int i = 0; i < 4; i++) {
      losses[i] = -Math.log(labels[i] == 1 ? scores[i] : 1 - scores[i]);
      mean += weights[i] * losses[i] / 15;
    }
    double variance = 0;
    for (int i = 0; i < 4; i++) {
      variance += weights[i] * (weights[i] - 1) * Math.pow(losses[i] - mean, 2) / 225;
    }
    assertThat(metric.value()).isCloseTo(mean, within(1e-12));
    assertThat(metric.interval().high() - mean)
        .isCloseTo(Intervals.z(0.9) * Math.sqrt(variance), within(1e-6));
    assertThat(metric.interval().target()).isEqualTo(Target.FINITE);
  }

  @Test
  void varianceUnitsAreRoundedAndStopAtTheirEnd() {
    assertThat(ProxySpread.ofMultiplicity(1)).isZero();
    assertThat(ProxySpread.ofMultiplicity(0.5)).as("no sample").isZero();
    assertThat(ProxySpread.ofMultiplicity(3)).isEqualTo(6 * 256);
    assertThat(ProxySpread.units(1e300)).isEqualTo(Long.MAX_VALUE);
    var spread = new ProxySpread(2);
    spread.add(1, 0);
    assertThat(spread.sampled()).isFalse();
    spread.add(1, Long.MAX_VALUE);
    spread.add(1, 5);
    spread.addPredicted(0, Long.MAX_VALUE - 1);
    spread.addPredicted(0, 1);
    assertThat(spread.byBin()).containsExactly(0, Long.MAX_VALUE);
    assertThat(spread.predictedInBin()).containsExactly(Long.MAX_VALUE, 0);
    assertThat(spread.sampled()).isTrue();
  }

  @Test
  void samplesWithOffsetsAndWeightsAreTheirRows() {
    var offset = BinaryProxy.of(0.5);
    offset.acceptSample(
        RandomRows.bytes(new float[] {9, 0.25f, 0.75f}),
        4,
        new byte[] {7, 7, 0, 1},
        2,
        new double[] {7, 3, 2},
        1,
        new double[] {9, 9, 9, 0.5, 0.25},
        3,
        2);
    var plain = BinaryProxy.of(0.5);
    plain.acceptSample(
        RandomRows.bytes(new float[] {0.25f, 0.75f}),
        0,
        new byte[] {0, 1},
        0,
        new double[] {3, 2},
        0,
        new double[] {0.5, 0.25},
        0,
        2);
    assertThat(offset.toBytes()).isEqualTo(plain.toBytes());
    var result = plain.result();
    assertThat(result.weightTotal()).isEqualTo(6 + 8);
    assertThat(result.weightPos()).isEqualTo(8);
    assertThat(result.nPos()).isEqualTo(1);
    assertThat(result.n()).isEqualTo(2);
    double[] one = {1};
    assertThatThrownBy(
            () -> plain.acceptSample(new byte[4], 0, new byte[] {2}, 0, null, 0, one, 0, 1))
        .hasMessage("label must be 0 or 1, got 2 (row 0)");
    double[] more = {1.5};
    assertThatThrownBy(
            () -> plain.acceptSample(new byte[4], 0, new byte[1], 0, null, 0, more, 0, 1))
        .hasMessage("rate must be in (0, 1], got 1.5 (row 0)");
    assertThat(plain.toBytes()).isEqualTo(offset.toBytes());
  }
}
