package dev.touchstone.metrics.multiclass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.Reference;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.ZeroDivision;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MulticlassReferenceTest {
  static List<Reference> cases() {
    return Reference.read("multiclass.csv");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyFigureIsScikitLearns(Reference reference) {
    int classes = reference.settings().get("classes");
    boolean weighted = reference.settings().get("weighted") == 1;
    int[] labels = Arrays.stream(reference.column(0)).mapToInt(x -> (int) x).toArray();
    var options =
        MulticlassOptions.of(classes)
            .withPrecision(ScorePrecision.FLOAT64)
            .withTopK(IntStream.range(1, classes).boxed().toList())
            .withTieRule(TieRule.HIGHER_INDEX)
            .withZeroDivision(ZeroDivision.ZERO);
    var report =
        MulticlassEvaluation.evaluate(
            ScoreTable.of(reference.columns(weighted ? 2 : 1, classes), classes),
            labels,
            weighted ? reference.column(1) : null,
            options);
    assertThat(reference.metrics()).hasSizeGreaterThan(15);
    reference
        .metrics()
        .forEach(
            (name, expected) ->
                assertThat(value(report, name)).as(name).isCloseTo(expected, within(1e-12)));
  }

  private static double value(MulticlassReport report, String name) {
    var parts = name.split("_");
    if (!parts[parts.length - 1].matches("\\d+")) {
      return report.metric(name).value();
    }
    var row = report.classes().get(Integer.parseInt(parts[parts.length - 1]));
    return (name.startsWith("roc") ? row.rocAuc() : row.averagePrecision()).value();
  }

  @Test
  void topKOfTheDocumentationHoldsByBothTieRules() {
    var golden = Golden.named("topk-doc");
    double[] scores = new double[12];
    for (int i = 0; i < 4; i++) {
      System.arraycopy(
          Golden.doubles(golden.get("inputs").get("score").get(i)), 0, scores, 3 * i, 3);
    }
    int[] labels = {0, 1, 2, 2};
    var options =
        MulticlassOptions.of(3).withPrecision(ScorePrecision.FLOAT64).withTopK(List.of(2));
    for (var rule : TieRule.values()) {
      var counts = MulticlassCounts.of(options.withTieRule(rule));
      counts.accept(scores, labels, null);
      assertThat(counts.result().metric("top_2_accuracy").value())
          .isEqualTo(golden.get("expected").get("top_k_accuracy").asDouble());
    }
  }

  @Test
  void f1OfTheDocumentationHolds() {
    var golden = Golden.named("f-multi-doc");
    var expected = golden.get("expected");
    var report = ofClasses(golden.get("inputs"), 3, MulticlassOptions.of(3));
    for (var average : List.of("macro", "micro", "weighted")) {
      assertThat(report.metric(average + "_f1").value())
          .isCloseTo(expected.get("f1_" + average).asDouble(), within(1e-15));
    }
    for (int k = 0; k < 3; k++) {
      assertThat(report.classes().get(k).f1().value())
          .isCloseTo(expected.get("f1_per_class").get(k).asDouble(), within(1e-15));
    }
    assertThat(report.metric("log_loss").reason()).isEqualTo("no_scores");
    assertThat(report.metric("top_2_accuracy").reason()).isEqualTo("no_scores");
  }

  @Test
  void twoClassCasesOfTheDocumentationHold() {
    var mcc = Golden.named("mcc-doc");
    assertThat(ofClasses(mcc.get("inputs"), 2, MulticlassOptions.of(2)).metric("mcc").value())
        .isCloseTo(mcc.get("expected").get("mcc").asDouble(), within(1e-15));
    var balanced = Golden.named("balacc-doc");
    assertThat(
            ofClasses(balanced.get("inputs"), 2, MulticlassOptions.of(2))
                .metric("balanced_accuracy")
                .value())
        .isEqualTo(balanced.get("expected").get("balanced_accuracy").asDouble());
  }

  private static MulticlassReport ofClasses(
      com.fasterxml.jackson.databind.JsonNode inputs, int classes, MulticlassOptions options) {
    var counts = MulticlassCounts.of(options);
    counts.acceptClasses(ints(inputs.get("y")), ints(inputs.get("pred")), null);
    assertThat(counts.result().classes()).hasSize(classes);
    return counts.result();
  }

  private static int[] ints(com.fasterxml.jackson.databind.JsonNode array) {
    return Arrays.stream(Golden.doubles(array)).mapToInt(x -> (int) x).toArray();
  }
}
