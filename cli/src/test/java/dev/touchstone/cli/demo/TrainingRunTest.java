package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.Topics;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.StepTiming;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {

  private static final Topics TOPICS = new Topics("t.");
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-03-04T05:06:07Z"), ZoneOffset.UTC);
  private static final Consumer<TrainingRun.Progress> SILENT = progress -> {};

  /** 5,001 rows in two shards: 2,500 (1,024 + 1,024 + 452) and 2,501. */
  private static final DemoSettings SETTINGS =
      DemoSettings.defaults().withRows(5_001, 20_000).withSteps(5, 2).withBatches(2, 1_024);

  @TempDir Path dir;

  @Test
  void everyExampleIsEmittedOnceAStep() throws Exception {
    MockProducer<String, byte[]> producer = producer();
    TrainingRun.Summary summary = run(SETTINGS, producer, SILENT);

    LabelledRows rows = FraudStream.validation(7, 5_001, 2_500);
    List<PredictionBatch> batches = batches(producer);
    assertThat(batches).hasSize(5 * 6);
    for (int step = 1; step <= 5; step++) {
      int[] times = new int[5_001];
      for (PredictionBatch batch : ofStep(batches, step)) {
        int first = Math.toIntExact((Long) batch.getExampleIds());
        assertThat(batch.getLabels().remaining()).isEqualTo(batch.getCount());
        assertThat(batch.getScores().remaining()).isEqualTo(4 * batch.getCount());
        for (int i = 0; i < batch.getCount(); i++) {
          times[first + i]++;
          assertThat(batch.getLabels().get(i)).isEqualTo(rows.labels()[first + i]);
          assertThat(batch.getSlices().get(0).getCodes().get(i))
              .isEqualTo(rows.countries()[first + i]);
          assertThat(batch.getSlices().get(1).getCodes().get(i))
              .isEqualTo(rows.channels()[first + i]);
        }
      }
      assertThat(times).as("step %d", step).containsOnly(1);
    }
    assertThat(summary.predictionsEmitted()).isEqualTo(5 * 5_001);
    assertThat(summary.steps()).isEqualTo(5);
    assertThat(summary.attempt()).isZero();
    assertThat(summary.alreadyFinished()).isFalse();
  }

  @Test
  void batchesNameTheirModelTheirDataAndTheirPlace() throws Exception {
    MockProducer<String, byte[]> producer = producer();
    TrainingRun.Summary summary = run(SETTINGS, producer, SILENT);

    String dataset = FraudStream.validation(7, 5_001, 2_500).digest();
    List<PredictionBatch> batches = ofStep(batches(producer), 3);
    for (PredictionBatch batch : batches) {
      assertThat(batch.getRunId()).isEqualTo(summary.runId()).startsWith("fraud-20260304-050607-");
      assertThat(batch.getCheckpoint().getId()).isEqualTo("step-000003");
      assertThat(batch.getCheckpoint().getEpoch()).isEqualTo(9.0);
      assertThat(batch.getCheckpoint().getModelDigest()).hasSize(64);
      assertThat(batch.getEvaluationSet().getDatasetDigest()).isEqualTo(dataset);
      assertThat(batch.getEvaluationSet().getSize()).isEqualTo(5_001);
      assertThat(batch.getTransformDigest()).hasSize(64);
      assertThat(batch.getShards()).isEqualTo(2);
      assertThat(batch.getTask()).isEqualTo(Task.BINARY);
      assertThat(batch.getLabelEncoding()).isEqualTo(LabelEncoding.U8);
      assertThat(batch.getSlices().get(0).getDictionary()).contains("BR", "DE");
      assertThat(batch.getInference().getLatencyMicros()).hasSize(1);
      assertThat(batch.getEmittedAt()).isEqualTo(CLOCK.instant());
    }
    // shards take turns; the last of each says so
    assertThat(batches)
        .extracting(b -> b.getShard() + ":" + b.getSequence() + ":" + b.getLastOfShard())
        .containsExactly(
            "0:0:false", "1:0:false", "0:1:false", "1:1:false", "0:2:true", "1:2:true");
    assertThat(batches)
        .extracting(PredictionBatch::getCount)
        .containsExactly(1_024, 1_024, 1_024, 1_024, 452, 453);
    assertThat(producer.history().stream().filter(r -> r.topic().equals("t.predictions")))
        .extracting(ProducerRecord::key)
        .contains(
            summary.runId() + "|step-000003|fraud-validation|0",
            summary.runId() + "|step-000003|fraud-validation|1");
  }

  @Test
  void checkpointsFollowTheirPredictionsAndTheirModelIsSaved() throws Exception {
    MockProducer<String, byte[]> producer = producer();
    TrainingRun.Summary summary = run(SETTINGS, producer, SILENT);

    Codec<CheckpointEvent> codec = Codec.of(CheckpointEvent.class);
    List<String> order = new ArrayList<>();
    for (ProducerRecord<String, byte[]> message : producer.history()) {
      if (message.topic().equals("t.checkpoints")) {
        CheckpointEvent event = codec.decode(message.value());
        order.add("event " + event.getCheckpoint());
        assertThat(message.key()).isEqualTo(summary.runId());
        assertThat(event.getEvaluationSet()).isEqualTo("fraud-validation");
        assertThat(Digests.sha256Hex(Files.readAllBytes(Path.of(event.getPath()))))
            .isEqualTo(event.getModelDigest());
      } else if (message.topic().equals("t.predictions")) {
        order.add(Codec.of(PredictionBatch.class).decode(message.value()).getCheckpoint().getId());
      }
    }
    assertThat(order).hasSize(5 * 6 + 2);
    assertThat(order.indexOf("event step-000002")).isEqualTo(order.lastIndexOf("step-000002") + 1);
    assertThat(order.indexOf("event step-000004")).isEqualTo(order.lastIndexOf("step-000004") + 1);
    assertThat(summary.checkpoints())
        .containsExactly(
            new TrainingRun.Checkpoint("step-000002", 2, CLOCK.millis()),
            new TrainingRun.Checkpoint("step-000004", 4, CLOCK.millis()));
  }

  @Test
  void timingsSayWhereEachStepWent() throws Exception {
    MockProducer<String, byte[]> producer = producer();
    run(SETTINGS.withPace(Duration.ofMillis(1_500)).withSteps(2, 1), producer, SILENT);

    List<StepTiming> timings = new ArrayList<>();
    for (ProducerRecord<String, byte[]> message : producer.history()) {
      if (message.topic().equals("t.timings")) {
        timings.add(Codec.of(StepTiming.class).decode(message.value()));
      }
    }
    assertThat(timings).extracting(StepTiming::getStep).containsExactly(1L, 2L);
    assertThat(timings.get(0).getPhaseMicros())
        .containsKeys("data_wait", "preprocess", "compute", "evaluate");
    assertThat(timings.get(1).getPhaseMicros()).containsOnlyKeys("compute", "evaluate", "idle");
    assertThat(timings.get(1).getPhaseMicros().values()).allMatch(micros -> micros > 0);
  }

  @Test
  void restartEmitsTheSameColumnsUnderTheNextAttempt() throws Exception {
    MockProducer<String, byte[]> killed = producer();
    assertThatThrownBy(
            () ->
                run(
                    SETTINGS,
                    killed,
                    progress -> {
                      if (progress.step() == 3) {
                        throw new IllegalStateException("power cut");
                      }
                    }))
        .hasMessage("power cut");

    MockProducer<String, byte[]> restarted = producer();
    TrainingRun.Summary summary = run(SETTINGS, restarted, SILENT);

    List<PredictionBatch> before = batches(killed);
    List<PredictionBatch> after = batches(restarted);
    assertThat(summary.attempt()).isEqualTo(1);
    assertThat(before).hasSize(3 * 6);
    assertThat(after).hasSize(5 * 6);
    for (int i = 0; i < before.size(); i++) {
      PredictionBatch again = after.get(i);
      assertThat(again.getAttempt()).isEqualTo(1);
      again.setAttempt(0);
      again.setInference(before.get(i).getInference()); // how long a call took is no content
      assertThat(again).as("batch %d", i).isEqualTo(before.get(i));
    }
  }

  @Test
  void finishedRunIsNotTrainedAgain() throws Exception {
    TrainingRun.Summary first = run(SETTINGS, producer(), SILENT);
    MockProducer<String, byte[]> producer = producer();
    TrainingRun.Summary again = run(SETTINGS, producer, SILENT);

    assertThat(producer.history()).isEmpty();
    assertThat(again.alreadyFinished()).isTrue();
    assertThat(again).usingRecursiveComparison().ignoringFields("alreadyFinished").isEqualTo(first);
  }

  @Test
  void otherSettingsInTheSameDirectoryAreRefused() throws Exception {
    TrainingRun.Summary first = run(SETTINGS, producer(), SILENT);
    assertThatThrownBy(() -> run(SETTINGS.withSeed(8), producer(), SILENT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("holds run " + first.runId() + " with other settings")
        .hasMessageContaining("use its settings or another directory");
  }

  @Test
  void brokenStateFileIsNamed() throws Exception {
    Files.writeString(dir.resolve("run.json"), "{\"run_id\":");
    assertThatThrownBy(() -> run(SETTINGS, producer(), SILENT))
        .isInstanceOf(java.io.IOException.class)
        .hasMessageContaining("run.json is not a run's state");
  }

  @Test
  void undeliveredBatchEndsTheRun() {
    MockProducer<String, byte[]> failing =
        new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer()) {
          @Override
          public synchronized void flush() {
            while (errorNext(new RecordTooLargeException("too large"))) {
              // all of them
            }
          }
        };
    assertThatThrownBy(() -> run(SETTINGS, failing, SILENT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("not delivered to Kafka: too large");
  }

  @Test
  void interruptEndsTheRunAndItCanGoOn() throws Exception {
    assertThatThrownBy(
            () -> run(SETTINGS, producer(), progress -> Thread.currentThread().interrupt()))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(run(SETTINGS, producer(), SILENT).attempt()).isEqualTo(1);
  }

  @Test
  void progressCountsUp() throws Exception {
    List<TrainingRun.Progress> seen = new ArrayList<>();
    run(SETTINGS, producer(), seen::add);
    assertThat(seen).extracting(TrainingRun.Progress::step).containsExactly(1, 2, 3, 4, 5);
    assertThat(seen)
        .extracting(TrainingRun.Progress::predictionsEmitted)
        .containsExactly(5_001L, 10_002L, 15_003L, 20_004L, 25_005L);
    assertThat(seen)
        .extracting(TrainingRun.Progress::checkpoint)
        .containsExactly(false, true, false, true, false);
    assertThat(seen.get(4).predictionsPerSecond()).isPositive();
  }

  @Test
  void defaultMessageStaysUnderKafkasLimit() throws Exception {
    MockProducer<String, byte[]> producer = producer();
    run(
        DemoSettings.defaults()
            .withRows(DemoSettings.MAX_BATCH_ROWS, 1_000)
            .withSteps(1, 1)
            .withBatches(1, DemoSettings.MAX_BATCH_ROWS),
        producer,
        SILENT);
    assertThat(producer.history()).allMatch(message -> message.value().length < 900_000);
  }

  @Test
  void scoresAreTheSavedModelsOwn() throws Exception {
    MockProducer<String, byte[]> producer = producer();
    run(SETTINGS, producer, SILENT);
    float[] scores = new float[5_001];
    for (PredictionBatch batch : ofStep(batches(producer), 4)) {
      int first = Math.toIntExact((Long) batch.getExampleIds());
      ByteBuffer packed = batch.getScores().order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < batch.getCount(); i++) {
        scores[first + i] = packed.getFloat(4 * i);
      }
    }
    LabelledRows rows = FraudStream.validation(7, 5_001, 2_500);
    var saved =
        ml.dmlc.xgboost4j.java.XGBoost.loadModel(
            dir.resolve("models").resolve("step-000004.ubj").toString());
    var matrix =
        new ml.dmlc.xgboost4j.java.DMatrix(rows.features(), rows.rows(), rows.width(), Float.NaN);
    float[][] expected = saved.predict(matrix);
    for (int row = 0; row < scores.length; row++) {
      assertThat(scores[row]).as("row %d", row).isEqualTo(expected[row][0]);
    }
  }

  @Test
  void settingsNameKeyRuleAndValue() {
    assertThatThrownBy(() -> DemoSettings.defaults().withRows(10, 20_000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("validationRows must be in [1000, 100000000], got 10");
    assertThatThrownBy(() -> DemoSettings.defaults().withSteps(3, 4))
        .hasMessage("checkpointEvery must be in [1, 3], got 4");
    assertThatThrownBy(() -> DemoSettings.defaults().withBatches(2, 65_537))
        .hasMessage("batchRows must be in [1, 65536], got 65537");
    assertThatThrownBy(() -> DemoSettings.defaults().withPace(Duration.ofSeconds(-1)))
        .hasMessage("pace must not be negative, got PT-1S");
  }

  private TrainingRun.Summary run(
      DemoSettings settings,
      MockProducer<String, byte[]> producer,
      Consumer<TrainingRun.Progress> progress)
      throws Exception {
    return new TrainingRun(settings, dir, producer, TOPICS, CLOCK, progress).run();
  }

  private static MockProducer<String, byte[]> producer() {
    return new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
  }

  private static List<PredictionBatch> batches(MockProducer<String, byte[]> producer)
      throws Exception {
    Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);
    List<PredictionBatch> batches = new ArrayList<>();
    for (ProducerRecord<String, byte[]> message : producer.history()) {
      if (message.topic().equals("t.predictions")) {
        batches.add(codec.decode(message.value()));
      }
    }
    return batches;
  }

  private static List<PredictionBatch> ofStep(List<PredictionBatch> batches, int step) {
    return batches.stream().filter(batch -> batch.getCheckpoint().getStep() == step).toList();
  }
}
