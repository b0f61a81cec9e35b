package dev.touchstone.metrics.multiclass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.shared.LabelEncoding;
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

class MulticlassCountsTest {
  /** Random rows of several shapes: ties, logits, absent classes, weights of 0. */
  record Rows(int classes, float[] scores, int[] labels, double[] weights) {
    static Rows of(long seed, int n) {
      var random = new SplittableRandom(seed);
      int classes = random.nextInt(2, 6);
      float[] scores = new float[n * classes];
      int[] labels = new int[n];
      double[] weights = seed % 2 == 0 ? null : new double[n];
      for (int i = 0; i < n; i++) {
        labels[i] = random.nextInt(classes > 2 ? classes - 1 : 2);
        double sum = 0;
        for (int c = 0; c < classes; c++) {
          double z = random.nextInt(1, 5) + (c == labels[i] ? 1 : 0);
          scores[i * classes + c] = (float) (seed % 4 < 2 ? z : z + random.nextDouble());
          sum += scores[i * classes + c];
        }
        for (int c = 0; seed % 5 != 0 && c < classes; c++) {
          scores[i * classes + c] /= (float) sum;
        }
        if (weights != null) {
          weights[i] = random.nextInt(4) / 2.0;
        }
      }
      return new Rows(classes, scores, labels, weights);
    }

    Rows pick(int... rows) {
      float[] some = new float[rows.length * classes];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(scores, rows[i] * classes, some, i * classes, classes);
      }
      return new Rows(
          classes,
          some,
          Arrays.stream(rows).map(r -> labels[r]).toArray(),
          weights == null ? null : Arrays.stream(rows).mapToDouble(r -> weights[r]).toArray());
    }

