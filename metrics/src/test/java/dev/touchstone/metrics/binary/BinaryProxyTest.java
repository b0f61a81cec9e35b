package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.ScoreKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BinaryProxyTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults();

  static List<BinaryPropertyTest.Case> cases() {
    return BinaryPropertyTest.cases();
  }

  private static BinaryProxy proxy(RandomRows rows) {
    var proxy = BinaryProxy.of(0.5);
    if (rows.weights() == null) {
      proxy.accept(rows.scoreBytes(), 0, rows.labels(), 0, rows.size());
    } else {
      proxy.accept(rows.scoreBytes(), 0, rows.labels(), 0, rows.weights(), 0, rows.size());
    }
    return proxy;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void boundsContainTheExactValueAndTheRestIsExact(BinaryPropertyTest.Case c) {
    var rows = RandomRows.of(c.seed(), 11 * c.n(), c.weighted());
    var exact = BinaryEvaluation.evaluate(rows.scores(), rows.labels(), rows.weights(), OPTIONS);
    var proxy = proxy(rows).result();
    assertThat(proxy.n()).isEqualTo(exact.n());
    assertThat(proxy.nPos()).isEqualTo(exact.nPos());
    assertThat(proxy.weightTotal()).isEqualTo(exact.weightTotal());
    for (var metric : proxy.metrics()) {
      var expected = exact.metric(metric.name());
      assertThat(metric.reason()).as(metric.name()).isEqualTo(expected.reason());
      boolean bounded =
          metric.name().equals("average_precision") || metric.name().equals("roc_auc");
      if (metric.isDefined() && !bounded) {
        assertThat(metric.value()).as(metric.name()).isCloseTo(expected.value(), within(1e-12));
      } else if (metric.isDefined()) {
        assertThat(metric.interval().contains(expected.value()))
            .as("seed %d: %s holds %s", c.seed(), metric, expected.value())
            .isTrue();
        assertThat(metric.interval().contains(metric.value())).isTrue();
        if (!c.weighted()) {
          assertThat(metric.interval().method()).isEqualTo("binned_bounds");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void callsMergeInAnyOrderToIdenticalBytes(BinaryPropertyTest.Case c) {
    var rows = RandomRows.of(c.seed(), 40 * c.n(), c.weighted());
    var forward = BinaryProxy.of(0.5);
    var backward = BinaryProxy.of(0.5);
    int step = 37;
    for (int from = 0; from < rows.size(); from += step) {
      feed(forward, rows, from, Math.min(rows.size(), from + step));
    }
    for (int from = (rows.size() - 1) / step * step; from >= 0; from -= step) {
      var one = BinaryProxy.of(0.5);
      feed(one, rows, from, Math.min(rows.size(), from + step));
      backward.combine(BinaryProxy.fromBytes(one.toBytes()));
    }
    assertThat(backward.toBytes()).isEqualTo(forward.toBytes());
    assertThat(backward.result()).isEqualTo(forward.result());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aCoarseProxyDiffersInItsBoundsAlone(BinaryPropertyTest.Case c) {
    var rows = RandomRows.of(c.seed(), 11 * c.n(), c.weighted());
    var fine = proxy(rows).result();
    var coarse = BinaryProxy.coarse(0.5);
    coarse.accept(rows.scores(), rows.labels(), rows.weights(), 0, rows.size());
    coarse = BinaryProxy.coarse(0.5).combine(BinaryProxy.fromBytes(coarse.toBytes()));
    var exact = BinaryEvaluation.evaluate(rows.scores(), rows.labels(), rows.weights(), OPTIONS);
    for (var metric : coarse.result().metrics()) {
      var expected = fine.metric(metric.name());
      boolean bounded =
          metric.name().equals("average_precision") || metric.name().equals("roc_auc");
      if (bounded && metric.isDefined()) {
        double value = exact.metric(metric.name()).value();
        assertThat(metric.interval().contains(value)).as("%s holds %s", metric, value).isTrue();
      } else {
        assertThat(metric).isEqualTo(expected);
      }
    }
    double inBins = 0;
    double last = Double.NEGATIVE_INFINITY;
    for (var bin : coarse.result().histogram()) {
      assertThat(bin.from()).isGreaterThanOrEqualTo(last);
      assertThat(bin.to()).isGreaterThan(bin.from());
      last = bin.to();
      inBins += bin.positives() + bin.negatives();
    }
    assertThat(inBins).isCloseTo(coarse.result().weightTotal(), within(1e-6 * (1 + inBins)));
    var own = coarse;
    assertThatThrownBy(() -> own.combine(BinaryProxy.of(0.5)))
        .hasMessage("bins must be equal, got coarse and fine ones");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void slicesAndTheWholeAreCountedTogether(BinaryPropertyTest.Case c) {
    var rows = RandomRows.of(c.seed(), 11 * c.n(), false);
    for (double threshold : new double[] {0.5, 0.3}) { // the second divides a bin
      byte[] codes = new byte[rows.size()];
      for (int row = 0; row < codes.length; row++) {
        codes[row] = (byte) (row * 7 % 3 == 0 ? 200 : row % 3);
      }
      Map<Integer, BinaryProxy> slices = new TreeMap<>();
      var whole = BinaryProxy.of(threshold);
      byte[] bytes = rows.scoreBytes();
      IntFunction<BinaryProxy> slice =
          code -> slices.computeIfAbsent(code, any -> BinaryProxy.coarse(threshold));
      BinaryProxy.acceptSlices(whole, slice, bytes, rows.labels(), codes, rows.size());
      var apart = BinaryProxy.of(threshold);
      apart.accept(bytes, 0, rows.labels(), 0, rows.size());
      assertSame(whole, apart);
      for (int code : slices.keySet()) {
        var alone = BinaryProxy.coarse(threshold);
        for (int row = 0; row < codes.length; row++) {
          if ((codes[row] & 0xFF) == code) {
            alone.accept(rows.scores(), rows.labels(), row, row + 1);
          }
        }
        assertSame(slices.get(code), alone);
      }
      Map<Integer, BinaryProxy> again = new TreeMap<>();
      BinaryProxy.acceptSlices(
          null,
          code -> again.computeIfAbsent(code, any -> BinaryProxy.coarse(threshold)),
          bytes,
          rows.labels(),
          codes,
          rows.size());
      assertThat(again.keySet()).isEqualTo(slices.keySet());
      again.forEach(
          (code, proxy) -> assertThat(proxy.toBytes()).isEqualTo(slices.get(code).toBytes()));
    }
  }

  /** What is counted is equal; sums of losses but for the rounding of their parts. */
  private static void assertSame(BinaryProxy proxy, BinaryProxy expected) {
    var actual = BinaryProxy.fromBytes(proxy.toBytes()).result();
    var wanted = expected.result();
    assertThat(actual.n()).isEqualTo(wanted.n());
    assertThat(actual.nPos()).isEqualTo(wanted.nPos());
    assertThat(actual.invalidScores()).isEqualTo(wanted.invalidScores());
    assertThat(actual.histogram()).isEqualTo(wanted.histogram());
    for (var metric : wanted.metrics()) {
      var found = actual.metric(metric.name());
      assertThat(found.reason()).isEqualTo(metric.reason());
      assertThat(found.flags()).isEqualTo(metric.flags());
      if (metric.isDefined()) {
        assertThat(found.value()).isCloseTo(metric.value(), within(1e-14 * (1 + metric.value())));
      }
    }
  }

  @Test
  void manySaturatedScoresOfOneSliceLoseNothing() {
    int n = 10_000;
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      scores[i] = new float[] {0, 1, Float.MIN_VALUE, 0x1p-23f, 1 - 0x1p-24f}[i % 5];
      labels[i] = (byte) (i / 5 % 2);
    }
    var bytes = ByteBuffer.allocate(4 * n).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(scores);
    var slice = BinaryProxy.coarse(0.5);
    var whole = BinaryProxy.of(0.5);
    BinaryProxy.acceptSlices(whole, code -> slice, bytes.array(), labels, new byte[n], n);
    var apart = BinaryProxy.of(0.5);
    apart.accept(scores, labels, 0, n);
    assertSame(whole, apart);
    assertThat(whole.result().metric("log_loss").flags()).contains("clipped");
    assertThat(slice.result().metric("log_loss")).isEqualTo(whole.result().metric("log_loss"));
  }

  @Test
  void slicesOfAnotherShapeAreRefused() {
    byte[] scores = new byte[8];
    assertThatThrownBy(
            () ->
                BinaryProxy.acceptSlices(
                    null,
                    code -> code == 0 ? BinaryProxy.coarse(0.5) : BinaryProxy.coarse(0.4),
                    scores,
                    new byte[2],
                    new byte[] {0, 1},
                    2))
        .hasMessageStartingWith("decision thresholds must be equal");
    assertThatThrownBy(
            () ->
                BinaryProxy.acceptSlices(
                    null,
                    code -> BinaryProxy.coarse(0.5),
                    scores,
                    new byte[] {0, 2},
                    new byte[] {0, 1},
                    2))
        .hasMessage("label must be 0 or 1, got 2 (row 1)");
  }

  private static void feed(BinaryProxy proxy, RandomRows rows, int from, int to) {
    proxy.accept(rows.scores(), rows.labels(), rows.weights(), from, to);
  }

  @Test
  @Tag("slow")
  void boundsAreTightForARareClass() {
    int n = 1_000_000;
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    FraudScores.fill(20240607, 0.005, scores, labels);
    var exact = BinaryEvaluation.evaluate(scores, labels, null, OPTIONS);
    var proxy = BinaryProxy.of(0.5);
    proxy.accept(scores, labels, 0, n);
    var ap = proxy.result().metric("average_precision");
    assertThat(ap.interval().contains(exact.metric("average_precision").value())).isTrue();
    assertThat(ap.interval().high() - ap.interval().low()).isLessThan(0.005);
    assertThat(ap.value()).isCloseTo(exact.metric("average_precision").value(), within(5e-4));
    var auc = proxy.result().metric("roc_auc");
    assertThat(auc.interval().contains(exact.metric("roc_auc").value())).isTrue();
    assertThat(auc.interval().high() - auc.interval().low()).isLessThan(0.005);
    assertThat(proxy.toBytes().length).isLessThan(256 << 10);
    assertThat(proxy.result().metric("log_loss").value())
        .isCloseTo(exact.metric("log_loss").value(), within(1e-13));
  }

  @Test
  void everyNumberHasItsBinAndBinsAscend() {
    var random = new SplittableRandom(5);
    for (int i = 0; i < 200_000; i++) {
      float score = Float.intBitsToFloat(random.nextInt());
      if (!Float.isNaN(score)) {
        int bin = ProxyBins.of(ScoreKey.of(score));
        assertThat((double) score).as("%s", score).isGreaterThanOrEqualTo(ProxyBins.from(bin));
        if (score < Float.POSITIVE_INFINITY) {
          assertThat((double) score).as("%s", score).isLessThan(ProxyBins.to(bin));
        }
      }
    }
    assertThat(ProxyBins.of(ScoreKey.of(-0.0f))).isEqualTo(ProxyBins.of(ScoreKey.of(0.0f)));
    assertThat(ProxyBins.of(ScoreKey.of(1f)))
        .isNotEqualTo(ProxyBins.of(ScoreKey.of(Math.nextDown(1f))));
    assertThat(ProxyBins.count()).isBetween(2_000, 10_000);
  }

  @Test
  void binsMeetWithoutGapAndStartAtTheirFirstScore() {
    int last = ProxyBins.of(ScoreKey.of(Float.POSITIVE_INFINITY));
    assertThat(ProxyBins.to(last)).isEqualTo(Double.POSITIVE_INFINITY);
    int lowest = ProxyBins.of(ScoreKey.of(Float.NEGATIVE_INFINITY));
    assertThat(ProxyBins.from(lowest)).isEqualTo(Double.NEGATIVE_INFINITY);
    for (int bin = lowest; bin < last; bin++) {
      double to = ProxyBins.to(bin);
      assertThat(to).as("bin %s", bin).isEqualTo(ProxyBins.from(bin + 1));
      int key = ScoreKey.of((float) to);
      assertThat(ProxyBins.of(key)).isEqualTo(bin + 1);
      assertThat(ProxyBins.of(key - 1)).isEqualTo(bin);
      assertThat(ProxyBins.startsBin(key)).isTrue();
      if (to >= 0) {
        assertThat(ProxyBins.ofPlainBits(Float.floatToRawIntBits((float) to + 0f)))
            .isEqualTo(bin + 1);
      }
    }
    assertThat(ProxyBins.startsBin(ScoreKey.of(0.5f) + 1)).isFalse();
  }

  @Test
  void binsAreAsFineAsPromised() {
    // 2^-12 from 1/32 to 1, 128 bins an octave from 2^-14, coarser beyond
    double[][] widths = {
      {0.04, 0x1p-12},
      {0.3, 0x1p-12},
      {0.7, 0x1p-12},
      {1, 0x1p-7},
      {20, 16 * 0x1p-7},
      {-0.75, 0x1p-8},
      {-3, 2 * 0x1p-7},
      {0x1p-14, 0x1p-21},
      {0x1.8p-10, 0x1p-17},
    };
    for (double[] width : widths) {
      int bin = ProxyBins.of(ScoreKey.of((float) width[0]));
      assertThat(ProxyBins.to(bin) - ProxyBins.from(bin))
          .as("width at %s", width[0])
          .isCloseTo(width[1], within(1e-6 * width[1]));
    }
    int belowOne = ProxyBins.of(ScoreKey.of(Math.nextDown(1f)));
    assertThat(1 - ProxyBins.from(belowOne)).as("finer next to 1").isEqualTo(0x1p-16);
  }

  @Test
  void histogramAndTableAreCountsOfRows() {
    var proxy = BinaryProxy.of(0.5);
    float[] scores = {0.25f, 0.5f, 0.5f, 0.75f, -2, 3};
    byte[] labels = {0, 1, 0, 1, 0, 1};
    proxy.accept(scores, labels, 0, 6);
    var result = proxy.result();
    assertThat(result.histogram()).hasSize(5);
    assertThat(result.histogram().get(0).from()).isLessThanOrEqualTo(-2);
    assertThat(result.histogram().get(0).negatives()).isEqualTo(1);
    assertThat(result.histogram().get(2))
        .isEqualTo(new BinaryProxy.Bin(0.5, ProxyBins.to(ProxyBins.of(ScoreKey.of(0.5f))), 1, 1));
    assertThat(result.metric("precision").value()).isEqualTo(0.75);
    assertThat(result.metric("recall").value()).isEqualTo(1);
    assertThat(result.metric("accuracy").value()).isCloseTo(5 / 6.0, within(1e-15));
    assertThat(result.metric("log_loss").reason()).isEqualTo("score_outside_0_1");
    assertThat(result.nPos()).isEqualTo(3);
    // a threshold inside a bin: its rows are told apart
    var split = BinaryProxy.of(Math.nextUp(0.5f));
    split.accept(scores, labels, 0, 6);
    assertThat(split.result().metric("recall").value()).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(split.result().metric("precision").value()).isEqualTo(1);
  }

  @Test
  void emptyOneClassAndZeroWeightSayWhy() {
    var proxy = BinaryProxy.of(0.5);
    assertThat(proxy.result().metrics()).allSatisfy(m -> assertThat(m.reason()).isEqualTo("empty"));
    proxy.accept(new float[] {0.2f, 1}, new byte[2], 0, 2);
    assertThat(proxy.result().metric("average_precision").reason()).isEqualTo("no_positives");
    assertThat(proxy.result().metric("recall").reason()).isEqualTo("no_positives");
    assertThat(proxy.result().metric("log_loss").flags()).containsExactly("clipped");
    var positives = BinaryProxy.of(0.5);
    positives.accept(new float[] {0.2f, 0.4f}, new byte[] {1, 1}, 0, 2);
    assertThat(positives.result().metric("roc_auc").reason()).isEqualTo("no_negatives");
    assertThat(positives.result().metric("average_precision").value()).isEqualTo(1);
    assertThat(positives.result().metric("log_loss").flags()).isEmpty();
    assertThat(positives.result().metric("precision").reason()).isEqualTo("no_predicted_positives");
    var weightless = BinaryProxy.of(0.5);
    weightless.accept(new float[1], new byte[] {1}, new double[1], 0, 1);
    assertThat(weightless.result().metrics())
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("zero_weight"));
    assertThat(weightless.result().nPos()).isEqualTo(1);
    assertThat(weightless.result().weightPos()).isZero();
  }

  @Test
  void nanScoresAreCountedAndLeaveTheMetricsUndefined() {
    var proxy = BinaryProxy.of(0.5);
    proxy.accept(new float[] {0.2f, Float.NaN, 0.7f}, new byte[] {0, 1, 1}, 0, 3);
    var result = proxy.result();
    assertThat(result.invalidScores()).isEqualTo(1);
    assertThat(result.metrics()).allSatisfy(m -> assertThat(m.reason()).isEqualTo("invalid_score"));
  }

  @Test
  void goldenWeightsHold() {
    var inputs = Golden.named("rank-weighted").get("inputs");
    double[] weights = Golden.doubles(inputs.get("weight"));
    var proxy = BinaryProxy.of(0.65);
    proxy.accept(
        Golden.floats(Golden.doubles(inputs.get("score"))),
        Golden.labels(inputs.get("y")),
        weights,
        0,
        weights.length);
    var result = proxy.result();
    assertThat(result.metric("precision").value()).isEqualTo(6.0 / 11);
    assertThat(result.metric("recall").value()).isEqualTo(6.0 / 7);
    assertThat(result.metric("average_precision").interval().contains(0.696969696969697)).isTrue();
  }

  @Test
  void refusesStatesThatDoNotBelongTogether() {
    assertThatThrownBy(() -> BinaryProxy.of(0.5).combine(BinaryProxy.of(0.25)))
        .hasMessage("decision thresholds must be equal, got 0.5 and 0.25");
    var proxy = BinaryProxy.of(0.5);
    proxy.accept(new float[] {0.5f}, new byte[] {1}, 0, 1);
    assertThatThrownBy(
            () -> proxy.accept(new float[] {0.5f}, new byte[] {1}, new double[] {2}, 0, 1))
        .hasMessage("rows must be all weighted or all unweighted, got both");
    byte[] bytes = proxy.toBytes();
    bytes[1] = 9;
    assertThatThrownBy(() -> BinaryProxy.fromBytes(bytes))
        .hasMessage("binary proxy: version must be 5, got 9");
  }
}
