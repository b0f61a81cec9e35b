package dev.touchstone.jobs.fast;

import static dev.touchstone.jobs.fast.JudgedRuns.event;
import static dev.touchstone.jobs.fast.JudgedRuns.standing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.metrics.stopping.KerasPatience;
import dev.touchstone.metrics.stopping.LightningPatience;
import dev.touchstone.metrics.stopping.Mode;
import dev.touchstone.metrics.stopping.PatienceRule;
import dev.touchstone.metrics.stopping.PatienceState;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The rules that a run may be judged by, and how it changes them. */
@SuppressWarnings("try") // a harness may be interrupted while it closes
class RunRulesTest {

  private static final Map<String, Double> NO_FIGURES = Map.of();
  private static final Map<String, String> NO_RULE = Map.of();

  /** The step at which random losses are stopped, or -1; some values are missing. */
  private static void assertStopsAsTheCallback(PatienceRule callback, Object... settings)
      throws Exception {
    SplittableRandom random = new SplittableRandom(11);
    int stopped = 0;
    for (int run = 0; run < 40; run++) {
      try (var runs = new JudgedRuns(settings)) {
        PatienceState state = callback.start();
        for (int step = 1; step <= 25; step++) {
          Double loss =
              random.nextInt(8) == 0 && step > 1 ? null : 1.0 / step + random.nextDouble();
          if (!state.stopped()) {
            state = loss == null ? callback.skip(state) : callback.next(state, loss);
          }
          runs.stand(standing("r", 0, step, "log_loss", loss));
        }
        List<Signal> stops = runs.signals().stream().filter(Signal::stop).toList();
        assertThat(stops).as("run %d", run).hasSize(state.stopped() ? 1 : 0);
        if (state.stopped()) {
          assertThat(stops.get(0).claim().step()).isEqualTo(state.stoppedAt() + 1);
          assertThat(stops.get(0).reason())
              .startsWith(state.reason() + ": ")
              .endsWith("judged on values as if they had no noise");
          stopped++;
        }
      }
    }
    assertThat(stopped).isBetween(10, 40);
  }

  @Test
  void kerasStopsWhenKerasWould() throws Exception {
    assertStopsAsTheCallback(
        new KerasPatience(Mode.MIN, 0.01, 4, 3, null),
        "signals.rule",
        "keras",
        "signals.patience",
        4,
        "signals.start_from",
        3);
    assertStopsAsTheCallback(
        new KerasPatience(Mode.MIN, 0.01, 4, 0, 0.3),
        "signals.rule",
        "keras",
        "signals.patience",
        4,
        "signals.baseline",
        0.3);
  }

  @Test
  void lightningStopsWhenLightningWould() throws Exception {
    assertStopsAsTheCallback(
        new LightningPatience(Mode.MIN, 0.01, 4, true, 0.12, 1.9),
        "signals.rule",
        "lightning",
        "signals.patience",
        4,
        "signals.stopping_threshold",
        0.12,
        "signals.divergence_threshold",
        1.9);
  }

  @Test
  void aNaiveSignalHasNoIntervalsAndNamesItsRule() throws Exception {
    try (var runs = new JudgedRuns("signals.rule", "keras")) {
      for (int step = 1; step <= 4; step++) {
        runs.stand(
            standing(
                "r",
                0,
                step,
                "log_loss",
                step == 1 ? 0.5 : 0.6,
                0.2,
                Trust.UNKNOWN,
                Vitals.of(1_000)));
      }
      Signal stop = runs.last();
      assertThat(stop.stop()).isTrue();
      assertThat(stop.reason())
          .isEqualTo(
              "patience: 3 checks without a value better than 0.5 by more than 0.01, judged on"
                  + " values as if they had no noise");
      assertThat(stop.rule()).isEqualTo("keras-patience/1 min_delta=0.01 patience=3");
      assertThat(stop.bestCheckpoint()).isEqualTo("step-1");
      assertThat(stop.difference()).isCloseTo(0.1, within(1e-12));
      assertThat(stop.differenceLow()).isNull();
      assertThat(stop.alpha()).isNull();
      assertThat(stop.withoutGain()).isEqualTo(3);
    }
  }

