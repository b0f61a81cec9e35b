package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowDoorsTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults();

  /** All doors, across more than two blocks of rows. */
  @Test
  void everyDoorLeadsToTheSameState() {
    for (boolean weighted : new boolean[] {false, true}) {
      int n = 2 * RowBlock.SIZE + 3;
      var rows = RandomRows.of(2, n + 7, weighted);
      byte[] scores = rows.scoreBytes();
      byte[] weights = weighted ? rows.weightBytes() : null;
      var arrays = CoarseCounts.of(OPTIONS);
      arrays.accept(rows.scores(), rows.labels(), rows.weights(), 5, 5 + n);
      var bytes = CoarseCounts.of(OPTIONS);
      if (weighted) {
        bytes.accept(scores, 20, rows.labels(), 5, weights, 20, n);
        var doubles = CoarseCounts.of(OPTIONS);
        doubles.accept(scores, 20, rows.labels(), 5, rows.weights(), 5, n);
        assertThat(doubles.toBytes()).isEqualTo(arrays.toBytes());
      } else {
        bytes.accept(scores, 20, rows.labels(), 5, n);
        var plain = CoarseCounts.of(OPTIONS);
        plain.accept(rows.scores(), rows.labels(), 5, 5 + n);
        assertThat(plain.toBytes()).isEqualTo(arrays.toBytes());
        var noLosses = CoarseCounts.of(OPTIONS.withProbabilityMetrics(false));
        noLosses.accept(rows.scores(), rows.labels(), 5, 5 + n);
        var noLossesOfBytes = CoarseCounts.of(OPTIONS.withProbabilityMetrics(false));
        noLossesOfBytes.accept(scores, 20, rows.labels(), 5, n);
        assertThat(noLossesOfBytes.toBytes()).isEqualTo(noLosses.toBytes());
      }
      var buffers = CoarseCounts.of(OPTIONS);
      buffers.accept(
          ByteBuffer.wrap(scores, 20, 4 * n),
          ByteBuffer.wrap(rows.labels(), 5, n),
          weighted ? ByteBuffer.wrap(weights, 20, 4 * n) : null);
      for (var each : List.of(bytes, buffers)) {
        assertThat(each.toBytes()).isEqualTo(arrays.toBytes());
        assertThat(each.n()).isEqualTo(n);
      }
      long positives = 0;
      for (int i = 5; i < 5 + n; i++) {
        positives += rows.labels()[i];
      }
      assertThat(arrays.nPos()).isEqualTo(positives);
    }
  }

  @Test
  void columnsThatAreTooShortAreRefusedByName() {
    var counts = CoarseCounts.of(OPTIONS);
    byte[] four = new byte[16];
    byte[] labels = new byte[4];
    assertThatThrownBy(() -> counts.accept(four, 4, labels, 0, 4))
        .hasMessage("scores must hold 16 bytes from 4, got 16");
    assertThatThrownBy(() -> counts.accept(four, -1, labels, 0, 4))
        .hasMessage("scores must hold 16 bytes from -1, got 16");
    assertThatThrownBy(() -> counts.accept(four, 0, labels, 1, 4))
        .hasMessage("labels must hold 4 bytes from 1, got 4");
    assertThatThrownBy(() -> counts.accept(four, 0, labels, 0, four, 1, 4))
        .hasMessage("weights must hold 16 bytes from 1, got 16");
    assertThatThrownBy(() -> counts.accept(four, 0, labels, 0, -1))
        .hasMessage("scores must hold -4 bytes from 0, got 16");
    assertThatThrownBy(() -> counts.accept(four, 0, labels, 0, new double[4], 1, 4))
        .hasMessage("weights must hold 4 for 4 rows, got 3");
    assertThatThrownBy(
            () -> counts.accept(ByteBuffer.wrap(four, 1, 15), ByteBuffer.wrap(labels), null))
        .hasMessage("scores must hold 16 for 4 rows, got 15");
    assertThatThrownBy(
            () ->
                counts.accept(
                    ByteBuffer.wrap(four), ByteBuffer.wrap(labels), ByteBuffer.wrap(four, 0, 15)))
        .hasMessage("weights must hold 16 for 4 rows, got 15");
    float[] scores = new float[4];
    for (int[] range : new int[][] {{-1, 2}, {3, 2}, {0, 5}}) {
      assertThatThrownBy(() -> counts.accept(scores, labels, range[0], range[1]))
          .hasMessage("rows must be in [0, 4), got [" + range[0] + ", " + range[1] + ")");
    }
    assertThatThrownBy(() -> counts.accept(scores, new byte[3], 0, 4))
        .hasMessage("rows must be in [0, 3), got [0, 4)");
    assertThat(counts.n()).isZero();
    counts.accept(scores, labels, 4, 4);
    counts.accept(scores, labels, 0, 4);
    assertThat(counts.n()).isEqualTo(4);
  }

  @Test
  void badValuesAreRefusedAtEveryDoorWithTheirRow() {
    var counts = CoarseCounts.of(OPTIONS);
    byte[] scores = new byte[8];
    byte[] bad = {1, -1};
    assertThatThrownBy(() -> counts.accept(new float[2], bad, 0, 2))
        .hasMessage("label must be 0 or 1, got 255 (row 1)");
    assertThatThrownBy(() -> counts.accept(scores, 0, bad, 0, new double[2], 0, 2))
        .hasMessage("label must be 0 or 1, got 255 (row 1)");
    assertThatThrownBy(
            () -> counts.accept(scores, 0, new byte[2], 0, new double[] {1, Double.NaN}, 0, 2))
        .hasMessage("weight must be in [0, 2.68435456E8], got NaN (row 1)");
    assertThatThrownBy(() -> counts.accept(new float[2], new byte[2], new double[] {0, 1e9}, 0, 2))
        .hasMessage("weight must be in [0, 2.68435456E8], got 1.0E9 (row 1)");
    assertThat(counts.n()).isZero();
    counts.accept(new float[1], new byte[1], new double[] {0x1p28}, 0, 1);
    assertThat(counts.n()).as("the largest weight fits").isEqualTo(1);
    assertThat(RowAccumulator.weightUnits(0x1p28, 24, 0))
        .isEqualTo(RowAccumulator.MAX_WEIGHT_UNITS);
    assertThat(RowAccumulator.weightUnits(2.6, 0, 0)).isEqualTo(3);
  }

  @Test
  void countsOfOtherOptionsAreRefused() {
    var counts = CoarseCounts.of(OPTIONS);
    for (var other :
        List.of(
            OPTIONS.withWeightBits(3),
            OPTIONS.withCalibrationBins(3),
            OPTIONS.withProbabilityMetrics(false))) {
      assertThatThrownBy(() -> counts.combine(CoarseCounts.of(other)))
          .hasMessage("coarse counts must come from the same options");
    }
    var weighted = CoarseCounts.of(OPTIONS);
    weighted.accept(new float[1], new byte[1], new double[] {1}, 0, 1);
    var plain = CoarseCounts.of(OPTIONS);
    plain.accept(new float[1], new byte[1], 0, 1);
    assertThatThrownBy(() -> plain.combine(weighted))
        .hasMessage("rows must be all weighted or all unweighted, got both");
    assertThat(counts.combine(weighted)).isSameAs(counts);
    assertThat(counts.toBytes()).isEqualTo(weighted.toBytes());
  }

  @Test
  void plansNeedRoomForARowAndSplitByIt() {
    int n = 400;
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    Arrays.fill(labels, (byte) 1);
    for (int i = 0; i < n; i++) {
      scores[i] = 1 + i; // bins of at most four rows
    }
    var total = CoarseCounts.of(OPTIONS);
    total.accept(scores, labels, 0, n);
    assertThatThrownBy(() -> ResolvePlan.of(total, OPTIONS, 0))
        .hasMessage("max rows per range must be at least 1, got 0");
    for (long most : new long[] {10, 399, 400, 401}) {
      var ranges = ResolvePlan.of(total, OPTIONS, most).ranges();
      long rows = 0;
      for (int i = 0; i < ranges.size(); i++) {
        assertThat(ranges.get(i).index()).isEqualTo(i);
        assertThat(ranges.get(i).rows()).isBetween(1L, most);
        assertThat(ranges.get(i).scanBytes()).isEqualTo(2 * ranges.get(i).rows());
        rows += ranges.get(i).rows();
      }
      assertThat(rows).isEqualTo(n);
      assertThat(ranges.size() == 1).isEqualTo(most >= n);
    }
    var invalid = CoarseCounts.of(OPTIONS);
    invalid.accept(new float[] {Float.NaN}, new byte[1], 0, 1);
    assertThat(ResolvePlan.of(invalid, OPTIONS).ranges()).isEmpty();
  }

  @Test
  void reportsNameWhatTheyHave() {
    var report = BinaryEvaluation.evaluate(new float[2], new byte[] {0, 1}, null, OPTIONS);
    assertThat(report.operatingPoint("max_f1").name()).isEqualTo("max_f1");
    assertThatThrownBy(() -> report.metric("auc"))
        .hasMessageStartingWith("no metric auc; there are [average_precision, ");
    assertThatThrownBy(() -> report.operatingPoint("best"))
        .hasMessageStartingWith("no operating point best; there are [")
        .hasMessageContaining("max_f1");
    assertThatThrownBy(() -> new OperatingPoint("p", null, null))
        .hasMessage("p: a row is absent exactly when a reason says why, got null, null");
    assertThatThrownBy(() -> BinaryProxy.of(0.5).result().metric("auc"))
        .hasMessage("no metric auc");
    assertThatThrownBy(() -> BinaryProxy.of(Double.NaN))
        .hasMessage("decision threshold must be a number, got NaN");
  }
}
