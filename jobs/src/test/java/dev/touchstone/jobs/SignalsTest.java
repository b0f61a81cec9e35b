package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.LiveEngine;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.schemas.avro.InferenceStats;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.RunEvent;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Signals through both jobs: the fast tier asks the full one; the training job speaks. */
class SignalsTest {

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(8)
              .build());

  @TempDir Path cache;

  private EngineSettings settings(Object... more) {
    SettingsSource source =
        SettingsSource.empty()
            .with("cache.directory", cache.toUri().toString())
            .with("signals.min_delta", 0)
            .with("signals.patience", 1);
    for (int i = 0; i < more.length; i += 2) {
      source.with((String) more[i], more[i + 1]);
    }
    return EngineSettings.from(source);
  }

  private static List<PredictionBatch> batches(WireBatches rows, long step) {
    List<PredictionBatch> batches = rows.batches(10_000, 1);
    for (PredictionBatch batch : batches) {
      batch.getCheckpoint().setId("step-" + step);
      batch.getCheckpoint().setStep(step);
    }
    return batches;
  }

  private static RunEvent event(long step, Map<String, Double> metrics, Map<String, String> rule) {
    return RunEvent.newBuilder()
        .setRunId("run")
        .setStep(step)
        .setMetrics(metrics)
        .setRule(rule)
        .setEmittedAt(Instant.EPOCH)
        .build();
  }

  @Test
  void theFullTierIsAskedWhatTheBinsLeaveOpenAndTheRunStopsOnItsAnswer() throws Exception {
    WireBatches first = WireBatches.random(1, 20_000);
    WireBatches second = WireBatches.random(1, 20_000);
    for (int i = 0; i < second.scores.length; i++) {
      // a little worse: too little for the bins of a proxy
      second.scores[i] -= second.labels[i] == 1 ? second.scores[i] * 2e-6f : 0;
    }
    try (LiveEngine engine = new LiveEngine(settings("signals.ask_full_tier", true), 2)) {
      engine.send(batches(first, 8));
      engine.await("the first signal", () -> engine.signals().size() == 1);
      engine.send(batches(second, 16));
      engine.await("the STOP", () -> engine.signals().stream().anyMatch(Signal::stop));
      List<Signal> signals = engine.signals();
      assertThat(signals.get(1).outcome()).isEqualTo("UNDECIDED");
      assertThat(signals.get(1).differenceLow()).isLessThan(0);
      assertThat(signals.get(1).differenceHigh()).isPositive();
      assertThat(engine.wanted())
          .extracting(wanted -> wanted.requestId())
          .containsExactly("signals|run/0/step-16", "signals|run/0/step-8");
      Signal stop = signals.get(signals.size() - 1);
      assertThat(stop.claim().checkpoint()).isEqualTo("step-16");
      assertThat(stop.reason()).endsWith("(judged again with exact values)");
      double exact =
          engine.points().stream()
              .filter(
                  p ->
                      p.metric().equals("average_precision")
                          && p.claim().checkpoint().equals("step-16"))
              .findFirst()
              .orElseThrow()
              .value();
      assertThat(stop.value()).isEqualTo(exact);
      assertThat(stop.differenceHigh()).isNegative();
      assertThat(engine.proxies())
          .filteredOn(p -> p.metric().equals("full_evaluations_asked"))
          .extracting(MetricPoint::value)
          .contains(2.0);
    }
  }

  @Test
  void whatTheTrainingJobSaysIsSeenJudgedByAndRefusedWhereItIsWrong() throws Exception {
    try (LiveEngine engine = new LiveEngine(settings("signals.max_latency_micros", 900), 2)) {
      engine.tell(event(5, Map.of("validation_loss", 0.7), Map.of("min_delta", "0.5")));
      engine.tell(event(6, Map.of("validation_loss", 0.6), Map.of("min_delta", "lots")));
      engine.await(
          "both events", () -> !engine.proxies().isEmpty() && !engine.deadLetters().isEmpty());
      MetricPoint figure = engine.proxies().get(0);
      assertThat(figure.metric()).isEqualTo("validation_loss");
      assertThat(figure.value()).isEqualTo(0.7);
      assertThat(figure.ciMethod()).isEqualTo("reported");
      DeadLetter letter = engine.deadLetters().get(0);
      assertThat(letter.reason())
          .isEqualTo(
              "setting signals.min_delta must be a number in [0.0, 1.0E9], got lots (a run event)");
      engine.send(batches(WireBatches.random(1, 20_000), 8));
      engine.await("the first signal", () -> engine.signals().size() == 1);
      assertThat(engine.signals().get(0).rule())
          .contains("min_delta=0.5")
          .endsWith("(of the run: min_delta)");
      List<PredictionBatch> slow = batches(WireBatches.random(2, 20_000), 16);
      slow.get(0)
          .setInference(
              InferenceStats.newBuilder()
                  .setLatencyMicros(Collections.nCopies(200, 1_000L))
                  .build());
      engine.send(slow);
      engine.await("the STOP", () -> engine.signals().size() == 2);
      assertThat(engine.signals().get(1).stop()).isTrue();
      assertThat(engine.signals().get(1).reason())
          .isEqualTo(
              "latency_limit: p99 of 200 model calls is 1003 µs, surely at least 1000, above"
                  + " signals.max_latency_micros 900");
    }
  }
}