  @Test
  void aRunChangesItsRuleFromThenOnAndAResumedAttemptKeepsIt() throws Exception {
    try (var runs = new JudgedRuns()) {
      runs.stand(standing("r", 0, 1, "log_loss", 0.5));
      runs.stand(standing("other", 0, 1, "log_loss", 0.5));
      runs.tell(event("r", 0, null, NO_FIGURES, Map.of("patience", "1")));
      runs.restart();
      runs.stand(standing("other", 0, 2, "log_loss", 0.6));
      assertThat(runs.last().stop()).isFalse();
      runs.stand(standing("r", 0, 2, "log_loss", 0.6));
      assertThat(runs.last().stop()).isTrue();
      assertThat(runs.last().rule())
          .isEqualTo(
              "confirmed-stopping/2 min_delta=0.01 patience=1 alpha=0.05 (of the run: patience)");
      // resumed: anew, by the same rule
      runs.stand(standing("r", 1, 1, "log_loss", 0.5));
      assertThat(runs.last().stop()).isFalse();
      runs.stand(standing("r", 1, 2, "log_loss", 0.6));
      assertThat(runs.last().stop()).isTrue();
      // the engine's own again
      runs.tell(event("r", 2, null, NO_FIGURES, Map.of("patience", "")));
      runs.stand(standing("r", 2, 1, "log_loss", 0.5));
      runs.stand(standing("r", 2, 2, "log_loss", 0.6));
      assertThat(runs.last().stop()).isFalse();
      assertThat(runs.last().rule()).endsWith("patience=3 alpha=0.05");
    }
  }

  @Test
  void anotherMetricStartsPatienceAnewAndKeepsWhatWasSpent() throws Exception {
    try (var runs = new JudgedRuns()) {
      for (int step = 1; step <= 3; step++) {
        runs.stand(standing("r", 0, step, "log_loss", 0.5));
      }
      assertThat(runs.last().withoutGain()).isEqualTo(2);
      assertThat(runs.last().alpha()).isCloseTo(0.05 / 6 / 2, within(1e-15));
      runs.tell(event("r", 0, null, NO_FIGURES, Map.of("metric", "roc_auc")));
      runs.stand(standing("r", 0, 4, "roc_auc", 0.9));
      assertThat(runs.last().withoutGain()).isZero();
      assertThat(runs.last().outcome()).isEqualTo("IMPROVED");
      runs.stand(standing("r", 0, 5, "roc_auc", 0.8));
      assertThat(runs.last().withoutGain()).isEqualTo(1);
      assertThat(runs.last().alpha())
          .as("the third comparison")
          .isCloseTo(0.05 / 12 / 3, within(1e-15));
    }
  }

  @Test
  void aContradictionIsADeadLetterAndTheRuleStays() throws Exception {
    try (var runs = new JudgedRuns()) {
      runs.tell(event("r", 0, null, NO_FIGURES, Map.of("baseline", "0.5")));
      runs.tell(event("r", 0, null, NO_FIGURES, Map.of("mode", "max")));
      runs.tell(event("r", 0, null, NO_FIGURES, NO_RULE, "sweep-1"));
      runs.tell(event("r", 0, null, NO_FIGURES, NO_RULE, "sweep-2"));
      assertThat(runs.refused())
          .extracting(letter -> letter.reason())
          .containsExactly(
              "setting signals.baseline must be left out for rule confirmed, got 0.5 (run r)",
              "setting signals.mode must be min for metric log_loss, got max (run r)",
              "sweep must stay sweep-1 over a run, got sweep-2 (run r)");
      assertThat(runs.refused().get(0).source().offset()).isEqualTo(7);
      runs.stand(standing("r", 0, 1, "log_loss", 0.5));
      assertThat(runs.last().rule())
          .isEqualTo("confirmed-stopping/2 min_delta=0.01 patience=3 alpha=0.05");
      assertThat(runs.judgements().get(0).sweep()).isEqualTo("sweep-1");
    }
  }

  @Test
  void nothingIsDecidedOnAProxyThatHasFailedItsRecord() throws Exception {
    for (String rule : List.of("confirmed", "keras")) {
      try (var runs = new JudgedRuns("signals.rule", rule)) {
        for (int step = 1; step <= 12; step++) {
          Trust trust = step > 2 && step < 9 ? Trust.UNTRUSTED : Trust.TRUSTED;
          runs.stand(
              standing("r", 0, step, "log_loss", 0.1 * step, 0.0001, trust, Vitals.of(1_000)));
          if (trust == Trust.UNTRUSTED) {
            assertThat(runs.last().stop()).isFalse();
            assertThat(runs.last().outcome()).isEqualTo("NOT_JUDGED");
            assertThat(runs.last().reason())
                .startsWith("untrusted_proxy: the intervals of log_loss");
            assertThat(runs.judgements().get(step - 1).ranked()).isFalse();
          }
        }
        assertThat(runs.last().stop()).as(rule).isTrue();
        // one check without a gain before, two after
        assertThat(runs.last().claim().step()).isEqualTo(10);
      }
    }
  }
}