    MulticlassCounts counts() {
      var counts = MulticlassCounts.of(MulticlassOptions.of(classes));
      counts.accept(scores, labels, weights);
      return counts;
    }
  }

  private static final int N = 120;

  @Test
  void permutationAndPartitionGiveTheSameBytes() {
    for (long seed = 0; seed < 40; seed++) {
      var rows = Rows.of(seed, N);
      byte[] whole = rows.counts().toBytes();
      var random = new SplittableRandom(seed);
      int[] order = Shuffle.of(N, seed + 1);
      var merged = MulticlassCounts.of(MulticlassOptions.of(rows.classes));
      for (int from = 0; from < N; ) {
        int to = Math.min(N, from + random.nextInt(40));
        var part = rows.pick(Arrays.copyOfRange(order, from, to)).counts();
        merged = random.nextBoolean() ? merged.combine(part) : part.combine(merged);
        from = to;
      }
      assertThat(merged.toBytes()).as("seed %d", seed).isEqualTo(whole);
      var back = MulticlassCounts.fromBytes(whole, MulticlassOptions.of(rows.classes));
      assertThat(back.toBytes()).isEqualTo(whole);
      assertThat(back.result().metrics()).isEqualTo(rows.counts().result().metrics());
    }
  }

  @Test
  void mergeIsAssociative() {
    for (long seed = 0; seed < 20; seed++) {
      var rows = Rows.of(seed, 90);
      int[][] parts = {range(0, 20), range(20, 70), range(70, 90)};
      var left =
          rows.pick(parts[0])
              .counts()
              .combine(rows.pick(parts[1]).counts())
              .combine(rows.pick(parts[2]).counts());
      var right =
          rows.pick(parts[0])
              .counts()
              .combine(rows.pick(parts[1]).counts().combine(rows.pick(parts[2]).counts()));
      assertThat(left.toBytes()).as("seed %d", seed).isEqualTo(right.toBytes());
    }
  }

  private static int[] range(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  @Test
  void wholeWeightsAreCopies() {
    for (long seed = 1; seed < 30; seed += 2) {
      var rows = Rows.of(seed, N);
      var doubled =
          new Rows(
              rows.classes,
              rows.scores,
              rows.labels,
              Arrays.stream(rows.weights).map(w -> 2 * w).toArray());
      int[] copies =
          IntStream.range(0, N)
              .flatMap(i -> IntStream.generate(() -> i).limit((long) doubled.weights[i]))
              .toArray();
      var repeated = doubled.pick(copies);
      var expected =
          new Rows(rows.classes, repeated.scores, repeated.labels, null).counts().result();
      var actual = doubled.counts().result();
      for (var metric : expected.metrics()) {
        var other = actual.metric(metric.name());
        assertThat(other.reason()).as(metric.name()).isEqualTo(metric.reason());
        if (metric.isDefined()) {
          assertThat(other.value()).as(metric.name()).isCloseTo(metric.value(), within(1e-14));
        }
      }
      assertThat(actual.weightTotal()).isEqualTo(copies.length);
    }
  }

  @Test
  void topKIsTheMeanOverAllWaysToBreakTies() {
    for (long seed = 0; seed < 40; seed += 4) {
      var rows = Rows.of(seed, 30);
      int k = rows.classes > 2 ? 2 : 1;
      var counts = MulticlassCounts.of(MulticlassOptions.of(rows.classes).withTopK(List.of(k)));
      counts.accept(rows.scores, rows.labels, null);
      double hits = 0;
      for (int i = 0; i < 30; i++) {
        hits += chance(rows, i, k);
      }
      assertThat(counts.result().metric("top_" + k + "_accuracy").value())
          .as("seed %d", seed)
          .isCloseTo(hits / 30, within(1e-15));
    }
  }

  /** Over all orders of the classes: how often a stable sort puts the true class among the k. */
  private static double chance(Rows rows, int row, int k) {
    int hits = 0;
    int orders = 0;
    for (int[] order : permutations(rows.classes)) {
      int place = 0;
      int label = rows.labels[row];
      for (int c = 0; c < rows.classes; c++) {
        float score = rows.scores[row * rows.classes + c];
        float own = rows.scores[row * rows.classes + label];
        place += score > own || score == own && order[c] < order[label] ? 1 : 0;
      }
      hits += place < k ? 1 : 0;
      orders++;
    }
    return (double) hits / orders;
  }

  private static List<int[]> permutations(int n) {
    if (n == 0) {
      return List.of(new int[0]);
    }
    return permutations(n - 1).stream()
        .flatMap(
            p ->
                IntStream.range(0, n)
                    .mapToObj(
                        at -> {
                          int[] longer = new int[n];
                          System.arraycopy(p, 0, longer, 0, at);
                          longer[at] = n - 1;
                          System.arraycopy(p, at, longer, at + 1, n - 1 - at);
                          return longer;
                        }))
        .toList();
  }

  @Test
  void batchesOfBytesAreTheSameRows() {
    var rows = Rows.of(3, N);
    var scores = ByteBuffer.allocate(4 * rows.scores.length).order(ByteOrder.LITTLE_ENDIAN);
    scores.asFloatBuffer().put(rows.scores);
    var weights = ByteBuffer.allocate(4 * N).order(ByteOrder.LITTLE_ENDIAN);
    var small = ByteBuffer.allocate(N);
    var wide = ByteBuffer.allocate(4 * N).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < N; i++) {
      weights.putFloat(4 * i, (float) rows.weights[i]);
      small.put(i, (byte) rows.labels[i]);
      wide.putInt(4 * i, rows.labels[i]);
    }
    var fromU8 = MulticlassCounts.of(MulticlassOptions.of(rows.classes));
    fromU8.accept(scores, small, LabelEncoding.U8, weights);
    var fromI32 = MulticlassCounts.of(MulticlassOptions.of(rows.classes));
    fromI32.accept(scores, wide, LabelEncoding.I32, weights);
    assertThat(fromU8.toBytes()).isEqualTo(rows.counts().toBytes());
    assertThat(fromI32.toBytes()).isEqualTo(rows.counts().toBytes());
    assertThat(scores.position()).isZero();
  }

  private static MulticlassReport of(int classes, float[] scores, int... labels) {
    return MulticlassEvaluation.evaluate(scores, labels, null, MulticlassOptions.of(classes));
  }

  @Test
  void nothingIsUndefinedForOneReason() {
    assertThat(of(3, new float[0]).metrics())
        .hasSizeGreaterThan(20)
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("empty"));
  }

  @Test
  void aNanScoreMakesEverythingUndefinedAndIsCounted() {
    var report = of(2, new float[] {0.5f, 0.5f, Float.NaN, 1}, 0, 1);
    assertThat(report.invalidRows()).isEqualTo(1);
    assertThat(report.metrics()).allSatisfy(m -> assertThat(m.reason()).isEqualTo("invalid_score"));
    assertThat(report.classes().get(0).f1().reason()).isEqualTo("invalid_score");
    // the sum of infinities is NaN, and none of them is
    var infinite =
        of(2, new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, 1}, 0, 1);
    assertThat(infinite.metric("accuracy").value()).isEqualTo(1);
    assertThat(infinite.metric("log_loss").reason()).isEqualTo("score_outside_0_1");
  }

  @Test
  void zeroWeightsLeaveNothing() {
    var report =
        MulticlassEvaluation.evaluate(
            new float[] {1, 0, 0, 1}, new int[] {0, 1}, new double[2], MulticlassOptions.of(2));
    assertThat(report.metrics()).allSatisfy(m -> assertThat(m.reason()).isEqualTo("zero_weight"));
  }

  @Test
  void oneClassHasNoBalancedAccuracyKappaMccOrRoc() {
    var report = of(3, new float[] {1, 0, 0, 0.5f, 0.25f, 0.25f}, 0, 0);
    assertThat(report.metric("accuracy").value()).isEqualTo(1);
    assertThat(report.metric("balanced_accuracy").reason()).isEqualTo("one_class");
    assertThat(report.metric("cohen_kappa").reason()).isEqualTo("zero_margin");
    assertThat(report.metric("mcc").reason()).isEqualTo("zero_margin");
    assertThat(report.metric("macro_f1").value()).isEqualTo(1);
    assertThat(report.metric("macro_average_precision").value()).isEqualTo(1);
    assertThat(report.metric("macro_roc_auc").reason()).isEqualTo("no_negatives");
    assertThat(report.absentClasses()).containsExactly("1", "2");
    assertThat(report.classes().get(1).recall().reason()).isEqualTo("no_positives");
    assertThat(report.classes().get(1).averagePrecision().reason()).isEqualTo("no_positives");
  }

  @Test
  void macroLeavesAbsentClassesOutAndSaysSo() {
    // class 2 is predicted once and never true
    var report = of(3, new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 0, 1, 1);
    assertThat(report.absentClasses()).containsExactly("2");
    assertThat(report.metric("macro_recall").value()).isEqualTo(0.75);
    assertThat(report.metric("macro_precision").value()).isEqualTo(1);
    assertThat(report.metric("macro_f1").value()).isCloseTo((1 + 2 / 3.0) / 2, within(1e-15));
  }

  @Test
  void aClassNeverPredictedHasNoPrecisionUnlessZeroIsAskedFor() {
    float[] scores = {1, 0, 1, 0};
    int[] labels = {0, 1};
    var report = of(2, scores, labels);
    assertThat(report.metric("macro_precision").reason()).isEqualTo("no_predicted_positives");
    assertThat(report.metric("weighted_precision").reason()).isEqualTo("no_predicted_positives");
    assertThat(report.classes().get(1).precision().reason()).isEqualTo("no_predicted_positives");
    assertThat(report.metric("micro_precision").value()).isEqualTo(0.5);
    assertThat(report.metric("macro_f1").isDefined()).isTrue();
    var zero =
        MulticlassEvaluation.evaluate(
            scores, labels, null, MulticlassOptions.of(2).withZeroDivision(ZeroDivision.ZERO));
    assertThat(zero.metric("macro_precision").value()).isEqualTo(0.25);
    assertThat(zero.metric("macro_precision").flags()).containsExactly("zero_division");
  }

  @Test
  void tiedPredictionsTakeTheLowestIndexAndAreCounted() {
    var report = of(3, new float[] {0.25f, 0.375f, 0.375f, 0.5f, 0.5f, 0, 0, 0.5f, 0.5f}, 2, 0, 1);
    assertThat(report.tiedPredictions()).isEqualTo(3);
    assertThat(report.metric("accuracy").value()).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(report.metric("accuracy").flags()).containsExactly("tied_predictions");
    assertThat(report.confusion().units(2, 1)).isEqualTo(1);
    // one of two tied places each: an expected half
    assertThat(of(3, new float[] {0.25f, 0.375f, 0.375f}, 2).tiedPredictions()).isEqualTo(1);
    assertThat(of(3, new float[] {0.5f, 0.25f, 0.25f}, 2).tiedPredictions()).isZero();
  }

  @Test
  void rowsThatDoNotSumToOneFollowTheirRule() {
    float[] scores = {0.5f, 0.25f, 0.5f, 0.5f};
    int[] labels = {0, 1};
    var refused = of(2, scores, labels);
    assertThat(refused.unnormalizedRows()).isEqualTo(1);
    assertThat(refused.metric("log_loss").reason()).isEqualTo("row_sum_not_1");
    assertThat(refused.metric("brier").reason()).isEqualTo("row_sum_not_1");
    assertThat(refused.metric("accuracy").isDefined()).isTrue();
    var accepted =
        MulticlassEvaluation.evaluate(
            scores, labels, null, MulticlassOptions.of(2).withRowSumRule(RowSumRule.ACCEPT));
    assertThat(accepted.metric("log_loss").value()).isCloseTo(Math.log(2), within(1e-15));
    assertThat(accepted.metric("log_loss").flags()).containsExactly("row_sum_not_1");
    assertThat(accepted.metric("brier").value()).isCloseTo((0.3125 + 0.5) / 2, within(1e-15));
    // rounding to float32 is within the tolerance
    assertThat(of(3, new float[] {1 / 3f, 1 / 3f, 1 / 3f}, 0).unnormalizedRows()).isZero();
  }

  @Test
  void aConfidentMistakeIsClippedByTheFormatAndCounted() {
    var report = of(2, new float[] {0, 1, 0, 1}, 0, 1);
    // half of -ln 2^-23
    assertThat(report.metric("log_loss").value()).isCloseTo(7.971, within(0.001));
    assertThat(report.metric("log_loss").flags()).containsExactly("clipped");
    assertThat(report.clippedCount()).isEqualTo(2);
    assertThat(report.clipEpsilon()).isEqualTo(0x1p-23);
    assertThat(report.metric("brier").value()).isEqualTo(1);
  }

  @Test
  void intervalsNameMethodLevelAndTarget() {
    var rows = Rows.of(2, N);
    var report =
        MulticlassEvaluation.evaluate(
            rows.scores, rows.labels, null, MulticlassOptions.of(rows.classes).withLevel(0.9));
    assertThat(report.metric("accuracy").interval().method()).isEqualTo("wilson");
    assertThat(report.metric("log_loss").interval().method()).isEqualTo("clt_t");
    for (var name : List.of("balanced_accuracy", "macro_f1", "weighted_f1", "cohen_kappa", "mcc")) {
      var metric = report.metric(name);
      assertThat(metric.interval().method()).isEqualTo("delta_multinomial");
      assertThat(metric.interval().level()).isEqualTo(0.9);
      assertThat(metric.interval().target()).isEqualTo(Target.SUPERPOPULATION);
      assertThat(metric.interval().contains(metric.value())).isTrue();
    }
    assertThat(report.metric("micro_average_precision").intervalReason())
        .isEqualTo("pairs_not_independent");
  }

  @Test
  void deltaErrorsAreTheSpreadOfResampledFigures() {
    var rows = Rows.of(12, 400);
    var names =
        List.of(
            "macro_recall",
            "macro_precision",
            "macro_f1",
            "weighted_precision",
            "weighted_f1",
            "cohen_kappa",
            "mcc");
    var options = MulticlassOptions.of(rows.classes).withTopK(List.of());
    var random = new SplittableRandom(7);
    int runs = 1000;
    double[][] values = new double[names.size()][runs];
    for (int run = 0; run < runs; run++) {
      var sample = rows.pick(random.ints(400, 0, 400).toArray());
      var counts = MulticlassCounts.of(options);
      counts.accept(sample.scores, sample.labels, null);
      var report = counts.result();
      for (int m = 0; m < names.size(); m++) {
        values[m][run] = report.metric(names.get(m)).value();
      }
    }
    var counts = MulticlassCounts.of(options);
    counts.accept(rows.scores, rows.labels, null);
    for (int m = 0; m < names.size(); m++) {
      MetricValue metric = counts.result().metric(names.get(m));
      double error = (metric.interval().high() - metric.interval().low()) / 2 / 1.959964;
      double mean = Arrays.stream(values[m]).average().orElseThrow();
      double spread =
          Math.sqrt(Arrays.stream(values[m]).map(v -> (v - mean) * (v - mean)).sum() / (runs - 1));
      // 1,000 replicates know a standard error to 2.2 %; three of them and the bias of n = 400
      assertThat(error / spread).as(names.get(m)).isCloseTo(1, within(0.09));
    }
  }

  @Test
  void aRefusedCallLeavesTheStateAsItWas() {
    var counts = MulticlassCounts.of(MulticlassOptions.of(3));
    byte[] before = counts.toBytes();
    float[] scores = {1, 0, 0, 0, 1, 0};
    assertThatThrownBy(() -> counts.accept(scores, new int[] {0, 3}, null))
        .hasMessage("label must be in [0, 3), got 3 (row 1)");
    assertThatThrownBy(() -> counts.accept(scores, new int[] {-1, 0}, null))
        .hasMessage("label must be in [0, 3), got -1 (row 0)");
    assertThatThrownBy(() -> counts.accept(scores, new int[] {0}, null))
        .hasMessage("labels must be as many as rows (2), got 1");
    assertThatThrownBy(() -> counts.accept(new float[] {1, 0}, new int[] {0}, null))
        .hasMessage("scores must fill whole rows of 3, got 2");
    assertThatThrownBy(() -> counts.accept(scores, new int[] {0, 1}, new double[] {1, -1}))
        .hasMessage("weight must be in [0, 1048576], got -1.0 (row 1)");
    assertThatThrownBy(() -> counts.accept(scores, new int[] {0, 1}, new double[] {1}))
        .hasMessage("weights must be as many as rows (2), got 1");
    assertThatThrownBy(() -> counts.accept(new double[3], new int[] {0}, null))
        .hasMessage("scores must be FLOAT32, got FLOAT64");
    assertThatThrownBy(() -> counts.accept(ScoreTable.of(scores, 2), new int[] {0, 1, 1}, null))
        .hasMessage("scores must have 3 columns, got 2");
    assertThatThrownBy(() -> counts.accept(ScoreTable.of(scores, 3), new int[] {0, 1}, null, 1, 3))
        .hasMessage("rows must be in [0, 2), got [1, 3)");
    assertThatThrownBy(() -> counts.acceptClasses(new int[] {0}, new int[] {5}, null))
        .hasMessage("predicted class must be in [0, 3), got 5 (row 0)");
    assertThatThrownBy(() -> counts.acceptClasses(new int[] {0}, new int[0], null))
        .hasMessage("predicted classes must be as many as labels (1), got 0");
    assertThat(counts.toBytes()).isEqualTo(before);
    counts.accept(scores, new int[] {0, 1}, null);
    assertThatThrownBy(() -> counts.accept(scores, new int[] {0, 1}, new double[] {1, 1}))
        .hasMessage("rows must be all weighted or all unweighted, got both");
  }

  @Test
  void statesOfOtherOptionsDoNotMerge() {
    var three = MulticlassCounts.of(MulticlassOptions.of(3));
    assertThatThrownBy(() -> three.combine(MulticlassCounts.of(MulticlassOptions.of(4))))
        .hasMessageStartingWith("options must be equal, got ");
    // threads change nothing
    three.combine(MulticlassCounts.of(MulticlassOptions.of(3).withThreads(2)));
    assertThatThrownBy(() -> MulticlassCounts.fromBytes(three.toBytes(), MulticlassOptions.of(4)))
        .hasMessage("multiclass counts: classes must be 4, got 3");
    assertThatThrownBy(() -> MulticlassCounts.fromBytes(new byte[3], MulticlassOptions.of(4)))
        .hasMessage("multiclass counts: kind must be 109, got 0");
  }

  @Test
  void optionsNameWhatIsWrong() {
    assertThatThrownBy(() -> MulticlassOptions.of(4097))
        .hasMessage("classes must be in [2, 4096], got 4097");
    assertThatThrownBy(() -> MulticlassOptions.of(1))
        .hasMessage("classes must be in [2, 4096], got 1");
    assertThatThrownBy(() -> MulticlassOptions.of(List.of("a", "a")))
        .hasMessage("class names must differ, got [a, a]");
    assertThatThrownBy(() -> MulticlassOptions.of(3).withTopK(List.of(4)))
        .hasMessage("top k must be in [1, 3], got 4");
    assertThatThrownBy(() -> MulticlassOptions.of(3).withLevel(1))
        .hasMessage("level must be in (0, 1), got 1.0");
    assertThatThrownBy(() -> MulticlassOptions.of(3).withThreads(0))
        .hasMessage("threads must be at least 1, got 0");
    assertThat(MulticlassOptions.of(3).withTopK(List.of(3, 1, 3)).topK()).containsExactly(1, 3);
  }

  @Test
  void tablesHoldClassesAndConfusions() {
    var report =
        MulticlassEvaluation.evaluate(
            new float[] {1, 0, 1, 0, 0, 1},
            new int[] {0, 1, 1},
            null,
            MulticlassOptions.of(List.of("cat", "dog")));
    assertThat(report.tables().get(0).rows().get(1).subList(0, 4))
        .containsExactly("dog", 2.0, 1.0, 1.0);
    assertThat(report.tables().get(1).rows())
        .containsExactly(
            List.of("cat", "cat", 1.0), List.of("dog", "cat", 1.0), List.of("dog", "dog", 1.0));
    assertThat(report.facts()).containsEntry("confusion_cells_left_out", 0L);
    assertThatThrownBy(() -> report.metric("auc")).hasMessageStartingWith("no metric auc; there");
  }

  /** A matrix whose class 3 is predicted and never true, and no row of which is symmetric. */
  private static final double[][] CELLS = {
    {40, 7, 3, 2}, {5, 30, 9, 1}, {11, 2, 20, 4}, {0, 0, 0, 0}
  };

  private static MulticlassReport ofCells(double[][] cells) {
    int[] truth = new int[16];
    int[] predicted = new int[16];
    double[] weights = new double[16];
    for (int i = 0; i < 16; i++) {
      truth[i] = i / 4;
      predicted[i] = i % 4;
      weights[i] = cells[i / 4][i % 4];
    }
    var counts = MulticlassCounts.of(MulticlassOptions.of(4));
    counts.acceptClasses(truth, predicted, weights);
    return counts.result();
  }

  @Test
  void deltaErrorsAreThoseOfNumericalDerivatives() {
    var report = ofCells(CELLS);
    double total = 134;
    double squares = 0;
    for (double[] row : CELLS) {
      squares += Arrays.stream(row).map(w -> w * w).sum();
    }
    double rows = total * total / squares;
    assertThat(report.weightTotal()).isEqualTo(total);
    for (var name :
        List.of(
            "balanced_accuracy",
            "macro_recall",
            "macro_precision",
            "macro_f1",
            "weighted_precision",
            "weighted_f1",
            "cohen_kappa",
            "mcc")) {
      double mean = 0;
      double variance = 0;
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 4; j++) {
          double step = 0x1p-6;
          double[][] more = Arrays.stream(CELLS).map(double[]::clone).toArray(double[][]::new);
          more[i][j] += step;
          double[][] less = Arrays.stream(CELLS).map(double[]::clone).toArray(double[][]::new);
          less[i][j] -= step;
          // by weight: what is common to all cells falls out of the variance
          double slope =
              (ofCells(more).metric(name).value() - ofCells(less).metric(name).value())
                  / (2 * step)
                  * total;
          mean += CELLS[i][j] / total * slope;
          variance += CELLS[i][j] / total * slope * slope;
        }
      }
      double expected = Math.sqrt((variance - mean * mean) / rows);
      var interval = report.metric(name).interval();
      double z = 1.959963984540054;
      double low =
          Math.max(
              name.equals("cohen_kappa") || name.equals("mcc") ? -1 : 0,
              report.metric(name).value() - z * expected);
      assertThat(interval.low()).as(name).isCloseTo(low, within(1e-7));
      assertThat(interval.high())
          .as(name)
          .isCloseTo(Math.min(1, report.metric(name).value() + z * expected), within(1e-7));
    }
  }

  @Test
  void classIntervalsHaveAsManyTrialsAsWeightsLetCount() {
    // 134 of weight in few rows: 95 % of a recall of 40 / 52 by 52 / 134 of the effective rows
    double squares = 40 * 40 + 49 + 9 + 4 + 25 + 900 + 81 + 1 + 121 + 4 + 400 + 16;
    var expected = dev.touchstone.metrics.Intervals.wilson(40 / 52.0, 52 * 134 / squares, 0.95);
    var actual = ofCells(CELLS).classes().get(0).recall().interval();
    assertThat(actual.low()).isCloseTo(expected.low(), within(1e-12));
    assertThat(actual.high()).isCloseTo(expected.high(), within(1e-12));
  }

  @Test
  void countsOfOddRowsAddUp() {
    float[][] rows = {
      {Float.NaN, 1}, // invalid
      {0.5f, 0.5f}, // tied
      {1, 0}, // clipped for class 1
      {2, 0}, // no probabilities
      {0.5f, 0.25f} // not normalised
    };
    var whole = MulticlassCounts.of(MulticlassOptions.of(2));
    for (int times = 0; times < 2; times++) {
      for (float[] row : rows) {
        var one = MulticlassCounts.of(MulticlassOptions.of(2));
        one.accept(row, new int[] {1}, null);
        whole.combine(one);
      }
      var classes = MulticlassCounts.of(MulticlassOptions.of(2));
      classes.acceptClasses(new int[] {1}, new int[] {1}, null);
      whole.combine(classes);
    }
    var back = MulticlassCounts.fromBytes(whole.toBytes(), MulticlassOptions.of(2));
    for (var counts : List.of(whole, back)) {
      assertThat(counts.n).isEqualTo(12);
      assertThat(counts.invalid).isEqualTo(2);
      assertThat(counts.tiedPredictions).isEqualTo(2);
      assertThat(counts.clipped).isEqualTo(2);
      assertThat(counts.outside).isEqualTo(2);
      assertThat(counts.unnormalized).isEqualTo(2);
      assertThat(counts.withoutScores).isEqualTo(2);
    }
  }

  @Test
  void bytesOfOtherShapesAreRefused() {
    byte[] bytes = MulticlassCounts.of(MulticlassOptions.of(4)).toBytes();
    var options = MulticlassOptions.of(4);
    assertThatThrownBy(() -> MulticlassCounts.fromBytes(bytes, options.withTopK(List.of(1))))
        .hasMessage("multiclass counts: number of top k must be 1, got 2");
    assertThatThrownBy(
            () ->
                MulticlassCounts.fromBytes(
                    bytes, options.withPrecision(dev.touchstone.metrics.ScorePrecision.FLOAT64)))
        .hasMessage("multiclass counts: score bits must be 64, got 32");
    assertThatThrownBy(
            () -> MulticlassCounts.fromBytes(Arrays.copyOf(bytes, bytes.length + 1), options))
        .hasMessage(
            "multiclass counts: must end after "
                + bytes.length
                + " bytes, got "
                + (bytes.length + 1));
    var counts = MulticlassCounts.of(options);
    assertThatThrownBy(() -> counts.acceptClasses(new int[] {4}, new int[] {0}, null))
        .hasMessage("label must be in [0, 4), got 4 (row 0)");
    counts.acceptClasses(new int[] {0}, new int[] {0}, null);
    assertThatThrownBy(() -> counts.acceptClasses(new int[] {0}, new int[] {0}, new double[] {1}))
        .hasMessage("rows must be all weighted or all unweighted, got both");
  }

  @Test
  void theTopKOfAllClassesIsFlagged() {
    var counts = MulticlassCounts.of(MulticlassOptions.of(2).withTopK(List.of(1, 2)));
    counts.accept(new float[] {1, 0}, new int[] {1}, null);
    assertThat(counts.result().metric("top_2_accuracy").value()).isEqualTo(1);
    assertThat(counts.result().metric("top_2_accuracy").flags())
        .containsExactly("k_is_all_classes");
    assertThat(counts.result().metric("top_1_accuracy").flags()).isEmpty();
  }
}
