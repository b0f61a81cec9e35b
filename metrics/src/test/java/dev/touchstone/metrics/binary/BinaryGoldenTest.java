package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.MetricValue;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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
    assertThat(report.metric("average_precision").flags()).containsExactly("all_tied");
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
    var marks = new Marks(new long[0], new long[0], new long[0]);
    double sum = 0;
    for (var range : golden.get("expected").get("per_range")) {
      var result = new RangeResult(0, 1);
      var fold = new GroupFold(result, marks, 12, 107);
      fold.startBin(0, range.get("TP0").asLong(), range.get("FP0").asLong());
      long local = 0;
      for (int g = range.get("groups").get(0).asInt();
          g < range.get("groups").get(1).asInt();
          g++) {
        if (p[g] > 0) {
          fold.group(100 - g, (long) p[g], (long) n[g]);
          local += (long) p[g];
        } else {
          fold.gap((long) n[g]);
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
}
