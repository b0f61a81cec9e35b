package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.sampling.InclusionHash;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CrossValidationTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults();

  private static ScoredRows rows(long seed, int n, double gain) {
    var random = new SplittableRandom(seed);
    long[] ids = new long[n];
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      ids[i] = i;
      labels[i] = (byte) (i % 7 == 0 ? 1 : 0);
      scores[i] = (float) (1 / (1 + Math.exp(2 - random.nextGaussian() - (1 + gain) * labels[i])));
    }
    return ScoredRows.of(ids, scores, labels, null);
  }

  private static int[] folds(int n) {
    int[] folds = new int[n];
    for (int i = 0; i < n; i++) {
      folds[i] = 10 * (i % 5);
    }
    return folds;
  }

  @Test
  void foldsAreReportedEachPooledAndAveraged() {
    var rows = rows(1, 2_000, 0);
    var folds = folds(2_000);
    var validation = CrossValidation.evaluate(rows, folds, OPTIONS);
    assertThat(validation.folds()).containsExactly(0, 10, 20, 30, 40);
    var ap = validation.metric("average_precision");
    double sum = 0;
    for (int fold = 0; fold < 5; fold++) {
      int code = 10 * fold;
      int[] members =
          java.util.stream.IntStream.range(0, 2_000).filter(i -> folds[i] == code).toArray();
      var alone = rows.pick(members);
      double value =
          BinaryEvaluation.evaluate(alone.floats(), alone.labels(), null, OPTIONS)
              .metric("average_precision")
              .value();
      assertThat(ap.perFold().get(fold).value()).isEqualTo(value);
      sum += value;
    }
    assertThat(ap.averaged().value()).isCloseTo(sum / 5, within(1e-15));
    assertThat(ap.averaged().interval().method()).isEqualTo("corrected_resampled_t");
    assertThat(ap.pooled().value())
        .isEqualTo(
            BinaryEvaluation.evaluate(rows.floats(), rows.labels(), null, OPTIONS)
                .metric("average_precision")
                .value());
    assertThat(validation.metrics()).hasSameSizeAs(validation.pooled().metrics());
  }

  @Test
  void aFoldWithoutPositivesLeavesTheAverageUndefinedAndThePoolDefined() {
    var rows = rows(2, 70, 0);
    int[] folds = new int[70];
    for (int i = 0; i < 70; i++) {
      folds[i] = rows.label(i) == 1 || i % 2 == 0 ? 0 : 1;
    }
    var ap = CrossValidation.evaluate(rows, folds, OPTIONS).metric("average_precision");
    assertThat(ap.perFold().get(1).reason()).isEqualTo("no_positives");
    assertThat(ap.averaged().reason()).isEqualTo("undefined_in_a_fold");
    assertThat(ap.pooled().isDefined()).isTrue();
  }

  @Test
  void modelsAreComparedFoldByFold() {
    int[] folds = folds(4_000);
    var a = CrossValidation.evaluate(rows(3, 4_000, 0), folds, OPTIONS);
    var b = CrossValidation.evaluate(rows(4, 4_000, 2), folds, OPTIONS);
    for (var comparison : CrossValidation.compare(a, b, Map.of())) {
      var name = comparison.name();
      if (name.equals("average_precision") || name.equals("roc_auc")) {
        assertThat(comparison.verdict()).as(name).isEqualTo(Verdict.BETTER);
      }
      assertThat(comparison.difference().value())
          .as(name)
          .isCloseTo(
              b.metric(name).averaged().value() - a.metric(name).averaged().value(), within(1e-14));
    }
    var itself = CrossValidation.compare(a, a, Map.of()).get(0);
    assertThat(itself.difference().intervalReason()).isEqualTo("zero_variance");
    assertThat(itself.verdict()).isEqualTo(Verdict.UNDEFINED);
  }

  @Test
  void foldsThatDoNotFitAreRefused() {
    var rows = rows(5, 10, 0);
    assertThatThrownBy(() -> CrossValidation.evaluate(rows, new int[9], OPTIONS))
        .hasMessage("folds must be as many as rows (10), got 9");
    assertThatThrownBy(() -> CrossValidation.evaluate(rows, new int[10], OPTIONS))
        .hasMessage("folds must be 2 to 1000, got 1");
    var a = CrossValidation.evaluate(rows, folds(10), OPTIONS);
    var b = CrossValidation.evaluate(rows, new int[] {1, 1, 2, 2, 2, 2, 2, 2, 2, 2}, OPTIONS);
    assertThatThrownBy(() -> CrossValidation.compare(a, b, Map.of()))
        .hasMessage("both models must have the same folds, got [0, 10, 20, 30, 40] and [1, 2]");
    int[] other = {0, 10, 20, 30, 40, 40, 40, 40, 40, 40};
    var c = CrossValidation.evaluate(rows, other, OPTIONS);
    assertThatThrownBy(() -> CrossValidation.compare(a, c, Map.of()))
        .hasMessage(
            "both models must have the same examples, but fold 0 has 2 rows with 1 positives and 1"
                + " with 1");
  }

  @Test
  void anOperatingPointIsChosenOnOneHalfAndReportedOnTheOther() {
    var rows = rows(6, 6_000, 0);
    var point = HonestOperatingPoint.of(rows, "max_f1", OPTIONS);
    var halves = InclusionHash.of(HonestOperatingPoint.SALT, 0);
    long reporting = Arrays.stream(rows.ids()).filter(id -> halves.u(id) >= 0.5).count();
    assertThat(point.reported().n()).isEqualTo(reporting);
    var row = point.reported().operatingPoint("decision").row();
    assertThat(row.threshold()).isEqualTo(point.threshold());
    double tp = 0;
    double predicted = 0;
    for (int i = 0; i < rows.size(); i++) {
      if (halves.u(rows.id(i)) >= 0.5 && rows.score(i) >= point.threshold()) {
        predicted++;
        tp += rows.label(i);
      }
    }
    assertThat(point.metric("precision").value()).isCloseTo(tp / predicted, within(1e-15));
    assertThat(point.metric("precision").interval()).isNotNull();
    assertThat(HonestOperatingPoint.of(rows, "max_f1", OPTIONS)).isEqualTo(point);
  }

  @Test
  @Tag("slow")
  void onNoiseTheChoosingHalfFlattersAndTheReportingHalfDoesNot() {
    double flattery = 0;
    double excess = 0;
    int runs = 60;
    for (int run = 0; run < runs; run++) {
      var random = new SplittableRandom(run);
      int n = 400;
      long[] ids = new long[n];
      double[] scores = new double[n];
      byte[] labels = new byte[n];
      for (int i = 0; i < n; i++) {
        ids[i] = random.nextLong();
        scores[i] = random.nextDouble();
        labels[i] = (byte) (i % 10 == 0 ? 1 : 0);
      }
      var point =
          HonestOperatingPoint.of(
              ScoredRows.of(ids, scores, labels, null), "max_youden_j", OPTIONS);
      flattery += point.chosenValue().value() / runs;
      excess += point.metric("youden_j").value() / runs;
    }
    // scores know nothing: the true value is 0
    assertThat(flattery).isGreaterThan(0.1);
    assertThat(excess).isCloseTo(0, within(0.06));
  }

  @Test
  void whereNoThresholdServesTheReasonIsKept() {
    var rows =
        ScoredRows.of(
            new long[] {1, 2, 3, 4, 5, 6, 7, 8},
            new float[8],
            new byte[] {1, 0, 1, 0, 1, 0, 1, 0},
            null);
    var point = HonestOperatingPoint.of(rows, "recall_at_precision_0.9", OPTIONS);
    assertThat(point.metric("recall").reason()).isEqualTo("precision_not_reached");
    assertThatThrownBy(point::threshold)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no threshold was chosen: precision_not_reached");
    assertThatThrownBy(() -> HonestOperatingPoint.of(rows, "nonsense", OPTIONS))
        .hasMessageStartingWith("no operating point nonsense; there are [");
  }
}
