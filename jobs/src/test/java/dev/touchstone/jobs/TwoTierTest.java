package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.output.WireAccess;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.CollectingSink;
import dev.touchstone.jobs.testing.MemorySource;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.PlainJson;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationRequest;
import dev.touchstone.schemas.avro.PredictionBatch;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Both jobs on a mini cluster, from wire bytes to reports, over a real cache directory. */
class TwoTierTest {

  private static final int ROWS = 20_000;

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path cache;

  private final WireBatches set = WireBatches.random(1, ROWS);

  /** What one run of both jobs gave. */
  private record Results(
      List<MetricPoint> proxies,
      List<SetManifest> manifests,
      List<DeadLetter> deadLetters,
      List<Outcome> outcomes) {

    SetManifest complete() {
      return manifests.stream()
          .filter(m -> m.status().state() == SetState.COMPLETE)
          .reduce((a, b) -> b)
          .orElseThrow();
    }
  }

  @Test
  void proxiesAndReportComeFromTheSamePredictions() throws Exception {
    Results results = run(messages(set.batches(1_000, 2)), 2);

    assertThat(results.deadLetters()).isEmpty();
    assertThat(results.complete().status().rows()).isEqualTo(ROWS);
    JsonNode report = evaluated(results);
    assertThat(report.at("/n").asLong()).isEqualTo(ROWS);
    double exact = report.at("/metrics/average_precision/value").asDouble();
    assertThat(exact).isCloseTo(bruteForceAveragePrecision(), within(1e-12));
    MetricPoint proxy =
        results.proxies().stream()
            .filter(p -> p.metric().equals("average_precision") && p.complete())
            .findFirst()
            .orElseThrow();
    assertThat(exact).isBetween(proxy.ciLow(), proxy.ciHigh());
  }

  @Test
  void orderBatchSizeShardsAndParallelismChangeNoByteOfTheReport() throws Exception {
    Set<String> reports = new HashSet<>();
    int run = 0;
    for (int parallelism : new int[] {1, 2, 4}) {
      List<RawMessage> messages = messages(set.batches(700 + 300 * run, 1 + run));
      Collections.shuffle(messages, new Random(run));
      Results results = run(messages, parallelism);
      reports.add(outcome(results, Outcome.State.EVALUATED).reportJson());
      run++;
    }
    assertThat(reports).hasSize(1);
  }

  @Test
  void badMessagesBecomeDeadLettersAndDuplicatesAreCountedWhileMetricsStayRight() throws Exception {
    List<PredictionBatch> batches = set.batches(1_000, 1);
    List<RawMessage> messages = messages(batches);
    long offset = messages.size();
    byte[] random = {0x42, 1, 2, 3};
    messages.add(WireBatches.message(random, offset++));
    PredictionBatch wrongLength = set.batch(0, 10, 0, 1, 50, false);
    wrongLength.setCount(11);
    messages.add(set.message(wrongLength, offset++));
    WireBatches broken = WireBatches.random(2, 10);
    broken.scores[3] = Float.NaN;
    messages.add(broken.message(broken.batch(0, 10, 0, 1, 51, false), offset++));
    messages.add(set.message(batches.get(4), offset++));
    PredictionBatch conflict = set.batch(5_000, 6_000, 0, 1, 4, false);
    messages.add(set.message(conflict, offset));

    Results results = run(messages, 2);

    assertThat(results.deadLetters())
        .extracting(DeadLetter::reason)
        .anySatisfy(r -> assertThat(r).startsWith("first byte must be C3"))
        .anySatisfy(r -> assertThat(r).contains("scores must be 44 bytes for count 11, got 40"))
        .anySatisfy(r -> assertThat(r).contains("scores must be numbers, got NaN in row 3"))
        .anySatisfy(r -> assertThat(r).contains("other content under the same shard and sequence"))
        .hasSize(4);
    assertThat(results.deadLetters())
        .filteredOn(letter -> Arrays.equals(letter.source().value(), random))
        .hasSize(1);
    assertThat(evaluated(results).at("/metrics/average_precision/value").asDouble())
        .isCloseTo(bruteForceAveragePrecision(), within(1e-12));
  }

