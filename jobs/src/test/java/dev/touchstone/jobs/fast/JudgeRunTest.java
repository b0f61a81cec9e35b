package dev.touchstone.jobs.fast;

import static dev.touchstone.jobs.fast.JudgedRuns.open;
import static dev.touchstone.jobs.fast.JudgedRuns.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RunInput;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.metrics.stopping.KerasPatience;
import dev.touchstone.metrics.stopping.Mode;
import dev.touchstone.metrics.stopping.PatienceState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a harness may be interrupted while it closes
class JudgeRunTest {

  private static Standing standing(String run, int attempt, long step, double loss) {
    return standing(run, attempt, step, "log_loss", loss, null, null);
  }

  private static Standing standing(
      String run,
      int attempt,
      long step,
      String metric,
      Double value,
      Double deviation,
      String on) {
    Claim claim = new Claim(run, attempt, "step-" + step, step, null);
    SetIdentity set =
        new SetIdentity(
            "key" + step,
            null,
            null,
            null,
            on == null ? "val" : on,
            "validation",
            null,
            false,
            Task.BINARY,
            1);
    return new Standing(
        claim,
        set,
        List.of(
            new MetricPoint(
                0,
                claim,
                null,
                MetricPoint.Tier.PROXY,
                set.evaluationSet(),
                "validation",
                "",
                metric,
                value,
                deviation == null ? null : (Double) (value - JudgedRuns.Z * deviation),
                deviation == null ? null : (Double) (value + JudgedRuns.Z * deviation),
                deviation == null ? null : "hajek_normal",
                deviation == null ? null : (Double) 0.95,
                deviation == null ? null : "finite",
                deviation,
                null,
                1_000,
                100,
                true,
                value == null ? "no_positives" : null,
                0,
                "",
                Trust.UNKNOWN)),
        null,
        Vitals.of(1_000));
  }

  private static List<Signal> signals(
      KeyedOneInputStreamOperatorTestHarness<String, RunInput, Judgement> harness) {
    return harness.extractOutputValues().stream().map(Judgement::signal).toList();
  }

  private static List<Signal> judge(EngineSettings settings, List<Standing> standings)
      throws Exception {
    try (var harness = open(settings, null)) {
      for (Standing standing : standings) {
        harness.processElement(RunInput.of(standing), 0);
      }
      return signals(harness);
    }
  }

  @Test
  void exactLossesStopARunWhenKerasWould() throws Exception {
    SplittableRandom random = new SplittableRandom(9);
    List<Standing> standings = new ArrayList<>();
    Map<String, Long> kerasStops = new TreeMap<>();
    for (int run = 0; run < 200; run++) {
      KerasPatience keras = KerasPatience.of(Mode.MIN, 0.01, 3);
      PatienceState state = keras.start();
      for (int step = 1; step <= 30; step++) {
        // on a grid, so that no gain lies between 0 and min_delta: there the rules differ
        double loss = Math.round(10 * (1.0 / step + random.nextDouble())) / 10.0;
        standings.add(standing("r" + run, 0, step, loss));
        if (!state.stopped()) {
          state = keras.next(state, loss);
          if (state.stopped()) {
            kerasStops.put("r" + run, (long) step);
          }
        }
      }
    }
    Map<String, Long> stops = new TreeMap<>();
    for (Signal signal : judge(settings(), standings)) {
      String run = signal.claim().runId();
      assertThat(stops).as("nothing is said after a STOP").doesNotContainKey(run);
      if (signal.stop()) {
        stops.put(run, signal.claim().step());
      }
    }
    assertThat(stops).isEqualTo(kerasStops).hasSizeGreaterThan(150);
  }

  @Test
  void aStopCarriesItsEvidenceAndIsSaidOnce() throws Exception {
    List<Standing> standings = new ArrayList<>();
    for (int step = 1; step <= 8; step++) {
      standings.add(standing("r", 0, step, step == 1 ? 0.5 : 0.6));
    }
    List<Signal> signals = judge(settings(), standings);
    assertThat(signals).hasSize(4);
    Signal stop = signals.get(3);
    assertThat(stop.stop()).isTrue();
    assertThat(stop.reason())
        .isEqualTo(
            "with confidence 0.95 none of the last 3 judged checkpoints beats step-1 by 0.01 or"
                + " more");
    assertThat(stop.comparedWith()).isEqualTo("step-1");
    assertThat(stop.bestCheckpoint()).isEqualTo("step-1");
    assertThat(stop.difference()).isEqualTo(stop.differenceLow()).isCloseTo(0.1, within(1e-12));
    assertThat(stop.withoutGain()).isEqualTo(3);
    assertThat(stop.checks()).isEqualTo(4);
    assertThat(stop.rule()).startsWith("confirmed-stopping/2 min_delta=0.01 patience=3");
  }

