package dev.touchstone.jobs.fast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.EngineSettings.AshaSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a harness may be interrupted while it closes
class RankSweepTest {

  private static final AshaSettings ASHA = new AshaSettings(true, 3, 100);

  private static Judgement judgement(
      String sweep, String run, int attempt, long step, String metric, double value, double half) {
    return new Judgement(
        sweep,
        "val",
        true,
        new Signal(
            new Claim(run, attempt, "step-" + step, step, null),
            false,
            "gain_confirmed",
            "IMPROVED",
            "val",
            "step-" + step,
            metric,
            value,
            half == 0 ? null : (Double) (value - half),
            half == 0 ? null : (Double) (value + half),
            null,
            null,
            null,
            null,
            null,
            1,
            0,
            "rule",
            0));
  }

  private static Judgement at(String run, long step, double value) {
    return judgement("s", run, 0, step, "roc_auc", value, 0);
  }

  private static KeyedOneInputStreamOperatorTestHarness<String, Judgement, Signal> open(
      OperatorSubtaskState state) throws Exception {
    var ledger = EngineSettings.from(SettingsSource.empty()).ledger();
    var harness =
        new KeyedOneInputStreamOperatorTestHarness<String, Judgement, Signal>(
            new KeyedProcessOperator<>(new RankSweep(ASHA, ledger)),
            Judgement::rankedAmong,
            Types.STRING);
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  private static List<Signal> rank(Judgement... judgements) throws Exception {
    List<Signal> signals = new ArrayList<>();
    OperatorSubtaskState state = null;
    for (Judgement judgement : judgements) {
      // a restart after each
      try (var harness = open(state)) {
        harness.processElement(judgement, 0);
        signals.addAll(harness.extractOutputValues());
        state = harness.snapshot(1, 1);
      }
    }
    return signals;
  }

  @Test
  void rungsAreMinStepTimesPowersOfEta() {
    assertThat(RankSweep.rung(99, ASHA)).isZero();
    assertThat(RankSweep.rung(100, ASHA)).isEqualTo(100);
    assertThat(RankSweep.rung(299, ASHA)).isEqualTo(100);
    assertThat(RankSweep.rung(300, ASHA)).isEqualTo(300);
    assertThat(RankSweep.rung(8_100, ASHA)).isEqualTo(8_100);
    assertThat(RankSweep.rung(Long.MAX_VALUE, new AshaSettings(true, 2, 1))).isEqualTo(1L << 62);
  }

  @Test
  void aRunThatDoesNotMakeTheCutIsStoppedWithItsEvidence() throws Exception {
    List<Signal> signals =
        rank(at("a", 120, 0.9), at("b", 100, 0.5), at("c", 150, 0.7), at("d", 110, 0.95));
    assertThat(signals).extracting(Signal::stop).containsExactly(false, false, true, false);
    Signal stop = signals.get(2);
    assertThat(stop.reason())
        .isEqualTo(
            "asha: rank 2 of 3 at rung 100, of which the best 1 go on; roc_auc is 0.7, the cut 0.9");
    assertThat(stop.claim().runId()).isEqualTo("c");
    assertThat(stop.rule()).isEqualTo("rule asha eta=3 min_step=100");
    assertThat(stop.value()).isEqualTo(0.7);
  }

  @Test
  void aRunIsRankedOnceARungAndNothingIsSaidAfterItsStop() throws Exception {
    List<Signal> signals =
        rank(
            at("a", 120, 0.9),
            at("b", 100, 0.8),
            at("b", 200, 0.1),
            at("c", 150, 0.7),
            at("c", 160, 0.99),
            at("c", 400, 0.99),
            judgement("s", "c", 1, 170, "roc_auc", 0.1, 0),
            judgement("s", "c", 1, 300, "roc_auc", 0.1, 0));
    assertThat(signals)
        .extracting(s -> s.claim().step())
        .containsExactly(120L, 100L, 200L, 150L, 170L, 300L);
    assertThat(signals)
        .filteredOn(Signal::stop)
        .extracting(s -> s.claim().step())
        .containsExactly(150L);
  }

  @Test
  void whatOverlapsTheCutGoesOn() throws Exception {
    List<Signal> signals =
        rank(
            judgement("s", "a", 0, 100, "log_loss", 0.5, 0.1),
            judgement("s", "b", 0, 100, "log_loss", 0.9, 0.1),
            judgement("s", "c", 0, 100, "log_loss", 0.69, 0.1),
            judgement("s", "d", 0, 100, "log_loss", 0.72, 0.1));
    assertThat(signals).extracting(Signal::stop).containsExactly(false, false, false, true);
    assertThat(signals.get(3).reason())
        .startsWith(
            "asha: rank 3 of 4 at rung 100, of which the best 1 go on; log_loss is 0.72 in [0.62")
        .contains(", the cut 0.5 in [0.4, 0.6]");
  }

  @Test
  void sweepsMetricsAndUntrustedValuesAreKeptApart() throws Exception {
    Judgement untrusted = at("d", 100, 0.1);
    List<Signal> signals =
        rank(
            at("a", 100, 0.9),
            at("b", 100, 0.9),
            judgement("t", "c", 0, 100, "roc_auc", 0.1, 0),
            judgement("s", "e", 0, 100, "accuracy", 0.1, 0),
            judgement(null, "f", 0, 100, "roc_auc", 0.1, 0),
            new Judgement("s", "val", false, untrusted.signal()),
            at("early", 99, 0.1));
    assertThat(signals).hasSize(7).noneMatch(Signal::stop);
    assertThat(rank(at("a", 100, 0.9), at("b", 100, 0.9), at("c", 100, 0.1)).get(2).stop())
        .isTrue();
  }

  /** 81 runs of known worth: the best are found for a fraction of the steps. */
  @Test
  void aSweepSpendsAFractionAndKeepsItsBest() throws Exception {
    SplittableRandom random = new SplittableRandom(3);
    double[] worth = random.doubles(81).toArray();
    boolean[] stopped = new boolean[81];
    long steps = 0;
    try (var harness = open(null)) {
      for (long step = 100; step <= 8_100; step += 100) {
        for (int run = 0; run < 81; run++) {
          if (!stopped[run]) {
            steps += 100;
            double value = worth[run] * (1 - 1.0 / (1 + step));
            harness.processElement(at("r" + run, step, value), 0);
            List<Signal> said = harness.extractOutputValues();
            stopped[run] = said.get(said.size() - 1).stop();
          }
        }
      }
    }
    int best = 0;
    for (int run = 1; run < 81; run++) {
      best = worth[run] > worth[best] ? run : best;
    }
    assertThat(stopped[best]).isFalse();
    assertThat(steps).isLessThan(81L * 8_100 / 4);
  }
}
