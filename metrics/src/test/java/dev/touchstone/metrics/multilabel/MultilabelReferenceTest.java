package dev.touchstone.metrics.multilabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.Reference;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.ZeroDivision;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MultilabelReferenceTest {
  static List<Reference> cases() {
    return Reference.read("multilabel.csv");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyFigureIsScikitLearns(Reference reference) {
    int labels = reference.settings().get("labels");
    int start = reference.settings().get("weighted");
    double[] truth = reference.columns(start, labels);
    byte[] bytes = new byte[truth.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) truth[i];
    }
    var report =
        MultilabelEvaluation.evaluate(
            ScoreTable.of(reference.columns(start + labels, labels), labels),
            bytes,
            start == 1 ? reference.column(0) : null,
            MultilabelOptions.of(labels)
                .withPrecision(ScorePrecision.FLOAT64)
                .withZeroDivision(ZeroDivision.ZERO));
    assertThat(reference.metrics()).hasSizeGreaterThan(15);
    reference
        .metrics()
        .forEach(
            (name, expected) ->
                assertThat(value(report, name)).as(name).isCloseTo(expected, within(1e-12)));
  }

  private static double value(MultilabelReport report, String name) {
    var parts = name.split("_");
    if (!parts[parts.length - 1].matches("\\d+")) {
      return report.metric(name).value();
    }
    var row = report.labels().get(Integer.parseInt(parts[parts.length - 1]));
    return (name.startsWith("roc") ? row.rocAuc() : row.averagePrecision()).value();
  }
}
