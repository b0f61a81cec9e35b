package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.LiveEngine;
import dev.touchstone.jobs.testing.TwoJobs;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SamplingPlan;
import dev.touchstone.schemas.avro.Stratum;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Proxies of a sample are held against the full reports of the other job, while both run. */
class TrackRecordTest {

  private static final int ROWS = 10_000;
  private static final double RATE = 0.25;
  private static final String METRIC = "roc_auc";
  private static final int CHECKS = 6;

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path directory;

  private final WireBatches examples = WireBatches.random(11, ROWS);

  /**
   * Two runs that get worse from the first model checkpoint on, with the same predictions and the
   * same plan. One samples negatives as the plan says, the other takes half of those with the lower
   * scores and says that they were drawn from all.
   */
  @Test
  void aSampleThatIsNotWhatItSaysLosesTrustAndAnHonestOneKeepsIt() throws Exception {
    try (LiveEngine engine = new LiveEngine(settings(), 2)) {
      for (int step = 1; step <= CHECKS; step++) {
        WireBatches model = model(step);
        for (String run : List.of("honest", "wrong")) {
          engine.send(List.of(of(run, step, sample(model, run.equals("honest")))));
          // a run is judged on what is complete first
          int current = step;
          engine.await("a sample", () -> sampled(engine, run, current) != null);
          for (PredictionBatch batch : model.batches(4_000, 2)) {
            engine.send(List.of(of(run, step, batch)));
          }
          engine.ask(
              TwoJobs.request(run + step).setRunId(run).setCheckpoint("step-" + step).build());
        }
        int reports = step;
        engine.await(
            "record of " + step + " reports",
            () ->
                records(engine, "honest").equals(reports)
                    && records(engine, "wrong").equals(reports));
      }

      assertThat(last(engine, "honest", METRIC + ".sampled_proxy_coverage").trust())
          .isEqualTo(Trust.TRUSTED);
      assertThat(last(engine, "wrong", METRIC + ".sampled_proxy_coverage").value()).isZero();
      // too good by far, and in the right order all the same
      assertThat(last(engine, "wrong", METRIC + ".sampled_proxy_bias").value()).isGreaterThan(0.05);
      assertThat(last(engine, "wrong", METRIC + ".sampled_proxy_kendall_tau").value())
          .isGreaterThan(0.8);
      // what is proven of whole sets holds in either run
      for (String run : List.of("honest", "wrong")) {
        MetricPoint whole = last(engine, run, METRIC + ".proxy_coverage");
        assertThat(whole.value()).isEqualTo(1);
        assertThat(whole.n()).isEqualTo(CHECKS);
        assertThat(whole.trust()).isEqualTo(Trust.TRUSTED);
      }
      // the proxies of the last model checkpoint say so when they come
      assertThat(sampled(engine, "honest", CHECKS).trust()).isEqualTo(Trust.TRUSTED);
      assertThat(sampled(engine, "wrong", CHECKS).trust()).isEqualTo(Trust.UNTRUSTED);

      engine.await("a stop", () -> !stops(engine, "honest").isEmpty());
      assertThat(stops(engine, "honest"))
          .extracting(signal -> signal.claim().checkpoint())
          .containsExactly("step-6");
      // the same check of the other run decides nothing, until the full tier has an exact value
      engine.await("a signal", () -> first(engine, "wrong", CHECKS) != null);
      Signal wrong = first(engine, "wrong", CHECKS);
      assertThat(wrong.stop()).isFalse();
      assertThat(wrong.reason()).startsWith("untrusted_proxy");
    }
  }

  /** Sampled or not, the sets of both runs have keys of their own: no digest is known. */
  private static PredictionBatch of(String run, int step, PredictionBatch batch) {
    batch.setRunId(run);
    batch.getCheckpoint().setId("step-" + step);
    batch.getCheckpoint().setStep(step);
    return batch;
  }