  @Test
  void aRestartChangesNothingAndRepeatsAreNotJudgedAgain() throws Exception {
    SplittableRandom random = new SplittableRandom(4);
    List<Standing> standings = new ArrayList<>();
    for (int step = 1; step <= 12; step++) {
      standings.add(standing("r", 0, step, random.nextDouble()));
      standings.add(standing("other", 0, step, random.nextDouble()));
    }
    List<Signal> once = judge(settings(), standings);
    List<Signal> parts = new ArrayList<>();
    OperatorSubtaskState state = null;
    for (Standing standing : standings) {
      try (var harness = open(settings(), state)) {
        harness.processElement(RunInput.of(standing), 0);
        harness.processElement(RunInput.of(standing), 0);
        parts.addAll(signals(harness));
        state = harness.snapshot(1, 1);
      }
    }
    assertThat(parts).isEqualTo(once).hasSizeGreaterThan(6);
  }

  @Test
  void whatCantBeComparedIsPassedOver() throws Exception {
    List<Signal> signals =
        judge(
            settings(),
            List.of(
                standing("r", 0, 1, 0.5),
                standing("r", 0, 2, "log_loss", 0.1, null, "another set"),
                standing("r", 0, 3, "log_loss", null, null, null),
                standing("r", 0, 4, "roc_auc", 0.9, null, null),
                standing("r", 0, 6, 0.4),
                standing("r", 0, 5, 0.3)));
    assertThat(signals).extracting(s -> s.claim().step()).containsExactly(1L, 6L);
    assertThat(signals.get(1).outcome()).isEqualTo("IMPROVED");
  }

  @Test
  void anExplodingLossStopsAtOnceAndALaterAttemptStartsAnew() throws Exception {
    List<Standing> standings = new ArrayList<>();
    for (int step = 1; step <= 25; step++) {
      standings.add(standing("r", 0, step, 1.0 / step));
    }
    for (int step = 26; step <= 30; step++) {
      standings.add(standing("r", 0, step, 1e6));
    }
    standings.add(standing("r", 1, 8, 0.2));
    List<Signal> signals = judge(settings("signals.patience", 100), standings);
    Signal stop = signals.stream().filter(Signal::stop).findFirst().orElseThrow();
    assertThat(stop.claim().step()).isEqualTo(28);
    assertThat(stop.reason()).isEqualTo("loss_exploded");
    Signal last = signals.get(signals.size() - 1);
    assertThat(last.claim().attempt()).isEqualTo(1);
    assertThat(last.stop()).isFalse();
    assertThat(signals).filteredOn(Signal::stop).hasSize(1);
  }

  /**
   * Runs that gain 0.004 with each of 30 checkpoints, seen through noise of 0.008 a proxy: whoever
   * stops one is wrong. Patience on the noisy values stops most; the judge, whose error is declared
   * at 5 %, hardly any.
   */
  @Test
  void goodRunsAreNotStoppedByNoise() throws Exception {
    int runs = 400;
    int naive = 0;
    List<Standing> standings = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      java.util.Random random = new java.util.Random(1_000 + run);
      KerasPatience keras = KerasPatience.of(Mode.MAX, 0.002, 3);
      PatienceState state = keras.start();
      boolean kerasStopped = false;
      for (int step = 1; step <= 30; step++) {
        double seen = 0.5 + 0.004 * step + 0.008 * random.nextGaussian();
        standings.add(standing("r" + run, 0, step, "average_precision", seen, 0.008, null));
        state = keras.next(state, seen);
        kerasStopped |= state.stopped();
      }
      naive += kerasStopped ? 1 : 0;
    }
    EngineSettings settings =
        settings("signals.metric", "average_precision", "signals.min_delta", 0.002);
    List<Signal> signals = judge(settings, standings);
    assertThat(signals).hasSizeGreaterThan(runs * 20);
    long judged = signals.stream().filter(Signal::stop).count();
    assertThat(naive).as("patience 3 on noisy values").isGreaterThan(runs / 2);
    assertThat(judged).as("the judge").isLessThanOrEqualTo(runs / 20);
  }

  @Test
  void aRunThatGetsWorseIsStoppedThroughNoiseToo() throws Exception {
    java.util.Random random = new java.util.Random(5);
    List<Standing> standings = new ArrayList<>();
    for (int step = 1; step <= 60; step++) {
      double truth = step <= 10 ? 0.3 + 0.02 * step : 0.5 - 0.01 * (step - 10);
      double seen = truth + 0.008 * random.nextGaussian();
      standings.add(standing("r", 0, step, "average_precision", seen, 0.008, null));
    }
    List<Signal> signals = judge(settings("signals.metric", "average_precision"), standings);
    Signal last = signals.get(signals.size() - 1);
    assertThat(last.stop()).isTrue();
    assertThat(last.claim().step()).isBetween(14L, 40L);
  }
}
