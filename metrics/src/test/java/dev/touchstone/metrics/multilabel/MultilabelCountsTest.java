package dev.touchstone.metrics.multilabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.Shuffle;
import dev.touchstone.metrics.shared.ZeroDivision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MultilabelCountsTest {
  private static final int N = 100;

  record Rows(int labels, float[] scores, byte[] truth, double[] weights) {
    static Rows of(long seed, int n) {
      var random = new SplittableRandom(seed);
      int labels = random.nextInt(1, 6);
      float[] scores = new float[n * labels];
      byte[] truth = new byte[n * labels];
      for (int i = 0; i < truth.length; i++) {
        truth[i] = (byte) (random.nextInt(4) == 0 ? 1 : 0);
        scores[i] = random.nextInt(7 + truth[i]) / 8f;
      }
      double[] weights =
          seed % 2 == 0 ? null : random.ints(n, 0, 5).mapToDouble(w -> w / 2.0).toArray();
      return new Rows(labels, scores, truth, weights);
    }

    Rows pick(int... rows) {
      float[] someScores = new float[rows.length * labels];
      byte[] someTruth = new byte[rows.length * labels];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(scores, rows[i] * labels, someScores, i * labels, labels);
        System.arraycopy(truth, rows[i] * labels, someTruth, i * labels, labels);
      }
      return new Rows(
          labels,
          someScores,
          someTruth,
          weights == null ? null : Arrays.stream(rows).mapToDouble(r -> weights[r]).toArray());
    }

    MultilabelCounts counts() {
      var counts = MultilabelCounts.of(MultilabelOptions.of(labels));
      counts.accept(ScoreTable.of(scores, labels), truth, weights);
      return counts;
    }
  }

  @Test
  void permutationAndPartitionGiveTheSameBytes() {
    for (long seed = 0; seed < 40; seed++) {
      var rows = Rows.of(seed, N);
      byte[] whole = rows.counts().toBytes();
      var random = new SplittableRandom(seed);
      int[] order = Shuffle.of(N, seed + 1);
      var merged = MultilabelCounts.of(MultilabelOptions.of(rows.labels));
      for (int from = 0; from < N; ) {
        int to = Math.min(N, from + random.nextInt(40));
        var part = rows.pick(Arrays.copyOfRange(order, from, to)).counts();
        merged = random.nextBoolean() ? merged.combine(part) : part.combine(merged);
        from = to;
      }
      assertThat(merged.toBytes()).as("seed %d", seed).isEqualTo(whole);
      var back = MultilabelCounts.fromBytes(whole, MultilabelOptions.of(rows.labels));
      assertThat(back.toBytes()).isEqualTo(whole);
      assertThat(back.result()).isEqualTo(rows.counts().result());
    }
  }

  @Test
  void wholeWeightsAreCopies() {
    for (long seed = 1; seed < 20; seed += 2) {
      var rows = Rows.of(seed, N);
      int[] copies =
          IntStream.range(0, N)
              .flatMap(i -> IntStream.generate(() -> i).limit((long) (2 * rows.weights[i])))
              .toArray();
      var repeated = rows.pick(copies);
      var expected = new Rows(rows.labels, repeated.scores, repeated.truth, null);
      var actual = rows.counts().result();
      for (var metric : expected.counts().result().metrics()) {
        var other = actual.metric(metric.name());
        assertThat(other.reason()).as(metric.name()).isEqualTo(metric.reason());
        if (metric.isDefined()) {
          assertThat(other.value()).as(metric.name()).isCloseTo(metric.value(), within(1e-14));
        }
      }
    }
  }

  private static MultilabelReport of(int labels, float[] scores, int... truth) {
    byte[] bytes = new byte[truth.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) truth[i];
    }
    return MultilabelEvaluation.evaluate(scores, bytes, null, MultilabelOptions.of(labels));
  }

  @Test
  void aWorkedExampleHolds() {
    // truth 10, 01, 00; predicted 11, 01, 00
    var report = of(2, new float[] {0.5f, 0.75f, 0.25f, 1, 0, 0.25f}, 1, 0, 0, 1, 0, 0);
    assertThat(report.metric("subset_accuracy").value()).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(report.metric("subset_accuracy").interval().method()).isEqualTo("wilson");
    assertThat(report.metric("hamming_loss").value()).isCloseTo(1 / 6.0, within(1e-15));
    // wrong labels 1, 0, 0: mean 1/3, standard error 1/3; by two labels, t(2, 0.975) = 4.302653
    assertThat(report.metric("hamming_loss").interval().high())
        .isCloseTo((1 + 4.302653) / 6, within(1e-6));
    assertThat(report.metric("samples_f1").value()).isCloseTo((2 / 3.0 + 1) / 2, within(1e-15));
    assertThat(report.metric("samples_f1").flags()).containsExactly("rows_left_out");
    assertThat(report.rowsWithoutLabels()).isEqualTo(1);
    assertThat(report.metric("macro_f1").value()).isCloseTo((1 + 2 / 3.0) / 2, within(1e-15));
    assertThat(report.metric("micro_f1").value()).isCloseTo(0.8, within(1e-15));
    assertThat(report.labels().get(1).precision().value()).isEqualTo(0.5);
    assertThat(report.labels().get(0).rocAuc().value()).isEqualTo(1);
    var table = report.tables().get(0);
    assertThat(table.rows().get(1).subList(0, 4)).containsExactly("1", 1.0, 2.0, 1.0);
  }

  @Test
  void rowsWithoutLabelsAreZeroWhereThatIsAskedFor() {
    var options = MultilabelOptions.of(2).withZeroDivision(ZeroDivision.ZERO);
    var report =
        MultilabelEvaluation.evaluate(
            new float[] {1, 0, 0, 0}, new byte[] {1, 0, 0, 0}, null, options);
    assertThat(report.metric("samples_f1").value()).isEqualTo(0.5);
    assertThat(report.metric("samples_f1").flags()).containsExactly("zero_division");
    var nothing = of(2, new float[4], 0, 0, 0, 0);
    assertThat(nothing.metric("samples_f1").reason()).isEqualTo("no_labels");
    assertThat(nothing.metric("macro_f1").reason()).isEqualTo("no_positives");
    assertThat(nothing.metric("macro_average_precision").reason()).isEqualTo("no_positives");
    assertThat(nothing.metric("subset_accuracy").value()).isEqualTo(1);
    assertThat(nothing.metric("hamming_loss").value()).isZero();
    assertThat(nothing.absentLabels()).containsExactly("0", "1");
  }

  @Test
  void aLabelThatIsNeverPredictedHasNoPrecision() {
    var report = of(1, new float[] {0, 0}, 0, 1);
    assertThat(report.metric("macro_precision").reason()).isEqualTo("no_predicted_positives");
    assertThat(report.metric("micro_precision").reason()).isEqualTo("no_predicted_positives");
    assertThat(report.metric("macro_f1").value()).isZero();
    assertThat(report.metric("macro_roc_auc").value()).isEqualTo(0.5);
  }

  @Test
  void emptyInvalidAndWeightlessRowsSaySo() {
    assertThat(of(2, new float[0]).metrics())
        .hasSizeGreaterThan(15)
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("empty"));
    var invalid = of(1, new float[] {Float.NaN, 1}, 0, 1);
    assertThat(invalid.invalidRows()).isEqualTo(1);
    assertThat(invalid.metrics())
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("invalid_score"));
    var weightless =
        MultilabelEvaluation.evaluate(
            new float[] {1}, new byte[] {1}, new double[] {0}, MultilabelOptions.of(1));
    assertThat(weightless.metrics())
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("zero_weight"));
  }

  @Test
  void eachLabelHasItsThreshold() {
    var options = MultilabelOptions.of(2).withThresholds(List.of(0.1, 0.9));
    // 0.1 as float32 is above 0.1 as float64: thresholds are rounded like scores
    var report =
        MultilabelEvaluation.evaluate(new float[] {0.1f, 0.5f}, new byte[] {1, 0}, null, options);
    assertThat(report.metric("subset_accuracy").value()).isEqualTo(1);
  }

  @Test
  void batchesOfBytesAreTheSameRows() {
    var rows = Rows.of(3, N);
    var scores = ByteBuffer.allocate(4 * rows.scores.length).order(ByteOrder.LITTLE_ENDIAN);
    scores.asFloatBuffer().put(rows.scores);
    var weights = ByteBuffer.allocate(4 * N).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < N; i++) {
      weights.putFloat(4 * i, (float) rows.weights[i]);
    }
    var counts = MultilabelCounts.of(MultilabelOptions.of(rows.labels));
    counts.accept(scores, ByteBuffer.wrap(rows.truth), weights);
    assertThat(counts.toBytes()).isEqualTo(rows.counts().toBytes());
  }

  @Test
  void aRefusedCallLeavesTheStateAsItWas() {
    var counts = MultilabelCounts.of(MultilabelOptions.of(List.of("cat", "dog")));
    byte[] before = counts.toBytes();
    var scores = ScoreTable.of(new float[4], 2);
    assertThatThrownBy(() -> counts.accept(scores, new byte[] {0, 1, 1, 2}, null))
        .hasMessage("label must be 0 or 1, got 2 (row 1, label dog)");
    assertThatThrownBy(() -> counts.accept(scores, new byte[3], null))
        .hasMessage("labels must be as many as scores (4), got 3");
    assertThatThrownBy(() -> counts.accept(scores, new byte[4], new double[] {1, Double.NaN}))
        .hasMessage("weight must be in [0, 1048576], got NaN (row 1)");
    assertThatThrownBy(() -> counts.accept(scores, new byte[4], new double[1]))
        .hasMessage("weights must be as many as rows (2), got 1");
    assertThatThrownBy(() -> counts.accept(ScoreTable.of(new float[3], 3), new byte[3], null))
        .hasMessage("scores must have 2 columns, got 3");
    assertThatThrownBy(() -> counts.accept(ScoreTable.of(new double[2], 2), new byte[2], null))
        .hasMessage("scores must be FLOAT32, got FLOAT64");
    assertThatThrownBy(() -> counts.accept(scores, new byte[4], null, 2, 1))
        .hasMessage("rows must be in [0, 2), got [2, 1)");
    assertThat(counts.toBytes()).isEqualTo(before);
    assertThatThrownBy(() -> counts.combine(MultilabelCounts.of(MultilabelOptions.of(2))))
        .hasMessageStartingWith("options must be equal, got ");
    assertThatThrownBy(() -> MultilabelCounts.fromBytes(before, MultilabelOptions.of(3)))
        .hasMessage("multilabel counts: labels must be 3, got 2");
  }

  @Test
  void optionsNameWhatIsWrong() {
    assertThatThrownBy(() -> MultilabelOptions.of(0))
        .hasMessage("labels must be in [1, 65536], got 0");
    assertThatThrownBy(() -> MultilabelOptions.of(List.of("a", "a")))
        .hasMessage("label names must differ, got [a, a]");
    assertThatThrownBy(() -> MultilabelOptions.of(2).withThresholds(List.of(0.5)))
        .hasMessage("thresholds must be one a label (2), got 1");
    assertThatThrownBy(() -> MultilabelOptions.of(1).withThreshold(Double.NaN))
        .hasMessage("thresholds must be numbers, got [NaN]");
    assertThatThrownBy(() -> MultilabelOptions.of(1).withLevel(0))
        .hasMessage("level must be in (0, 1), got 0.0");
    assertThatThrownBy(() -> MultilabelOptions.of(1).withThreads(0))
        .hasMessage("threads must be at least 1, got 0");
  }

  @Test
  void countsOfOddRowsAddUp() {
    var whole = MultilabelCounts.of(MultilabelOptions.of(1));
    for (float score : new float[] {Float.NaN, 0, Float.NaN, 0}) {
      var one = MultilabelCounts.of(MultilabelOptions.of(1));
      one.accept(ScoreTable.of(new float[] {score}, 1), new byte[1], null);
      whole.combine(one);
    }
    assertThat(whole.n).isEqualTo(4);
    assertThat(whole.invalid).isEqualTo(2);
    assertThat(whole.rowsWithoutLabels).isEqualTo(2);
    byte[] bytes = whole.toBytes();
    assertThat(MultilabelCounts.fromBytes(bytes, MultilabelOptions.of(1)).invalid).isEqualTo(2);
    assertThatThrownBy(
            () ->
                MultilabelCounts.fromBytes(
                    Arrays.copyOf(bytes, bytes.length + 1), MultilabelOptions.of(1)))
        .hasMessageStartingWith("multilabel counts: must end after ");
    assertThatThrownBy(
            () -> whole.accept(ScoreTable.of(new float[1], 1), new byte[1], new double[] {1}))
        .hasMessage("rows must be all weighted or all unweighted, got both");
  }
}