  @Test
  void whatRanksPadTheirLastBatchWithCountsOnce() throws Exception {
    Results plain = run(messages(set.batches(1_000, 1)), 2);
    // 20,000 rows over 3 and 7 ranks: 1 and 6 rows too many
    for (int ranks : new int[] {3, 7}) {
      List<RawMessage> messages = messages(set.padded(900, ranks));
      Collections.shuffle(messages, new Random(ranks));
      Results padded = run(messages, 2);

      assertThat(padded.deadLetters()).isEmpty();
      assertThat(padded.complete().status().rows()).isEqualTo(ROWS);
      assertThat(padded.complete().status().duplicateRows()).isEqualTo(ranks - ROWS % ranks);
      assertThat(padded.complete().status().conflictingRows()).isZero();
      assertThat(padded.complete().status().rowDigest())
          .isEqualTo(plain.complete().status().rowDigest());
      assertThat(outcome(padded, Outcome.State.EVALUATED).reportJson())
          .isEqualTo(outcome(plain, Outcome.State.EVALUATED).reportJson());
    }
  }

  @Test
  void theFirstOfTwoDifferentRowsOfAnExampleStaysAndTheOtherIsACountedConflict() throws Exception {
    List<PredictionBatch> batches = set.batches(1_000, 2);
    // a third shard sends 50 examples of the first batch again, 10 of them with other scores
    for (PredictionBatch batch : batches) {
      batch.setShards(3);
    }
    PredictionBatch again = set.batch(100, 150, 2, 3, 0, true);
    for (int i = 0; i < 10; i++) {
      again.getScores().order(ByteOrder.LITTLE_ENDIAN).putFloat(4 * i, 0.123f + i);
    }
    batches.add(again);

    Results results = run(messages(batches), 1);

    assertThat(results.complete().status().duplicateRows()).isEqualTo(50);
    assertThat(results.complete().status().conflictingRows()).isEqualTo(10);
    assertThat(evaluated(results).at("/n").asLong()).isEqualTo(ROWS);
    assertThat(evaluated(results).at("/metrics/average_precision/value").asDouble())
        .isCloseTo(bruteForceAveragePrecision(), within(1e-12));
    String manifest =
        Files.readString(cache.resolve(results.complete().setKey()).resolve("manifest.json"));
    assertThat(manifest).contains("\"duplicate_rows\" : 50").contains("\"conflicting_rows\" : 10");
  }

  @Test
  void everySegmentButTheLastIsFull() throws Exception {
    List<Segment> segments = predictions(messages(set.batches(130, 3)), 2).complete().segments();
    assertThat(segments).hasSize(7);
    assertThat(segments.subList(0, 6))
        .allSatisfy(s -> assertThat(s.rows()).isBetween(3_000L, 3_129L));
  }

  @Test
  void aSetWithoutRowsIsCompleteAndItsMetricsAreUndefinedWithAReason() throws Exception {
    WireBatches nothing = WireBatches.random(1, 0);
    PredictionBatch end = nothing.batch(0, 0, 0, 1, 0, true);
    end.getEvaluationSet().setSize(null);

    Results results = run(List.of(nothing.message(end, 0)), 1);

    JsonNode ap = evaluated(results).at("/metrics/average_precision");
    assertThat(ap.get("value").isNull()).isTrue();
    assertThat(ap.get("reason").asText()).isEqualTo("empty");
    assertThat(results.proxies())
        .allSatisfy(point -> assertThat(point.value()).isNull())
        .isNotEmpty();
  }

  @Test
  void theSecondTriggerOfTheSameQuestionIsReused() throws Exception {
    Results results = run(messages(set.batches(5_000, 1)), 2);

    assertThat(results.outcomes())
        .extracting(Outcome::state)
        .containsExactlyInAnyOrder(Outcome.State.EVALUATED, Outcome.State.REUSED);
    assertThat(results.outcomes()).extracting(Outcome::reportKey).doesNotContainNull();
  }

  @Test
  void aDamagedSegmentFailsTheEvaluationAndNamesTheFile() throws Exception {
    List<RawMessage> messages = messages(set.batches(5_000, 1));
    SetManifest manifest = predictions(messages, 1).complete();
    Path file = cache.resolve(manifest.setKey()).resolve(manifest.segments().get(0).file());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    List<Outcome> outcomes = evaluations(List.of(manifest), 1);

    assertThat(outcomes).extracting(Outcome::state).containsOnly(Outcome.State.FAILED);
    assertThat(outcomes.get(0).reason())
        .startsWith(
            "cached segment "
                + manifest.setKey()
                + "/"
                + manifest.segments().get(0).file()
                + ": the content is not what the name says, see a page of column score at offset ");
  }

