package dev.touchstone.metrics.ranking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.shared.Reference;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RankingReferenceTest {
  static List<Reference> cases() {
    return Reference.read("ranking.csv");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyFigureIsScikitLearns(Reference reference) {
    long[] ids = Arrays.stream(reference.column(0)).mapToLong(x -> (long) x).toArray();
    float[] relevance = Golden.floats(reference.column(2));
    var options = RankingOptions.defaults().withCutoffs(List.of(1, 3, 10, 1000));
    var exponential = RankingEvaluation.evaluate(ids, reference.column(1), relevance, options);
    var linear =
        RankingEvaluation.evaluate(
            ids, reference.column(1), relevance, options.withGain(Gain.LINEAR));
    assertThat(reference.metrics()).hasSizeGreaterThan(5);
    reference
        .metrics()
        .forEach(
            (name, expected) -> {
              var report = name.contains("linear") ? linear : exponential;
              String plain = name.replace("_linear", "").replace("_exponential", "");
              assertThat(report.metric(plain).value()).as(name).isCloseTo(expected, within(1e-12));
            });
  }
}
