package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BinaryEdgeTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults();

  private static BinaryReport of(float[] scores, int... labels) {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return BinaryEvaluation.evaluate(scores, bytes, null, OPTIONS);
  }

  @Test
  void nothingIsUndefinedForOneReason() {
    var report = of(new float[0]);
    assertThat(report.metrics()).allSatisfy(m -> assertThat(m.reason()).isEqualTo("empty"));
    assertThat(report.sweep()).isEmpty();
    assertThat(report.curve()).isEmpty();
  }

  @Test
  void oneClassLeavesTheRestDefined() {
    var negatives = of(new float[] {0.1f, 0.6f}, 0, 0);
    assertThat(negatives.metric("average_precision").reason()).isEqualTo("no_positives");
    assertThat(negatives.metric("recall").reason()).isEqualTo("no_positives");
    assertThat(negatives.metric("f1").reason()).isEqualTo("no_positives");
    assertThat(negatives.metric("balanced_accuracy").reason()).isEqualTo("no_positives");
    assertThat(negatives.metric("mcc").reason()).isEqualTo("zero_margin");
    assertThat(negatives.metric("accuracy").value()).isEqualTo(0.5);
    assertThat(negatives.metric("precision").value()).isZero();
    assertThat(negatives.metric("log_loss").isDefined()).isTrue();
    assertThat(negatives.metric("brier_skill").reason()).isEqualTo("one_class");
    var positives = of(new float[] {0.1f, 0.6f}, 1, 1);
    assertThat(positives.metric("average_precision").value()).isEqualTo(1);
    assertThat(positives.metric("average_precision").flags()).containsExactly("no_negatives");
    assertThat(positives.metric("roc_auc").reason()).isEqualTo("no_negatives");
    assertThat(positives.metric("ks").reason()).isEqualTo("no_negatives");
    assertThat(positives.metric("specificity").reason()).isEqualTo("no_negatives");
  }

  @Test
  void nothingPredictedHasNoPrecision() {
    var report = of(new float[] {0.1f, 0.2f}, 0, 1);
    assertThat(report.metric("precision").reason()).isEqualTo("no_predicted_positives");
    assertThat(report.metric("recall").value()).isZero();
    assertThat(report.metric("f1").value()).isZero();
  }

  @Test
  void scoresOutsideTheUnitIntervalRankButHaveNoLoss() {
    var report =
        of(new float[] {-3, 2, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}, 0, 1, 1, 0);
    assertThat(report.metric("average_precision").value()).isEqualTo(1);
    assertThat(report.metric("roc_auc").value()).isEqualTo(1);
    assertThat(report.metric("log_loss").reason()).isEqualTo("score_outside_0_1");
    assertThat(report.metric("brier").reason()).isEqualTo("score_outside_0_1");
    // all thresholds at positives
    assertThat(report.sweep().stream().map(r -> r.threshold()))
        .containsExactly(Double.POSITIVE_INFINITY, 2.0);
  }

  @Test
  void nanScoresMakeEverythingUndefinedAndAreCounted() {
    var report = of(new float[] {0.1f, Float.NaN}, 0, 1);
    assertThat(report.invalidScores()).isEqualTo(1);
    assertThat(report.n()).isEqualTo(2);
    assertThat(report.metrics()).allSatisfy(m -> assertThat(m.reason()).isEqualTo("invalid_score"));
  }

  @Test
  void zeroWeightsLeaveNothing() {
    var report =
        BinaryEvaluation.evaluate(
            new float[] {0.1f, 0.2f}, new byte[] {0, 1}, new double[] {0, 0}, OPTIONS);
    assertThat(report.metrics()).allSatisfy(m -> assertThat(m.reason()).isEqualTo("zero_weight"));
  }

  @Test
  void awkwardWeightsKeepTwelveDigits() {
    float[] scores = {0.9f, 0.9f, 0.8f, 0.7f, 0.7f, 0.6f, 0.5f, 0.4f};
    byte[] labels = {1, 0, 1, 1, 0, 0, 1, 0};
    for (double scale : new double[] {1, 1e-9, 1e12}) {
      double[] weights = new double[8];
      for (int i = 0; i < 8; i++) {
        weights[i] = scale * (0.1 + i / 7.0);
      }
      var report = BinaryEvaluation.evaluate(scores, labels, weights, OPTIONS);
      assertThat(report.metric("average_precision").value())
          .isCloseTo(BruteForce.averagePrecision(scores, labels, weights), within(1e-12));
      assertThat(report.metric("roc_auc").value())
          .isCloseTo(BruteForce.rocAuc(scores, labels, weights), within(1e-12));
    }
  }

  @Test
  void badRowsAreRefusedByNumberAndLeaveNoTrace() {
    float[] scores = {0.1f, 0.2f};
    assertThatThrownBy(() -> of(scores, 0, 2)).hasMessage("label must be 0 or 1, got 2 (row 1)");
    assertThatThrownBy(() -> of(scores, 0))
        .hasMessage("labels must be as many as scores (2), got 1");
    byte[] labels = {0, 1};
    for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(
              () -> BinaryEvaluation.evaluate(scores, labels, new double[] {1, bad}, OPTIONS))
          .hasMessage("weight must be finite and at least 0, got " + bad + " (row 1)");
    }
    var counts = CoarseCounts.of(OPTIONS);
    byte[] before = counts.toBytes();
    assertThatThrownBy(() -> counts.accept(new byte[8], 0, new byte[] {0, 3}, 0, 2))
        .hasMessage("label must be 0 or 1, got 3 (row 1)");
    assertThatThrownBy(
            () ->
                counts.accept(
                    new byte[8], 0, new byte[2], 0, RandomRows.bytes(new float[] {1, -2}), 0, 2))
        .hasMessage("weight must be in [0, 2.68435456E8], got -2.0 (row 1)");
    assertThatThrownBy(() -> counts.accept(new byte[7], 0, new byte[2], 0, 2))
        .hasMessage("scores must hold 8 bytes from 0, got 7");
    assertThat(counts.toBytes()).isEqualTo(before);
  }

  @Test
  void mixedWeightingIsRefused() {
    var counts = CoarseCounts.of(OPTIONS);
    counts.accept(new byte[4], 0, new byte[1], 0, 1);
    assertThatThrownBy(() -> counts.accept(new byte[4], 0, new byte[1], 0, new byte[4], 0, 1))
        .hasMessage("rows must be all weighted or all unweighted, got both");
  }

  @Test
  void aScanThatSawOtherRowsSaysSo() {
    var rows = RandomRows.of(8, 100, false);
    var total = CoarseCounts.of(OPTIONS);
    total.accept(rows.scores(), rows.labels(), 0, 100);
    var task = ResolvePlan.of(total, OPTIONS).ranges().get(0);
    assertThatThrownBy(() -> RangeScan.of(task).result())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("range scan must see the rows that were counted: bin ");
    var twice = RangeScan.of(task);
    assertThatThrownBy(
            () -> {
              twice.accept(rows.scores(), rows.labels(), 0, 100);
              twice.accept(rows.scores(), rows.labels(), 0, 100);
              twice.result();
            })
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void missingAndRepeatedRangesAreRefused() {
    var rows = RandomRows.of(8, 1_000, false);
    var total = CoarseCounts.of(OPTIONS);
    total.accept(rows.scores(), rows.labels(), 0, 1_000);
    var ranges = ResolvePlan.of(total, OPTIONS, 100).ranges();
    var results =
        ranges.stream()
            .map(
                task -> {
                  var scan = RangeScan.of(task);
                  scan.accept(rows.scores(), rows.labels(), 0, 1_000);
                  return scan.result();
                })
            .toList();
    assertThat(results.size()).isGreaterThan(2);
    assertThatThrownBy(() -> BinaryReport.assemble(total, results.subList(1, 3), OPTIONS))
        .hasMessageStartingWith("ranges must be each of " + results.size() + " once, got 2");
    assertThatThrownBy(() -> BinaryReport.assemble(total, List.of(), OPTIONS))
        .hasMessageStartingWith("ranges must come from a plan of these counts: bin ");
  }

  @Test
  @Tag("slow")
  void plansKeepTheirMemoryBound() {
    int n = 600_000; // above 2^19, one bin holds them all: a table of counts in place of rows
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      scores[i] = 0.75f + i % 1000 * 1e-6f;
      labels[i] = (byte) (i % 7 == 0 ? 1 : 0);
    }
    var total = CoarseCounts.of(OPTIONS);
    total.accept(scores, labels, 0, n);
    var ranges = ResolvePlan.of(total, OPTIONS, 1_000).ranges();
    assertThat(ranges).hasSize(1);
    assertThat(ranges.get(0).rows()).isEqualTo(n);
    assertThat(ranges.get(0).scanBytes()).isEqualTo(1 << 20);
    var scan = RangeScan.of(ranges.get(0));
    scan.accept(scores, labels, 0, n);
    var report = BinaryReport.assemble(total, List.of(scan.result()), OPTIONS);
    assertThat(report).isEqualTo(BinaryEvaluation.evaluate(scores, labels, null, OPTIONS));
    double[] doubles = new double[n];
    for (int i = 0; i < n; i++) {
      doubles[i] = scores[i];
    }
    var ofDoubles = BinaryEvaluation.evaluate(doubles, labels, null, OPTIONS);
    assertThat(ofDoubles.metric("average_precision").value())
        .isCloseTo(report.metric("average_precision").value(), within(1e-15));
  }

  @Test
  void buffersAreReadBetweenPositionAndLimitAndLeftAsTheyWere() {
    var rows = RandomRows.of(0, 50, false);
    var scores = ByteBuffer.wrap(rows.scoreBytes()).position(40).limit(160);
    var labels = ByteBuffer.wrap(rows.labels()).position(10).limit(40);
    var fromBuffers = CoarseCounts.of(OPTIONS);
    fromBuffers.accept(scores, labels, null);
    var fromArrays = CoarseCounts.of(OPTIONS);
    fromArrays.accept(rows.scores(), rows.labels(), 10, 40);
    assertThat(fromBuffers.toBytes()).isEqualTo(fromArrays.toBytes());
    assertThat(scores.position()).isEqualTo(40);
    assertThat(labels.position()).isEqualTo(10);
  }

  @Test
  void bytesOfAnotherKindVersionOrLengthAreRefused() {
    byte[] bytes = CoarseCounts.of(OPTIONS).toBytes();
    assertThatThrownBy(() -> RangeTask.fromBytes(bytes))
        .hasMessage("range task: kind must be 84, got 67");
    assertThatThrownBy(() -> CoarseCounts.fromBytes(java.util.Arrays.copyOf(bytes, 9)))
        .hasMessage("coarse counts: ends early, after 9 bytes");
    assertThatThrownBy(
            () -> CoarseCounts.fromBytes(java.util.Arrays.copyOf(bytes, bytes.length + 1)))
        .hasMessage(
            "coarse counts: must end after " + bytes.length + " bytes, got " + (bytes.length + 1));
  }

  @Test
  void optionsNameWhatIsWrong() {
    assertThatThrownBy(() -> OPTIONS.withThresholds(1))
        .hasMessage("thresholds must be in [2, 10000], got 1");
    assertThatThrownBy(() -> OPTIONS.withThreads(0))
        .hasMessage("threads must be at least 1, got 0");
    assertThatThrownBy(() -> OPTIONS.withLevel(1)).hasMessage("level must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> OPTIONS.withDecisionThreshold(Double.NaN))
        .hasMessage("decision threshold must be a number, got NaN");
    assertThatThrownBy(() -> OPTIONS.withWeightBits(41))
        .hasMessage("weight bits must be in [0, 40], got 41");
  }
}