  private List<RawMessage> messages(List<PredictionBatch> batches) {
    List<RawMessage> messages = new ArrayList<>();
    for (PredictionBatch batch : batches) {
      messages.add(set.message(batch, messages.size()));
    }
    return messages;
  }

  private Results run(List<RawMessage> messages, int parallelism) throws Exception {
    Results predictions = predictions(messages, parallelism);
    return new Results(
        predictions.proxies(),
        predictions.manifests(),
        predictions.deadLetters(),
        evaluations(predictions.manifests(), parallelism));
  }

  private Results predictions(List<RawMessage> messages, int parallelism) throws Exception {
    StreamExecutionEnvironment env = environment(parallelism);
    var metrics = new CollectingSink<MetricPoint>();
    var sets = new CollectingSink<SetManifest>();
    var deadLetters = new CollectingSink<DeadLetter>();
    PredictionsJob.topology(
        env,
        settings(),
        MemorySource.of(messages),
        MemorySource.nothing(),
        MemorySource.nothing(),
        MemorySource.nothing(),
        metrics,
        sets,
        new CollectingSink<>(),
        new CollectingSink<>(),
        deadLetters);
    env.execute();
    return new Results(metrics.collected(), sets.collected(), deadLetters.collected(), List.of());
  }

  private List<Outcome> evaluations(List<SetManifest> manifests, int parallelism) throws Exception {
    StreamExecutionEnvironment env = environment(parallelism);
    var reports = new CollectingSink<Outcome>();
    CheckpointEvent event =
        CheckpointEvent.newBuilder()
            .setRunId("run")
            .setCheckpoint("step-8")
            .setStep(8)
            .setEvaluationSet("val")
            .setEmittedAt(Instant.EPOCH)
            .build();
    EvaluationRequest request =
        EvaluationRequest.newBuilder()
            .setRequestId("again")
            .setRunId("run")
            .setCheckpoint("step-8")
            .setEmittedAt(Instant.EPOCH)
            .build();
    List<RawMessage> sets = new ArrayList<>();
    for (SetManifest manifest : manifests) {
      sets.add(WireBatches.message(WireAccess.json(manifest), sets.size()));
    }
    EvaluationsJob.topology(
        env,
        settings(),
        MemorySource.of(
            List.of(WireBatches.message(Codec.of(CheckpointEvent.class).encode(event), 0))),
        MemorySource.of(List.of(WireBatches.message(PlainJson.writeBytes(request), 0))),
        MemorySource.of(sets),
        MemorySource.nothing(),
        reports,
        new CollectingSink<>(),
        new CollectingSink<>(),
        new CollectingSink<>());
    env.execute();
    return reports.collected();
  }

  private static StreamExecutionEnvironment environment(int parallelism) {
    Configuration failFast = new Configuration();
    failFast.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(failFast);
    env.setParallelism(parallelism);
    env.enableCheckpointing(200);
    return env;
  }

  private EngineSettings settings() {
    return EngineSettings.from(
        SettingsSource.empty()
            .with("cache.directory", cache.toUri().toString())
            .with("cache.segment_rows", 3_000)
            .with("full.rows_per_split", 4_000)
            .with("full.deadline_seconds", 30));
  }

  private static Outcome outcome(Results results, Outcome.State state) {
    return results.outcomes().stream()
        .filter(o -> o.state() == state)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + state + " in " + results.outcomes()));
  }

  private static JsonNode evaluated(Results results) throws Exception {
    String json = outcome(results, Outcome.State.EVALUATED).reportJson();
    return new ObjectMapper().readTree(json.getBytes(StandardCharsets.UTF_8));
  }

  /** Each positive is credited with the precision at its own score. */
  private double bruteForceAveragePrecision() {
    double sum = 0;
    long positives = 0;
    for (int i = 0; i < ROWS; i++) {
      if (set.labels[i] == 1) {
        positives++;
        long above = 0;
        long truePositives = 0;
        for (int j = 0; j < ROWS; j++) {
          if (set.scores[j] >= set.scores[i]) {
            above++;
            truePositives += set.labels[j];
          }
        }
        sum += (double) truePositives / above;
      }
    }
    return sum / positives;
  }
}
