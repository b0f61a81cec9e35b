package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.LiveEngine;
import dev.touchstone.jobs.testing.TwoJobs;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.schemas.avro.Baseline;
import dev.touchstone.schemas.avro.EvaluationRequest;
import dev.touchstone.schemas.avro.PredictionBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Labels that come alone, through both jobs while they run. */
class LateLabelsTest {

  private static final int ROWS = 5_000;

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path directory;

  private final WireBatches set = WireBatches.random(1, ROWS).with("country", 5);
  private final WireBatches corrected = WireBatches.random(1, ROWS).with("country", 5);

  /** Every seventh of the first 900 examples has the other label. */
  private final long[] wrong = new long[128];

  @BeforeEach
  void correct() {
    for (int i = 0; i < wrong.length; i++) {
      wrong[i] = 7L * i;
      corrected.labels[7 * i] ^= 1;
    }
  }

  private PredictionBatch correction(int revision) {
    byte[] labels = new byte[wrong.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = corrected.labels[(int) wrong[i]];
    }
    return set.labels(wrong, labels, 0, 1, 0, true, revision);
  }

  /** When the labels come. */
  enum Arrival {
    AFTER,
    BEFORE,
    BETWEEN,
    SHUFFLED,
    TWICE,
    OVER_A_RESTART
  }

  @ParameterizedTest
  @EnumSource
  void theReportIsThatOfASetThatCameWithItsLabels(Arrival arrival) throws Exception {
    String expected = reportAtOnce(set);
    List<PredictionBatch> rows = WireBatches.withoutLabels(set.batches(700, 2));
    List<PredictionBatch> labels = set.labels(450, 3, 0);
    try (LiveEngine engine = new LiveEngine(settings("late"), 2)) {
      engine.ask(request("early"));
      switch (arrival) {
        case AFTER -> {
          engine.send(rows);
          engine.await("all rows", () -> waits(engine, "waits for labels: 0 of 5000"));
          engine.send(labels);
        }
        case BEFORE -> {
          engine.send(labels);
          engine.send(rows);
        }
        case BETWEEN -> {
          engine.send(rows.subList(0, 3));
          engine.send(labels);
          engine.send(rows.subList(3, rows.size()));
        }
        case SHUFFLED -> {
          List<PredictionBatch> all = new ArrayList<>(rows);
          all.addAll(labels);
          Collections.shuffle(all, new Random(3));
          engine.send(all);
        }
        case TWICE -> {
          engine.send(labels);
          engine.send(rows);
          engine.send(labels);
          engine.send(rows);
        }
        case OVER_A_RESTART -> {
          engine.send(rows);
          engine.send(labels.subList(0, 5));
          engine.await("some labels", () -> waits(engine, "waits for labels: 2117 of 5000"));
          engine.restartPredictions(directory);
          engine.send(labels.subList(5, labels.size()));
        }
      }
      engine.await("report", () -> !engine.outcomes().isEmpty());

      assertThat(engine.deadLetters()).isEmpty();
      Outcome outcome = engine.outcomes().get(0);
      assertThat(outcome.state()).isEqualTo(Outcome.State.EVALUATED);
      assertThat(outcome.revision()).isZero();
      assertThat(outcome.reportJson()).isEqualTo(expected);
      SetManifest manifest = complete(engine);
      assertThat(manifest.status().revision()).isZero();
      assertThat(manifest.status().unknownLabels()).isZero();
      assertThat(engine.proxies())
          .filteredOn(point -> !point.metric().equals("score_share"))
          .isNotEmpty()
          .allSatisfy(point -> assertThat(point.value()).isNull())
          .allSatisfy(point -> assertThat(point.reason()).isEqualTo("labels have not arrived"));
      assertThat(engine.proxies())
          .filteredOn(point -> point.metric().equals("score_share"))
          .isNotEmpty()
          .allSatisfy(point -> assertThat(point.value()).isPositive());
    }
  }

