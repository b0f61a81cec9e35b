package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.shared.ScoreTable;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Reference values are from NumPy and SciPy: for psi the paired differences (of the influence
 * values for rmse and micro_f1), d ± stats.t.ppf(0.975, n - 1) se and 2 stats.t.sf(|d| / se, n - 1)
 * with se = psi.std(ddof=1) / sqrt(n).
 */
class TaskComparisonTest {

  private static final float[] TRUTHS = {1, 2.5f, -1, 0, 4, 3, 2, -2};
  private static final float[] OLD = {1.5f, 2, -1.5f, .5f, 3, 3.5f, 1, -1};
  private static final float[] NEW = {1.25f, 2.25f, -1, .75f, 3.5f, 3, 1.5f, -2.5f};

  private static long[] ids(int rows) {
    return IntStream.range(0, rows).mapToLong(i -> i).toArray();
  }

  private static TaskRows errors(long[] ids, float[] truths, float[] predictions) {
    var rows = TaskRows.regression(ids.length, false);
    rows.addErrors(ids, truths, predictions, null);
    return rows;
  }

  private static TaskRows classes(float... scores) {
    var rows = TaskRows.multiclass(6, false);
    rows.addClasses(ids(6), ScoreTable.of(scores, 3), new int[] {0, 1, 2, 0, 1, 2}, null);
    return rows;
  }

  private static TaskRows labels(float... scores) {
    byte[] truth = {1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0};
    var rows = TaskRows.multilabel(5, false);
    rows.addLabels(ids(5), ScoreTable.of(scores, 3), truth, 0.5, null);
    return rows;
  }

  private static void assertIs(
      MetricComparison metric, String name, double d, double low, double high, double p) {
    assertThat(metric.name()).isEqualTo(name);
    assertThat(metric.difference().value()).as(name).isCloseTo(d, within(1e-14));
    assertThat(metric.candidate().value() - metric.baseline().value())
        .as(name)
        .isCloseTo(d, within(1e-14));
    assertThat(metric.difference().interval().low()).as(name).isCloseTo(low, within(1e-10));
    assertThat(metric.difference().interval().high()).as(name).isCloseTo(high, within(1e-10));
    assertThat(metric.pValue().getAsDouble()).as(name).isCloseTo(p, within(1e-10));
  }

  @Test
  void regression() {
    var report = TaskComparison.of(errors(ids(8), TRUTHS, OLD), errors(ids(8), TRUTHS, NEW), 0.95);
    var metrics = report.metrics();
    assertIs(
        metrics.get(0),
        "mae",
        -0.34375,
        -0.5654335235868235,
        -0.12206647641317653,
        0.00799943380960368);
    assertIs(
        metrics.get(1),
        "mse",
        -0.3515625,
        -0.6662345079740901,
        -0.03689049202590983,
        0.03333426772436386);
    assertIs(
        metrics.get(2),
        "rmse",
        -0.30497336291033333,
        -0.5482793406720724,
        -0.06166738514859427,
        0.020987005450636625);
    assertThat(metrics).extracting(MetricComparison::verdict).containsOnly(Verdict.BETTER);
    assertThat(report.mcnemar()).isNull();
  }

  @Test
  void multiclass() {
    var report =
        TaskComparison.of(
            classes(
                .5f, .25f, .25f, .5f, .25f, .25f, .25f, .25f, .5f, .25f, .5f, .25f, .25f, .5f, .25f,
                .5f, .25f, .25f),
            classes(
                .75f, .125f, .125f, .25f, .5f, .25f, .125f, .125f, .75f, .25f, .5f, .25f, .5f, .25f,
                .25f, .25f, .25f, .5f),
            0.95);
    assertIs(
        report.metrics().get(0),
        "accuracy",
        1 / 6.0,
        -0.6233197838252855,
        0.9566531171586188,
        0.6108811833962557);
    assertIs(
        report.metrics().get(1),
        "log_loss",
        -0.250679566129379,
        -0.8046228500762143,
        0.30326371781745637,
        0.29720744865129717);
    assertIs(
        report.metrics().get(2),
        "brier",
        -0.17708333333333334,
        -0.5753305623278628,
        0.22116389566119612,
        0.30478726736904405);
    assertThat(report.mcnemar()).isEqualTo(new McNemar(2, 1, 2, 1));
  }

  @Test
  void multilabel() {
    var report =
        TaskComparison.of(
            labels(
                .75f, .25f, .25f, .25f, .75f, .25f, .75f, .25f, .75f, .25f, .75f, .75f, .25f, .25f,
                .25f),
            labels(
                .75f, .25f, .75f, .25f, .75f, .75f, .75f, .75f, .25f, .25f, .25f, .75f, .25f, .75f,
                .25f),
            0.95);
    assertIs(
        report.metrics().get(0),
        "subset_accuracy",
        0.4,
        -0.7105780420791173,
        1.5105780420791173,
        0.3739009663000589);
    assertIs(
        report.metrics().get(1),
        "hamming_loss",
        -0.13333333333333336,
        -0.688622354372892,
        0.4219556877062253,
        0.5414697392755848);
    assertIs(
        report.metrics().get(2),
        "micro_f1",
        0.18461538461538463,
        -0.26223529216641667,
        0.6314660613971859,
        0.31529487086373015);
  }

  @Test
  void orderOfRowsChangesNothingAndOnlyCommonExamplesCount() {
    long[] reversed = new long[9];
    float[] truths = new float[9];
    float[] predictions = new float[9];
    for (int i = 0; i < 8; i++) {
      reversed[i] = 7 - i;
      truths[i] = TRUTHS[7 - i];
      predictions[i] = NEW[7 - i];
    }
    reversed[8] = 99;
    truths[8] = Float.NaN; // of no common example
    var straight =
        TaskComparison.of(errors(ids(8), TRUTHS, OLD), errors(ids(8), TRUTHS, NEW), 0.95);
    var other =
        TaskComparison.of(errors(ids(8), TRUTHS, OLD), errors(reversed, truths, predictions), 0.95);
    assertThat(other.metrics()).isEqualTo(straight.metrics());
    assertThat(other.coverage()).isEqualTo(new JoinCoverage(8, 9, 8));
  }

  @Test
  void otherTruthsRepeatedIdsAndBrokenScoresAreNamed() {
    float[] changed = TRUTHS.clone();
    changed[3] = 9;
    var old = errors(ids(8), TRUTHS, OLD);
    assertThatThrownBy(() -> TaskComparison.of(old, errors(ids(8), changed, NEW), 0.95))
        .hasMessage("label of an example must be the same in both sets, but differs for example 3");
    long[] twice = ids(8);
    twice[5] = 2;
    assertThatThrownBy(() -> TaskComparison.of(old, errors(twice, TRUTHS, NEW), 0.95))
        .hasMessage("ids must be unique, but example 2 occurs twice in the candidate");
    float[] broken = NEW.clone();
    broken[0] = Float.NaN;
    var report = TaskComparison.of(old, errors(ids(8), TRUTHS, broken), 0.95);
    assertThat(report.metrics())
        .allSatisfy(m -> assertThat(m.difference().reason()).isEqualTo("invalid_value"));
    float[] scores = new float[18];
    Arrays.fill(scores, 2);
    var logits = TaskComparison.of(classes(scores), classes(scores), 0.95);
    assertThat(logits.metrics().get(0).difference().value()).isZero();
    assertThat(logits.metrics().get(1).difference().reason()).isEqualTo("not_probabilities");
  }
}
