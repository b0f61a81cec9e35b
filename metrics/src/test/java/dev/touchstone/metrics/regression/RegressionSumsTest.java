package dev.touchstone.metrics.regression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.shared.LabelEncoding;
import dev.touchstone.metrics.shared.Shuffle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RegressionSumsTest {
  private static final RegressionOptions OPTIONS = RegressionOptions.defaults();
  private static final int N = 100;

  /** Rows of several magnitudes, with ties, zeros and weights. */
  record Rows(double[] truths, double[] predictions, double[] weights) {
    static Rows of(long seed, int n) {
      var random = new SplittableRandom(seed);
      double scale = new double[] {1, 1e-8, 1e12, 1e60}[(int) seed % 4];
      double[] truths = random.doubles(n, -1, 3).map(x -> Math.rint(x * 4) * scale).toArray();
      double[] predictions =
          Arrays.stream(truths)
              .map(y -> y + scale * (random.nextInt(3) == 0 ? 0 : random.nextDouble(-1, 2)))
              .toArray();
      double[] weights =
          seed % 3 == 0 ? random.ints(n, 0, 5).mapToDouble(w -> w / 2.0).toArray() : null;
      return new Rows(truths, predictions, weights);
    }

    Rows pick(int... rows) {
      return new Rows(
          Arrays.stream(rows).mapToDouble(r -> truths[r]).toArray(),
          Arrays.stream(rows).mapToDouble(r -> predictions[r]).toArray(),
          weights == null ? null : Arrays.stream(rows).mapToDouble(r -> weights[r]).toArray());
    }

    RegressionSums sums() {
      var sums = RegressionSums.of(OPTIONS);
      sums.accept(truths, predictions, weights);
      return sums;
    }

    RegressionReport exact() {
      return RegressionEvaluation.evaluate(truths, predictions, weights, OPTIONS);
    }
  }

  @Test
  void permutationAndPartitionGiveTheSameBytes() {
    for (long seed = 0; seed < 24; seed++) {
      var rows = Rows.of(seed, N);
      byte[] whole = rows.sums().toBytes();
      var random = new SplittableRandom(seed);
      int[] order = Shuffle.of(N, seed + 1);
      var merged = RegressionSums.of(OPTIONS);
      for (int from = 0; from < N; ) {
        int to = Math.min(N, from + random.nextInt(40));
        var part = rows.pick(Arrays.copyOfRange(order, from, to)).sums();
        merged = random.nextBoolean() ? merged.combine(part) : part.combine(merged);
        from = to;
      }
      assertThat(merged.toBytes()).as("seed %d", seed).isEqualTo(whole);
      var back = RegressionSums.fromBytes(whole, OPTIONS);
      assertThat(back.toBytes()).isEqualTo(whole);
      assertThat(back.result()).isEqualTo(rows.sums().result());
      assertThat(rows.pick(order).exact()).isEqualTo(rows.exact());
    }
  }

  @Test
  void wholeWeightsAreCopies() {
    for (long seed = 0; seed < 24; seed += 3) {
      var rows = Rows.of(seed, N);
      int[] copies =
          IntStream.range(0, N)
              .flatMap(i -> IntStream.generate(() -> i).limit((long) (2 * rows.weights[i])))
              .toArray();
      var repeated = rows.pick(copies);
      var expected = new Rows(repeated.truths, repeated.predictions, null).exact();
      var actual = rows.exact();
      for (var metric : expected.metrics()) {
        if (metric.name().startsWith("error_q") || metric.name().startsWith("median")) {
          continue; // another definition with weights
        }
        double size = Math.max(Math.abs(metric.value()), Double.MIN_NORMAL);
        assertThat(actual.metric(metric.name()).value())
            .as("%s, seed %d", metric.name(), seed)
            .isCloseTo(metric.value(), within(1e-13 * size));
      }
    }
  }

  @Test
  void quantilesAreThoseOfTheSortedErrors() {
    for (long seed = 0; seed < 40; seed++) {
      var rows = Rows.of(seed, 1 + (int) seed);
      var random = new SplittableRandom(seed);
      var some = random.doubles(5, 0, 1).boxed().toList();
      var options = OPTIONS.withErrorQuantiles(some);
      var exact =
          RegressionEvaluation.evaluate(rows.truths, rows.predictions, rows.weights, options);
      var streamed = RegressionSums.of(options);
      streamed.accept(rows.truths, rows.predictions, rows.weights);
      if (!exact.metric("mse").isDefined()) {
        continue;
      }
      for (double q : some) {
        double expected = bruteQuantile(rows, q);
        double actual = exact.metric("error_q" + q).value();
        assertThat(actual)
            .as("seed %d, q %s", seed, q)
            .isCloseTo(expected, within(1e-12 * Math.abs(expected)));
        var bounds = streamed.result().metric("error_q" + q);
        assertThat(bounds.interval().contains(actual)).as("%s in %s", actual, bounds).isTrue();
        assertThat(bounds.interval().method()).isEqualTo("histogram_bounds");
        assertThat(bounds.interval().target()).isEqualTo(Target.FINITE);
      }
    }
  }

  private static double bruteQuantile(Rows rows, double q) {
    int[] order =
        IntStream.range(0, rows.truths.length)
            .boxed()
            .sorted(
                (a, b) ->
                    Double.compare(
                        rows.predictions[a] - rows.truths[a], rows.predictions[b] - rows.truths[b]))
            .mapToInt(i -> i)
            .toArray();
    if (rows.weights == null) {
      double rank = q * (order.length - 1);
      int below = (int) rank;
      int above = (int) Math.ceil(rank);
      double low = rows.predictions[order[below]] - rows.truths[order[below]];
      double high = rows.predictions[order[above]] - rows.truths[order[above]];
      return low + (rank - below) * (high - low);
    }
    double total = Arrays.stream(rows.weights).sum();
    double sum = 0;
    for (int i : order) {
      sum += rows.weights[i];
      if (rows.weights[i] > 0 && sum >= q * total) {
        return rows.predictions[i] - rows.truths[i];
      }
    }
    throw new AssertionError();
  }

  @Test
  void streamedQuantilesAreWithinTheDeclaredError() {
    var random = new SplittableRandom(3);
    double[] predictions = random.doubles(5_001, 1e-3, 1e3).toArray();
    var sums = RegressionSums.of(OPTIONS);
    sums.accept(new double[5_001], predictions, null);
    Arrays.sort(predictions);
    for (double q : OPTIONS.errorQuantiles()) {
      double exact = predictions[(int) (q * 5_000)];
      assertThat(sums.result().metric("error_q" + q).value() / exact).isCloseTo(1, within(0x1p-8));
    }
    assertThat(sums.result().quantileMethod()).isEqualTo("histogram");
  }

  @Test
  void aLargeMeanHidesNothing() {
    double[] truths = new double[1000];
    double[] predictions = new double[1000];
    for (int i = 0; i < 1000; i++) {
      truths[i] = 0x1p40 + i % 2;
      predictions[i] = 0x1p40 + 0.5;
    }
    var report = RegressionEvaluation.evaluate(truths, predictions, null, OPTIONS);
    assertThat(report.metric("r2").value()).isZero();
    assertThat(report.metric("explained_variance").value()).isZero();
    assertThat(report.metric("mse").value()).isEqualTo(0.25);
    assertThat(report.metric("bias").value()).isZero();
    // every magnitude is 0.5
    assertThat(report.metric("mae").intervalReason()).isEqualTo("zero_variance");
    assertThat(report.metric("mse").intervalReason()).isEqualTo("zero_variance");
    assertThat(report.metric("rmse").intervalReason()).isEqualTo("zero_variance");
    assertThat(report.metric("pinball_0.5").intervalReason()).isEqualTo("zero_variance");
  }

  private static RegressionReport of(double[] truths, double... predictions) {
    return RegressionEvaluation.evaluate(truths, predictions, null, OPTIONS);
  }

  @Test
  void fewOrConstantTruthsHaveNoR2() {
    var one = of(new double[] {3}, 2.5);
    assertThat(one.metric("r2").reason()).isEqualTo("n_lt_2");
    assertThat(one.metric("explained_variance").reason()).isEqualTo("n_lt_2");
    assertThat(one.metric("mse").value()).isEqualTo(0.25);
    assertThat(one.metric("mse").intervalReason()).isEqualTo("n_lt_2");
    assertThat(one.metric("bias").value()).isEqualTo(-0.5);
    assertThat(one.metric("median_absolute_error").value()).isEqualTo(0.5);
    assertThat(one.metric("median_absolute_error").intervalReason()).isEqualTo("too_few_rows");
    var constant = of(new double[] {0.1, 0.1, 0.1}, 0.1, 0.2, 0.3);
    assertThat(constant.metric("r2").reason()).isEqualTo("constant_truth");
    assertThat(constant.metric("explained_variance").reason()).isEqualTo("constant_truth");
  }

  @Test
  void emptyInvalidAndWeightlessRowsSaySo() {
    assertThat(of(new double[0]).metrics())
        .hasSize(17)
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("empty"));
    for (double bad :
        new double[] {Double.NaN, Double.NEGATIVE_INFINITY, 0x1.1p250, -Double.MAX_VALUE}) {
      var report = of(new double[] {1, bad}, 1, 1);
      assertThat(report.invalidRows()).isEqualTo(1);
      assertThat(report.metrics())
          .allSatisfy(m -> assertThat(m.reason()).isEqualTo("invalid_value"));
      assertThat(of(new double[] {1, 1}, bad, 1).invalidRows()).isEqualTo(1);
    }
    var weightless =
        RegressionEvaluation.evaluate(new double[1], new double[1], new double[1], OPTIONS);
    assertThat(weightless.metrics())
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("zero_weight"));
  }

  @Test
  void theLargestValuesStayFinite() {
    var report = of(new double[] {0x1p250, -0x1p250, 0}, -0x1p250, 0x1p250, 0);
    assertThat(report.metric("mse").value()).isEqualTo(0x1p502 * 2 / 3);
    assertThat(report.metric("mse").interval()).isNotNull();
    assertThat(report.metric("max_error").value()).isEqualTo(0x1p251);
  }

  @Test
  void aTruthOfZeroFollowsItsRule() {
    double[] truths = {0, 2, 4, -5};
    double[] predictions = {1, 3, 4, -4};
    var left = of(truths, predictions);
    assertThat(left.metric("mape").value()).isCloseTo((0.5 + 0 + 0.2) / 3, within(1e-16));
    assertThat(left.metric("mape").flags()).containsExactly("zero_truth_left_out");
    assertThat(left.zeroTruthRows()).isEqualTo(1);
    var undefined =
        RegressionEvaluation.evaluate(
            truths, predictions, null, OPTIONS.withZeroTruth(ZeroTruth.UNDEFINED));
    assertThat(undefined.metric("mape").reason()).isEqualTo("zero_truth");
    var epsilon =
        RegressionEvaluation.evaluate(
            truths, predictions, null, OPTIONS.withZeroTruth(ZeroTruth.EPSILON));
    assertThat(epsilon.metric("mape").value()).isCloseTo(0x1p50, within(1.0));
    assertThat(epsilon.metric("mape").flags()).containsExactly("zero_truth");
    var only = of(new double[] {0, 0}, 0, 1);
    assertThat(only.metric("mape").reason()).isEqualTo("zero_truth");
    // a ratio of 2^1000 has no square
    assertThat(of(new double[] {0x1p-900, 1}, 0x1p100, 1).zeroTruthRows()).isEqualTo(1);
  }

  @Test
  void intervalsCoverTheMeanOfTheSource() {
    // errors are +-1 and +-3 with mean square 5, mean magnitude 2, no bias
    int runs = 400;
    int squares = 0;
    int magnitudes = 0;
    int biases = 0;
    for (int run = 0; run < runs; run++) {
      var random = new SplittableRandom(run);
      double[] errors = new double[60];
      Arrays.setAll(errors, i -> new double[] {-3, -1, 1, 3}[random.nextInt(4)]);
      var report = of(new double[60], errors);
      squares += report.metric("mse").interval().contains(5) ? 1 : 0;
      magnitudes += report.metric("mae").interval().contains(2) ? 1 : 0;
      biases += report.metric("bias").interval().contains(0) ? 1 : 0;
      assertThat(report.metric("rmse").interval().low())
          .isEqualTo(Math.sqrt(report.metric("mse").interval().low()));
    }
    // 0.95, Monte-Carlo error 0.011, three of them
    assertThat(squares / (double) runs).isBetween(0.915, 0.985);
    assertThat(magnitudes / (double) runs).isBetween(0.915, 0.985);
    assertThat(biases / (double) runs).isBetween(0.915, 0.985);
  }

  @Test
  void batchesOfBytesAreTheSameRows() {
    float[] truths = {1.5f, -2, 0};
    float[] predictions = {1, 1, 1};
    var truthBytes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    truthBytes.asFloatBuffer().put(truths);
    var predictionBytes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    predictionBytes.asFloatBuffer().put(predictions);
    var fromBytes = RegressionSums.of(OPTIONS);
    fromBytes.accept(truthBytes, LabelEncoding.F32, predictionBytes, null);
    var fromFloats = RegressionSums.of(OPTIONS);
    fromFloats.accept(truths, predictions, null);
    assertThat(fromBytes.toBytes()).isEqualTo(fromFloats.toBytes());
    assertThat(RegressionEvaluation.evaluate(truths, predictions, null, OPTIONS).metric("mse"))
        .isEqualTo(fromFloats.result().metric("mse"));
    assertThatThrownBy(
            () ->
                fromBytes.accept(truthBytes, LabelEncoding.F32, predictionBytes.slice(0, 8), null))
        .hasMessage("predictions must hold 12 bytes for 3 values, got 8");
  }

  @Test
  void aRefusedCallLeavesTheStateAsItWas() {
    var sums = RegressionSums.of(OPTIONS);
    byte[] before = sums.toBytes();
    double[] two = new double[2];
    assertThatThrownBy(() -> sums.accept(two, new double[3], null))
        .hasMessage("predictions must be as many as truths (2), got 3");
    assertThatThrownBy(() -> sums.accept(two, two, new double[1]))
        .hasMessage("weights must be as many as rows (2), got 1");
    assertThatThrownBy(() -> sums.accept(two, two, new double[] {1, -2}))
        .hasMessage("weight must be in [0, 1048576], got -2.0 (row 1)");
    assertThatThrownBy(() -> sums.accept(two, two, null, -1, 1))
        .hasMessage("rows must be in [0, 2), got [-1, 1)");
    assertThat(sums.toBytes()).isEqualTo(before);
    var other = OPTIONS.withZeroTruth(ZeroTruth.EPSILON);
    assertThatThrownBy(() -> sums.combine(RegressionSums.of(other)))
        .hasMessageStartingWith("options must be equal, got ");
    assertThatThrownBy(() -> RegressionSums.fromBytes(before, other))
        .hasMessage("regression sums: zero truth must be EPSILON, got EXCLUDE");
    assertThatThrownBy(() -> RegressionSums.fromBytes(Arrays.copyOf(before, 9), OPTIONS))
        .hasMessage("regression sums: ends early, after 9 bytes");
  }

  @Test
  void optionsNameWhatIsWrong() {
    assertThatThrownBy(() -> OPTIONS.withPinballQuantiles(List.of(1.0)))
        .hasMessage("pinball quantile must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> OPTIONS.withErrorQuantiles(List.of(Double.NaN)))
        .hasMessage("error quantile must be in [0, 1], got NaN");
    assertThatThrownBy(() -> OPTIONS.withLevel(1.5)).hasMessage("level must be in (0, 1), got 1.5");
  }

  @Test
  void countsOfOddRowsAddUp() {
    var whole = RegressionSums.of(OPTIONS);
    for (double truth : new double[] {Double.NaN, 0, 1, Double.NaN, 0}) {
      var one = RegressionSums.of(OPTIONS);
      one.accept(new double[] {truth}, new double[] {1}, null);
      whole.combine(one);
    }
    assertThat(whole.n).isEqualTo(5);
    assertThat(whole.invalid).isEqualTo(2);
    assertThat(whole.zeroTruths).isEqualTo(2);
    assertThat(whole.counted).isEqualTo(3);
    byte[] bytes = whole.toBytes();
    assertThat(RegressionSums.fromBytes(bytes, OPTIONS).invalid).isEqualTo(2);
    assertThatThrownBy(
            () -> RegressionSums.fromBytes(Arrays.copyOf(bytes, bytes.length + 1), OPTIONS))
        .hasMessageStartingWith("regression sums: must end after ");
    for (boolean floats : new boolean[] {true, false}) {
      assertThatThrownBy(
              () -> {
                if (floats) {
                  whole.accept(new float[1], new float[1], new double[1]);
                } else {
                  whole.accept(new double[1], new double[1], new double[1]);
                }
              })
          .hasMessage("rows must be all weighted or all unweighted, got both");
    }
    assertThatThrownBy(() -> whole.accept(new float[2], new float[1], null))
        .hasMessage("predictions must be as many as truths (2), got 1");
  }

  @Test
  void weightlessRowsAreNotThere() {
    var with = RegressionSums.of(OPTIONS);
    with.accept(new double[] {1, 7}, new double[] {2, -900}, new double[] {1, 0});
    assertThat(with.result().metric("max_error").value()).isEqualTo(1);
    assertThat(with.result().metric("mse").value()).isEqualTo(1);
    // one row that counts
    assertThat(with.result().metric("r2").reason()).isEqualTo("n_lt_2");
  }
}
