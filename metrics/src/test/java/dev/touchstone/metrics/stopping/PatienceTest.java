package dev.touchstone.metrics.stopping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.metrics.Golden;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatienceTest {
  @ParameterizedTest
  @ValueSource(strings = {"earlystop-min", "earlystop-max-small-steps"})
  void bothCallbacksAgreeOnTheGoldenCases(String id) {
    var golden = Golden.named(id);
    var inputs = golden.get("inputs");
    double[] values = Golden.doubles(inputs.get("values"));
    for (var rule : List.of(keras(inputs), lightning(inputs))) {
      check(golden.get("expected"), rule.run(values));
    }
  }

  @Test
  void notANumberIsNoImprovementForTheOneAndTheEndForTheOther() {
    var golden = Golden.named("earlystop-nan");
    var inputs = golden.get("inputs");
    double[] values = Golden.doubles(inputs.get("values"));
    check(golden.get("expected").get("keras"), keras(inputs).run(values));
    check(golden.get("expected").get("lightning_check_finite"), lightning(inputs).run(values));
    var lenient = ((LightningPatience) lightning(inputs)).withCheckFinite(false);
    check(golden.get("expected").get("keras"), lenient.run(values));
  }

  private static PatienceRule keras(JsonNode inputs) {
    return KerasPatience.of(mode(inputs), delta(inputs), inputs.get("patience").asLong());
  }

  private static PatienceRule lightning(JsonNode inputs) {
    return LightningPatience.of(mode(inputs), delta(inputs), inputs.get("patience").asLong());
  }

  private static Mode mode(JsonNode inputs) {
    return Mode.valueOf(inputs.get("mode").asText().toUpperCase(Locale.ROOT));
  }

  private static double delta(JsonNode inputs) {
    return inputs.get("min_delta").asDouble();
  }

  private static void check(JsonNode expected, PatienceState state) {
    if (expected.get("stop_index").isNull()) {
      assertThat(state.stopped()).isFalse();
    } else {
      assertThat(state.stoppedAt()).isEqualTo(expected.get("stop_index").asLong());
      assertThat(state.reason()).isEqualTo(expected.get("reason").asText());
    }
    assertThat(state.best()).isEqualTo(expected.get("best").asDouble());
    assertThat(state.bestAt()).isEqualTo(expected.get("best_index").asLong());
  }

  @Test
  void anImprovementMustExceedMinDeltaStrictly() {
    var rule = KerasPatience.of(Mode.MAX, 0.25, 2);
    assertThat(rule.run(0.5, 0.75).bestAt()).isZero();
    assertThat(rule.run(0.5, 0.75001).bestAt()).isEqualTo(1);
  }

  @Test
  void kerasNeverStopsAtTheFirstCheckAndPatienceZeroIsOne() {
    for (long patience = 0; patience < 2; patience++) {
      var rule = KerasPatience.of(Mode.MIN, 0, patience);
      assertThat(rule.run(Double.NaN).stopped()).isFalse();
      assertThat(rule.run(1, 2).stoppedAt()).isEqualTo(1);
    }
    assertThat(LightningPatience.of(Mode.MIN, 0, 0).withCheckFinite(false).run(Double.NaN))
        .matches(PatienceState::stopped);
  }

  @Test
  void aBaselineThatIsNotBeatenKeepsTheWaitGoing() {
    var rule = new KerasPatience(Mode.MIN, 0, 3, 0, 0.5);
    var state = rule.run(1.0, 0.9, 0.8, 0.85);
    // improving all the time, and yet the wait reached 3: the next check without improvement stops
    assertThat(state.best()).isEqualTo(0.8);
    assertThat(state.stoppedAt()).isEqualTo(3);
    assertThat(rule.run(1.0, 0.4, 0.8).waited()).isEqualTo(1);
  }

  @Test
  void checksBeforeTheStartAndWithoutTheMetricAreNotJudged() {
    var rule = new KerasPatience(Mode.MIN, 0, 1, 2, null);
    var state = rule.run(0.1, 0.2);
    assertThat(state.bestAt()).isEqualTo(-1);
    assertThat(state.best()).isInfinite();
    state = rule.next(state, 5);
    assertThat(state.bestAt()).isEqualTo(2);
    state = rule.skip(state);
    assertThat(state.waited()).isZero();
    assertThat(rule.next(state, 6).stoppedAt()).isEqualTo(4);
  }

  @Test
  void lightningChecksItsThresholdsBeforePatience() {
    var rule = LightningPatience.of(Mode.MAX, 0, 1).withThresholds(0.9, 0.1);
    assertThat(rule.run(0.5, 0.95).reason()).isEqualTo("stopping_threshold");
    assertThat(rule.run(0.5, 0.05).reason()).isEqualTo("divergence_threshold");
    assertThat(rule.run(0.5, 0.9).stopped()).as("at a threshold is not beyond it").isFalse();
    assertThat(rule.run(0.5, 0.4).reason()).isEqualTo("patience");
    assertThat(rule.run(0.5, Double.POSITIVE_INFINITY).reason()).isEqualTo("not_finite");
    var loss = LightningPatience.of(Mode.MIN, 0, 3).withThresholds(0.1, 10.0);
    assertThat(loss.run(1, 0.05).reason()).isEqualTo("stopping_threshold");
    assertThat(loss.run(1, 11).reason()).isEqualTo("divergence_threshold");
  }

  @Test
  void aStoppedRunStaysStopped() {
    for (PatienceRule rule :
        List.of(KerasPatience.of(Mode.MIN, 0, 1), LightningPatience.of(Mode.MIN, 0, 1))) {
      var stopped = rule.run(1, 2);
      assertThat(rule.next(stopped, 0)).isEqualTo(stopped);
      assertThat(rule.skip(stopped)).isEqualTo(stopped);
    }
  }

  @Test
  void settingsThatCallbacksTurnRoundSilentlyAreRefused() {
    assertThatThrownBy(() -> KerasPatience.of(Mode.MIN, -0.1, 1))
        .hasMessage("min delta must be finite and at least 0 whatever the mode, got -0.1");
    assertThatThrownBy(() -> KerasPatience.of(null, 0, 1))
        .hasMessage("mode must be given: MIN or MAX");
    assertThatThrownBy(() -> LightningPatience.of(Mode.MAX, 0, -1))
        .hasMessage("patience must be at least 0, got -1");
    assertThatThrownBy(() -> LightningPatience.of(Mode.MAX, Double.NaN, 1))
        .hasMessage("min delta must be finite and at least 0 whatever the mode, got NaN");
    assertThatThrownBy(() -> new KerasPatience(Mode.MIN, 0, 1, -1, null))
        .hasMessage("start from must be at least 0, got -1");
    assertThatThrownBy(() -> new KerasPatience(Mode.MIN, 0, 1, 0, Double.NaN))
        .hasMessage("baseline must be a number, got NaN");
    assertThatThrownBy(() -> LightningPatience.of(Mode.MAX, 0, 1).withThresholds(Double.NaN, null))
        .hasMessage("thresholds must be numbers, got NaN");
  }
}