  @Test
  void aCorrectionRestatesWhatWasAnswered() throws Exception {
    String before = reportAtOnce(set);
    String expected = reportAtOnce(corrected);
    try (LiveEngine engine = new LiveEngine(settings("restated"), 2)) {
      engine.send(set.batches(700, 2));
      engine.ask(request("first"));
      engine.await("report", () -> engine.outcomes().size() == 1);
      engine.ask(request("second"));
      engine.await("reuse", () -> engine.outcomes().size() == 2);
      engine.send(List.of(correction(1)));
      engine.await("report of the revision", () -> engine.outcomes().size() == 3);
      engine.ask(request("third"));
      engine.await("reuse of the revision", () -> engine.outcomes().size() == 4);

      assertThat(engine.deadLetters()).isEmpty();
      assertThat(engine.outcomes())
          .extracting(o -> o.trigger().id() + " " + o.state() + " " + o.revision())
          .containsExactly(
              "first EVALUATED 0", "second REUSED 0", "first EVALUATED 1", "third REUSED 1");
      assertThat(engine.outcomes())
          .extracting(Outcome::reportKey)
          .containsOnly(engine.outcomes().get(0).reportKey());
      assertThat(engine.outcomes().get(0).reportJson()).isEqualTo(before);
      JsonNode provenance =
          new ObjectMapper().readTree(engine.outcomes().get(2).reportJson()).get("provenance");
      assertThat(provenance.get("label_revision").asInt()).isEqualTo(1);
      assertThat(engine.outcomes().get(2).reportJson().replace("\"label_revision\":1,", ""))
          .isEqualTo(expected);
      assertThat(engine.points())
          .filteredOn(point -> point.metric().equals("average_precision"))
          .extracting(MetricPoint::revision)
          .contains(0, 1);
      assertThat(complete(engine).status().revision()).isEqualTo(1);
    }
  }

  @Test
  void aRevisionOfASetThatTwoRunsShareIsReportedOnceAndItsValuesUnderBoth() throws Exception {
    try (LiveEngine engine = new LiveEngine(settings("shared"), 2)) {
      engine.send(of("run", set.batches(700, 2)));
      engine.ask(request("mine"));
      engine.await("report", () -> engine.outcomes().size() == 1);
      engine.send(of("other run", set.batches(700, 2)));
      engine.ask(
          TwoJobs.request("theirs").setRunId("other run").setSlices(List.of("country")).build());
      engine.await("reuse", () -> engine.outcomes().size() == 2);
      engine.send(of("other run", List.of(correction(1))));
      engine.await("report of the revision", () -> engine.outcomes().size() == 3);
      engine.await(
          "values under both",
          () ->
              engine.points().stream()
                      .filter(p -> p.revision() == 1 && p.metric().equals("roc_auc"))
                      .map(p -> p.claim().runId())
                      .distinct()
                      .count()
                  == 2);
      engine.ask(request("again"));
      engine.await("reuse of the revision", () -> engine.outcomes().size() == 4);

      assertThat(engine.outcomes())
          .extracting(o -> o.trigger().id() + " " + o.state() + " " + o.revision())
          .containsExactly(
              "mine EVALUATED 0", "theirs REUSED 0", "mine EVALUATED 1", "again REUSED 1");
      assertThat(engine.deadLetters()).isEmpty();
    }
  }

  @Test
  void aCorrectionRestatesFoldsAndComparisonsToo() throws Exception {
    WireBatches zero = WireBatches.random(1, ROWS).as("step-8", 0);
    WireBatches one = WireBatches.random(2, ROWS).as("step-8", 1);
    WireBatches baseline = zero.rescored(3, "step-4");
    try (LiveEngine engine = new LiveEngine(settings("folds"), 2)) {
      engine.send(zero.batches(1_000, 1));
      engine.send(one.batches(1_000, 1));
      engine.send(baseline.batches(1_000, 1));
      engine.ask(TwoJobs.request("folds").setAllFolds(true).setFolds(2).build());
      engine.ask(comparison("comparison").build());
      engine.await("reports", () -> engine.outcomes().size() == 2);
      byte[] other = {(byte) (zero.labels[7] ^ 1)};
      engine.send(List.of(zero.labels(new long[] {7}, other, 0, 1, 0, true, 1)));
      engine.await("ends of the revision", () -> engine.outcomes().size() == 4);
      // a comparison needs the same labels on both sides; the report before stays
      Outcome failed =
          engine.outcomes().stream()
              .filter(o -> o.state() == Outcome.State.FAILED)
              .findFirst()
              .orElseThrow();
      assertThat(failed.trigger().id()).isEqualTo("comparison (label revision 1)");
      assertThat(failed.reason()).contains("label");

      engine.send(List.of(baseline.labels(new long[] {7}, other, 0, 1, 0, true, 1)));
      engine.await(
          "the corrected baseline",
          () ->
              engine.manifests().stream()
                      .filter(m -> m.status().revision() == 1)
                      .map(SetManifest::setKey)
                      .distinct()
                      .count()
                  == 2);
      engine.ask(TwoJobs.request("baseline").setCheckpoint("step-4").setFold(0).build());
      engine.await(
          "the baseline's own report",
          () -> engine.outcomes().stream().anyMatch(o -> o.trigger().id().equals("baseline")));
      engine.send(List.of(zero.labels(new long[] {7}, other, 0, 1, 0, true, 2)));
      engine.await("later ends", () -> engine.outcomes().size() >= 7);
      engine.ask(comparison("again").build());
      engine.await(
          "the comparison of corrected labels",
          () -> engine.outcomes().stream().anyMatch(o -> o.trigger().id().equals("again")));

      assertThat(engine.outcomes())
          .extracting(o -> o.trigger().id() + " " + o.state() + " " + o.revision())
          .contains(
              "folds EVALUATED 0",
              "comparison EVALUATED 0",
              "folds EVALUATED 1",
              "folds EVALUATED 2",
              "comparison EVALUATED 2",
              "again REUSED 2");
      assertThat(
              engine.outcomes().stream().map(Outcome::reportKey).filter(k -> k != null).distinct())
          .hasSize(3);
    }
  }