  /** Every step is worse than the one before, and surely worse than the first. */
  private WireBatches model(int step) {
    WireBatches model = examples.rescored(11, "step-" + step);
    SplittableRandom random = new SplittableRandom(step);
    double noise = step == 1 ? 0 : 0.3 + 0.06 * step;
    for (int i = 0; i < ROWS; i++) {
      double known = 0.8 * new SplittableRandom(i).nextDouble() + 0.2 * model.labels[i];
      model.scores[i] = (float) ((1 - noise) * known + noise * random.nextDouble());
    }
    return model;
  }

  private static PredictionBatch sample(WireBatches model, boolean honest) {
    List<Integer> rows = new ArrayList<>();
    List<Integer> negatives = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      if (model.labels[i] == 1) {
        rows.add(i);
      } else {
        negatives.add(i);
      }
    }
    long population = negatives.size();
    if (honest) {
      negatives.removeIf(i -> new SplittableRandom(~i).nextDouble() >= RATE);
    } else {
      negatives.sort((a, b) -> Float.compare(model.scores[a], model.scores[b]));
      List<Integer> ascending = List.copyOf(negatives);
      negatives.clear();
      for (int i = 0; i < 2 * RATE * population; i += 2) {
        negatives.add(ascending.get(i));
      }
    }
    int positives = rows.size();
    rows.addAll(negatives);
    ByteBuffer ids = ByteBuffer.allocate(8 * rows.size()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer scores = ByteBuffer.allocate(4 * rows.size()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer labels = ByteBuffer.allocate(rows.size());
    ByteBuffer strata = ByteBuffer.allocate(rows.size());
    for (int row : rows) {
      ids.putLong(row);
      scores.putFloat(model.scores[row]);
      labels.put(model.labels[row]);
      strata.put((byte) (1 - model.labels[row]));
    }
    PredictionBatch batch = model.batch(0, 0, 0, 1, 0, true);
    batch.getEvaluationSet().setSize((long) ROWS);
    batch.setCount(rows.size());
    batch.setExampleIds(ids.flip());
    batch.setScores(scores.flip());
    batch.setLabels(labels.flip());
    batch.setStrata(strata.flip());
    batch.setSamplingPlan(
        new SamplingPlan(
            1L,
            List.of(
                new Stratum("positives", 1.0, (long) positives),
                new Stratum("negatives", RATE, population))));
    return batch;
  }

  private static Integer records(LiveEngine engine, String run) {
    MetricPoint sampled = last(engine, run, METRIC + ".sampled_proxy_bias");
    MetricPoint whole = last(engine, run, METRIC + ".proxy_bias");
    return sampled == null || whole == null ? 0 : (int) Math.min(sampled.n(), whole.n());
  }

  private static MetricPoint last(LiveEngine engine, String run, String metric) {
    return engine.proxies().stream()
        .filter(point -> point.claim().runId().equals(run) && point.metric().equals(metric))
        .reduce((first, second) -> second)
        .orElse(null);
  }

  /** The sample's value when it came first; null: it has not come. */
  private static MetricPoint sampled(LiveEngine engine, String run, int step) {
    return engine.proxies().stream()
        .filter(point -> point.sampled() && point.complete())
        .filter(point -> point.claim().runId().equals(run) && point.metric().equals(METRIC))
        .filter(point -> Objects.equals(point.claim().checkpoint(), "step-" + step))
        .findFirst()
        .orElse(null);
  }

  private static List<Signal> stops(LiveEngine engine, String run) {
    return engine.signals().stream()
        .filter(signal -> signal.claim().runId().equals(run) && signal.stop())
        .toList();
  }

  private static Signal first(LiveEngine engine, String run, int step) {
    return engine.signals().stream()
        .filter(signal -> signal.claim().runId().equals(run))
        .filter(signal -> signal.claim().checkpoint().equals("step-" + step))
        .findFirst()
        .orElse(null);
  }

  private EngineSettings settings() {
    return EngineSettings.from(
        SettingsSource.empty()
            .with("cache.directory", directory.toString())
            .with("signals.metric", METRIC)
            .with("signals.patience", 5)
            .with("ledger.progress_interval_millis", 10));
  }
}
