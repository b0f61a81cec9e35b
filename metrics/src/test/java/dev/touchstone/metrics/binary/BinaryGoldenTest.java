package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ScorePrecision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BinaryGoldenTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults();

  static List<JsonNode> rankingCases() {
    var cases = new java.util.ArrayList<JsonNode>(Golden.starting("rank-"));
    cases.removeIf(c -> c.get("inputs").has("generator"));
    cases.addAll(Golden.starting("degenerate-"));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("rankingCases")
  void rankingCasesHoldInBothPrecisions(JsonNode golden) {
    var inputs = golden.get("inputs");
    double[] scores = Golden.doubles(inputs.get("score"));
    byte[] labels = Golden.labels(inputs.get("y"));
    double[] weights = inputs.has("weight") ? Golden.doubles(inputs.get("weight")) : null;
    check(golden, BinaryEvaluation.evaluate(scores, labels, weights, OPTIONS));
    check(golden, BinaryEvaluation.evaluate(Golden.floats(scores), labels, weights, OPTIONS));
    if (weights != null) {
      var unweighted = BinaryEvaluation.evaluate(scores, labels, null, OPTIONS);
      var expected = golden.get("expected");
      assertThat(unweighted.metric("average_precision").value())
          .isCloseTo(expected.get("unweighted_average_precision").asDouble(), within(1e-12));
      assertThat(unweighted.metric("roc_auc").value())
          .isCloseTo(expected.get("unweighted_roc_auc").asDouble(), within(1e-12));
    }
  }

  private static void check(JsonNode golden, BinaryReport report) {
    var expected = golden.get("expected");
    double tolerance = golden.get("abs_tol").asDouble();
    for (var name : List.of("average_precision", "roc_auc")) {
      MetricValue actual = report.metric(name);
      if (expected.get(name).isNull()) {
        var reason =
            expected.has("reason_" + name)
                ? expected.get("reason_" + name)
                : expected.get("reason");
        assertThat(actual.reason()).as(golden.get("id") + " " + name).isEqualTo(reason.asText());
      } else {
        assertThat(actual.value())
            .as(golden.get("id") + " " + name)
            .isCloseTo(expected.get(name).asDouble(), within(tolerance));
      }
    }
  }

  @Test
  void constantScoresGiveThePrevalenceAndSaySo() {
    float[] scores = new float[100];
    byte[] labels = new byte[100];
    Arrays.fill(scores, 1);
    for (int i = 0; i < 100; i += 4) {
      labels[i] = 1;
    }
    var report = BinaryEvaluation.evaluate(scores, labels, null, OPTIONS);
    var expected = Golden.named("rank-constant").get("expected");
    assertThat(report.metric("average_precision").value())
        .isEqualTo(expected.get("average_precision").asDouble());
    assertThat(report.metric("roc_auc").value()).isEqualTo(expected.get("roc_auc").asDouble());
    assertThat(report.metric("average_precision").flags())
        .containsExactly("all_tied", "low_positives");
  }

  static List<JsonNode> generated() {
    return Golden.starting("gen-");
  }

  @ParameterizedTest
  @MethodSource("generated")
  void generatedSetsHoldInBothPrecisions(JsonNode golden) {
    var data = Golden.Generated.of(golden.get("inputs"));
    var expected = golden.get("expected");
    var options = OPTIONS.withDecisionThreshold(0.9);
    for (var report :
        List.of(
            BinaryEvaluation.evaluate(data.scores(), data.labels(), null, options),
            BinaryEvaluation.evaluate(
                Golden.floats(data.scores()), data.labels(), null, options))) {
      assertThat(report.nPos()).isEqualTo(expected.get("P").asLong());
      assertThat(report.metric("average_precision").value())
          .isCloseTo(expected.get("average_precision").asDouble(), within(1e-10));
      assertThat(report.metric("roc_auc").value())
          .isCloseTo(expected.get("roc_auc").asDouble(), within(1e-10));
      // the influence interval on the logit scale gives the standard error back
      var ap = report.metric("average_precision");
      assertThat(ap.interval().method()).isEqualTo("influence_logit");
      assertThat(errorOf(ap)).isCloseTo(expected.get("ap_if_se").asDouble(), within(1e-9));
      var auc = report.metric("roc_auc");
      assertThat(auc.interval().method()).isEqualTo("delong_logit");
      assertThat(Math.pow(errorOf(auc), 2))
          .isCloseTo(expected.get("delong_var").asDouble(), within(1e-10));
      double tp = expected.get("tp_fp_at_ge_0_9").get(0).asDouble();
      double fp = expected.get("tp_fp_at_ge_0_9").get(1).asDouble();
      assertThat(report.metric("precision").value()).isCloseTo(tp / (tp + fp), within(1e-15));
      assertThat(report.metric("recall").value()).isCloseTo(tp / report.nPos(), within(1e-15));
    }
  }

  @Test
  void rangesOfTheWorkedExampleAddUp() {
    var golden = Golden.named("ranges-merge");
    double[] p = Golden.doubles(golden.get("inputs").get("pos_per_group_desc"));
    double[] n = Golden.doubles(golden.get("inputs").get("neg_per_group_desc"));
    var plan = FoldPlan.of(ScorePrecision.FLOAT32, OPTIONS, false, 12, 107, 1);
    double sum = 0;
    for (var range : golden.get("expected").get("per_range")) {
      var result = new RangeResult(0, 1, plan);
      var fold = new GroupFold(result, plan);
      long tp = range.get("TP0").asLong();
      long fp = range.get("FP0").asLong();
      fold.startBin(0, tp, fp, tp, fp);
      long local = 0;
      for (int g = range.get("groups").get(0).asInt();
          g < range.get("groups").get(1).asInt();
          g++) {
        if (p[g] > 0) {
          fold.group(100 - g, (long) p[g], (long) n[g], (long) p[g], (long) n[g]);
          local += (long) p[g];
        } else {
          fold.gap((long) n[g], (long) n[g]);
        }
      }
      fold.endBin();
      assertThat(result.precisionSum.toDouble() * 0x1p-62)
          .isCloseTo(range.get("ap_partial").asDouble(), within(1e-12));
      assertThat(result.twiceAbove.toDouble())
          .isEqualTo(range.get("A2_local").asLong() + 2 * local * range.get("FP0").asLong());
      sum += result.precisionSum.toDouble() * 0x1p-62;
    }
    assertThat(sum / 12)
        .isCloseTo(golden.get("expected").get("average_precision").asDouble(), within(1e-12));
  }

  @Test
  void probabilityCasesHold() {
    var logLoss = Golden.named("logloss-doc");
    assertThat(doubleReport(logLoss).metric("log_loss").value())
        .isCloseTo(logLoss.get("expected").get("log_loss").asDouble(), within(1e-12));
    var brier = Golden.named("brier-doc");
    assertThat(doubleReport(brier).metric("brier").value())
        .isCloseTo(brier.get("expected").get("brier").asDouble(), within(1e-12));
  }

  private static BinaryReport doubleReport(JsonNode golden) {
    return BinaryEvaluation.evaluate(
        Golden.doubles(golden.get("inputs").get("p")),
        Golden.labels(golden.get("inputs").get("y")),
        null,
        OPTIONS);
  }

  @Test
  void oneConfidentMistakeCostsWhatTheClipAllows() {
    byte[] labels = {1, 0};
    var float64 = BinaryEvaluation.evaluate(new double[] {0, 0}, labels, null, OPTIONS);
    assertThat(float64.metric("log_loss").value()).isCloseTo(18.02, within(0.005));
    var float32 = BinaryEvaluation.evaluate(new float[] {0, 0}, labels, null, OPTIONS);
    assertThat(float32.metric("log_loss").value()).isCloseTo(7.97, within(0.005));
    assertThat(float32.metric("log_loss").flags()).containsExactly("clipped");
    assertThat(float32.clippedCount()).isEqualTo(2);
    assertThat(float32.clipEpsilon()).isEqualTo(0x1p-23);
  }

  @Test
  void curveOfTheToyCaseHasItsVertices() {
    var golden = Golden.named("rank-toy-1");
    var report =
        BinaryEvaluation.evaluate(
            Golden.doubles(golden.get("inputs").get("score")),
            Golden.labels(golden.get("inputs").get("y")),
            null,
            OPTIONS);
    double[] fpr = report.curve().stream().mapToDouble(r -> r.fpr().orElseThrow()).toArray();
    double[] tpr = report.curve().stream().mapToDouble(r -> r.recall().orElseThrow()).toArray();
    assertThat(fpr).containsExactly(Golden.doubles(golden.get("expected").get("roc_fpr")));
    assertThat(tpr).containsExactly(Golden.doubles(golden.get("expected").get("roc_tpr")));
  }

  /** Inverts a logit interval at 95 %. */
  private static double errorOf(MetricValue metric) {
    double low = Math.log(metric.interval().low() / (1 - metric.interval().low()));
    double high = Math.log(metric.interval().high() / (1 - metric.interval().high()));
    return (high - low) / 2 / 1.959963984540054 * metric.value() * (1 - metric.value());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ap-influence", "ap-influence-weighted"})
  void varianceOfAveragePrecisionIsThatOfItsInfluenceFunction(String id) {
    var golden = Golden.named(id);
    var inputs = golden.get("inputs");
    double[] scores = Golden.doubles(inputs.get("score"));
    byte[] labels = Golden.labels(inputs.get("y"));
    double[] weights = inputs.has("weight") ? Golden.doubles(inputs.get("weight")) : null;
    var total = new CoarseCounts(ScorePrecision.FLOAT64, true, 15, 30);
    long[] units = null;
    if (weights != null) {
      units = new long[weights.length];
      for (int i = 0; i < units.length; i++) {
        units[i] = (long) Math.scalb(weights[i], 30);
      }
    }
    total.acceptDoubles(scores, labels, units, 0, scores.length);
    var results = new ArrayList<RangeResult>();
    for (var task : ResolvePlan.of(total, OPTIONS, 3).ranges()) {
      results.add(DoubleResolver.resolve(task, scores, labels, units));
    }
    var pooled = Pooled.of(total, results, OPTIONS);
    double ap = golden.get("expected").get("average_precision").asDouble();
    assertThat(Math.sqrt(pooled.averagePrecisionVariance(ap)))
        .isCloseTo(golden.get("expected").get("se").asDouble(), within(1e-10));
  }

  @Test
  void calibrationCaseHolds() {
    var golden = Golden.named("calibration");
    var expected = golden.get("expected");
    var report =
        BinaryEvaluation.evaluate(
            Golden.doubles(golden.get("inputs").get("p")),
            Golden.labels(golden.get("inputs").get("y")),
            null,
            OPTIONS.withCalibrationBins(5));
    var names =
        Map.of(
            "ece", "ece",
            "brier", "brier",
            "reliability", "brier_reliability",
            "resolution", "brier_resolution",
            "uncertainty", "brier_uncertainty",
            "within_bin_variance", "brier_within_bin_variance",
            "within_bin_covariance_times_2", "brier_within_bin_covariance");
    names.forEach(
        (key, name) ->
            assertThat(report.metric(name).value())
                .as(name)
                .isCloseTo(expected.get(key).asDouble(), within(1e-12)));
  }

  @Test
  void trapezoidOfTheToyCaseDiffersFromAveragePrecision() {
    var golden = Golden.named("rank-toy-1");
    var report =
        BinaryEvaluation.evaluate(
            Golden.doubles(golden.get("inputs").get("score")),
            Golden.labels(golden.get("inputs").get("y")),
            null,
            OPTIONS);
    assertThat(report.metric("pr_auc_trapezoid").value())
        .isCloseTo(golden.get("expected").get("trapezoid_pr_auc").asDouble(), within(1e-12));
  }

  @Test
  void oneSegmentOfTheInterpolatedCurveHasItsArea() {
    var golden = Golden.named("pr-keilwagen-segment");
    var plan = FoldPlan.of(ScorePrecision.FLOAT32, OPTIONS, false, 20, 2000, 1);
    var result = new RangeResult(0, 1, plan);
    var fold = new GroupFold(result, plan);
    fold.startBin(0, 5, 5, 5, 5);
    fold.group(9, 5, 25, 5, 25);
    fold.endBin();
    assertThat(result.interpolatedSum.value())
        .isCloseTo(golden.get("expected").get("area_times_P").asDouble(), within(1e-12));
  }

  @Test
  void decisionsOfTheDocumentedCasesHold() {
    var mcc = Golden.named("mcc-doc");
    assertThat(decisions(mcc).metric("mcc").value())
        .isCloseTo(mcc.get("expected").get("mcc").asDouble(), within(1e-12));
    var balanced = Golden.named("balacc-doc");
    assertThat(decisions(balanced).metric("balanced_accuracy").value())
        .isCloseTo(balanced.get("expected").get("balanced_accuracy").asDouble(), within(1e-12));
    assertThat(decisions(balanced).metric("youden_j").value())
        .isCloseTo(balanced.get("expected").get("youden_j").asDouble(), within(1e-12));
  }

  private static BinaryReport decisions(JsonNode golden) {
    return BinaryEvaluation.evaluate(
        Golden.doubles(golden.get("inputs").get("pred")),
        Golden.labels(golden.get("inputs").get("y")),
        null,
        OPTIONS);
  }
}