  private static EvaluationRequest.Builder comparison(String id) {
    return TwoJobs.request(id).setFold(0).setBaseline(new Baseline("run", "step-4", null));
  }

  private static List<PredictionBatch> of(String run, List<PredictionBatch> batches) {
    for (PredictionBatch batch : batches) {
      batch.setRunId(run);
      batch.getCheckpoint().setModelDigest("model");
      batch.getEvaluationSet().setDatasetDigest("data");
      batch.setTransformDigest("transform");
    }
    return batches;
  }

  @Test
  void correctionsAreJoinedInTheirOrderWhateverOrderTheyCameIn() throws Exception {
    String expected = reportAtOnce(corrected);
    try (LiveEngine engine = new LiveEngine(settings("order"), 1)) {
      // revision 1 says nonsense that revision 2 puts right; 2 comes first
      PredictionBatch nonsense = set.labels(wrong, new byte[wrong.length], 0, 1, 0, true, 1);
      engine.send(List.of(correction(2)));
      engine.send(WireBatches.withoutLabels(set.batches(900, 1)));
      engine.send(List.of(nonsense));
      engine.send(set.labels(800, 2, 0));
      engine.await(
          "revision 2",
          () -> engine.manifests().stream().anyMatch(m -> m.status().revision() == 2));
      assertThat(
              engine.manifests().stream()
                  .filter(m -> m.status().state() == SetState.COMPLETE)
                  .map(m -> m.status().revision())
                  .distinct())
          .containsExactly(0, 1, 2);
      engine.ask(request("late"));
      engine.await(
          "the newest report", () -> engine.outcomes().stream().anyMatch(o -> o.revision() == 2));
      Outcome newest = engine.outcomes().get(engine.outcomes().size() - 1);
      assertThat(newest.reportJson().replace("\"label_revision\":2,", "")).isEqualTo(expected);
      assertThat(engine.deadLetters()).isEmpty();
    }
  }

  private static boolean waits(LiveEngine engine, String reason) {
    return engine.manifests().stream()
        .map(m -> m.status().reason())
        .anyMatch(r -> r != null && r.startsWith(reason));
  }

  private static SetManifest complete(LiveEngine engine) {
    return engine.manifests().stream()
        .filter(m -> m.status().state() == SetState.COMPLETE)
        .reduce((a, b) -> b)
        .orElseThrow();
  }

  private static EvaluationRequest request(String id) {
    return TwoJobs.request(id).setSlices(List.of("country")).build();
  }

  private String reportAtOnce(WireBatches rows) throws Exception {
    TwoJobs jobs = new TwoJobs(settings("at-once"), 2);
    List<dev.touchstone.jobs.model.RawMessage> messages = new ArrayList<>();
    for (PredictionBatch batch : rows.batches(1_000, 1)) {
      messages.add(rows.message(batch, messages.size()));
    }
    return jobs.ask(jobs.complete(messages), List.of(request("at-once")))
        .of("at-once")
        .reportJson();
  }

  private EngineSettings settings(String cache) {
    return EngineSettings.from(
        SettingsSource.empty()
            .with("cache.directory", directory.resolve(cache).toUri().toString())
            .with("cache.segment_rows", 900)
            .with("fast.emit_interval_millis", 50)
            .with("ledger.progress_interval_millis", 50)
            .with("full.rows_per_split", 2_000)
            .with("full.deadline_seconds", 60));
  }
}
