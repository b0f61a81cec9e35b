package dev.touchstone.cli.demo;

import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.Topics;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.InferenceStats;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SliceColumn;
import dev.touchstone.schemas.avro.StepTiming;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Sends one run's predictions, checkpoint events and step timings to Kafka.
 *
 * <p>The evaluation set is cut once: shard s of S holds the rows [s·N/S, (s+1)·N/S), in blocks of
 * {@code batchRows}. A block is one model call and one message. Labels and slices never change, so
 * that only scores are new from step to step; a replayed step has the same columns, byte for byte
 * (attempt, latency and the time of sending differ).
 *
 * <p>A failed delivery surfaces at the next {@link #flush()}. Not thread-safe.
 */
final class PredictionEmitter {

  static final String EVALUATION_SET = "fraud-validation";
  static final String SPLIT = "validation";

  /** The model reads the generated features as they are: there is no preprocessing to vary. */
  static final String TRANSFORM_DIGEST =
      Digests.sha256Hex("identity over " + FraudStream.VERSION + " " + FraudStream.FEATURES);

  private static final String HARDWARE = FraudModel.THREADS + " cpu threads";

  /** Rows [from, to) of the evaluation set: message {@code sequence} of {@code shard}. */
  record Block(
      int shard,
      long sequence,
      boolean lastOfShard,
      int from,
      int to,
      ByteBuffer labels,
      List<SliceColumn> slices) {

    int rows() {
      return to - from;
    }
  }

  private final Producer<String, byte[]> producer;
  private final Topics topics;
  private final RunState run;
  private final DemoSettings settings;
  private final Clock clock;
  private final EvaluationSet evaluationSet;
  private final List<Block> blocks;
  private final Codec<PredictionBatch> batches = Codec.of(PredictionBatch.class);
  private final Codec<CheckpointEvent> checkpoints = Codec.of(CheckpointEvent.class);
  private final Codec<StepTiming> timings = Codec.of(StepTiming.class);
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private long predictionsEmitted;

  PredictionEmitter(
      Producer<String, byte[]> producer,
      Topics topics,
      RunState run,
      DemoSettings settings,
      LabelledRows validation,
      Clock clock) {
    this.producer = producer;
    this.topics = topics;
    this.run = run;
    this.settings = settings;
    this.clock = clock;
    this.blocks = cut(validation, settings.shards(), settings.batchRows());
    this.evaluationSet =
        EvaluationSet.newBuilder()
            .setId(EVALUATION_SET)
            .setDatasetDigest(validation.digest())
            .setSplit(SPLIT)
            .setSize((long) validation.rows())
            .build();
  }

  /** In the order of sending: shards take turns, as ranks that run side by side would. */
  List<Block> blocks() {
    return blocks;
  }

  long predictionsEmitted() {
    return predictionsEmitted;
  }

  /**
   * Sends one block's scores.
   *
   * @param epoch passes over the training data so far
   * @param latencyMicros of the model call that made the scores
   */
  void emit(
      int step, double epoch, String modelDigest, Block block, float[] scores, long latencyMicros) {
    if (scores.length != block.rows()) {
      throw new IllegalArgumentException(
          "scores must be as many as the block's rows, " + block.rows() + ", got " + scores.length);
    }
    String checkpoint = DemoSettings.checkpointId(step);
    ByteBuffer packed =
        ByteBuffer.allocate(Float.BYTES * scores.length).order(ByteOrder.LITTLE_ENDIAN);
    packed.asFloatBuffer().put(scores);
    PredictionBatch batch =
        PredictionBatch.newBuilder()
            .setRunId(run.runId())
            .setAttempt(run.attempt())
            .setCheckpoint(
                ModelCheckpoint.newBuilder()
                    .setId(checkpoint)
                    .setStep(step)
                    .setEpoch(epoch)
                    .setModelDigest(modelDigest)
                    .build())
            .setEvaluationSet(evaluationSet)
            .setTransformDigest(TRANSFORM_DIGEST)
            .setShard(block.shard())
            .setShards(settings.shards())
            .setSequence(block.sequence())
            .setLastOfShard(block.lastOfShard())
            .setTask(Task.BINARY)
            .setOutputs(1)
            .setCount(block.rows())
            .setExampleIds((long) block.from())
            .setLabels(block.labels())
            .setLabelEncoding(LabelEncoding.U8)
            .setScores(packed)
            .setSlices(block.slices())
            .setInference(
                InferenceStats.newBuilder()
                    .setLatencyMicros(List.of(latencyMicros))
                    .setBatchSize(block.rows())
                    .setHardware(HARDWARE)
                    .build())
            .setEmittedAt(clock.instant())
            .build();
    String key = String.join("|", run.runId(), checkpoint, EVALUATION_SET, "" + block.shard());
    send(topics.predictions(), key, batches.encode(batch));
    predictionsEmitted += block.rows();
  }

  /**
   * Announces a model checkpoint. Its predictions were flushed before.
   *
   * @return when it was sent, milliseconds since the epoch
   */
  long emitCheckpoint(int step, double epoch, String modelDigest, String path) {
    CheckpointEvent event =
        CheckpointEvent.newBuilder()
            .setRunId(run.runId())
            .setAttempt(run.attempt())
            .setCheckpoint(DemoSettings.checkpointId(step))
            .setStep(step)
            .setEpoch(epoch)
            .setModelDigest(modelDigest)
            .setEvaluationSet(EVALUATION_SET)
            .setSplit(SPLIT)
            .setPath(path)
            .setEmittedAt(clock.instant())
            .build();
    send(topics.checkpoints(), run.runId(), checkpoints.encode(event));
    return event.getEmittedAt().toEpochMilli();
  }

  /** Says where the time of one step went. */
  void emitTiming(int step, Map<String, Long> phaseMicros) {
    StepTiming timing =
        StepTiming.newBuilder()
            .setRunId(run.runId())
            .setAttempt(run.attempt())
            .setStep(step)
            .setSteps(1)
            .setPhaseMicros(phaseMicros)
            .setDigest(TRANSFORM_DIGEST)
            .setEmittedAt(clock.instant())
            .build();
    send(topics.timings(), run.runId(), timings.encode(timing));
  }

  /**
   * Waits until the broker has everything that was sent.
   *
   * @throws IllegalStateException if something was not delivered
   */
  void flush() {
    producer.flush();
    Exception failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("not delivered to Kafka: " + failed.getMessage(), failed);
    }
  }

  private void send(String topic, String key, byte[] value) {
    producer.send(
        new ProducerRecord<>(topic, key, value),
        (metadata, exception) -> {
          if (exception != null) {
            failure.compareAndSet(null, exception);
          }
        });
  }

  private static List<Block> cut(LabelledRows rows, int shards, int batchRows) {
    List<List<Block>> byShard = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      int begin = (int) ((long) rows.rows() * shard / shards);
      int end = (int) ((long) rows.rows() * (shard + 1) / shards);
      List<Block> blocks = new ArrayList<>();
      for (int from = begin; from < end; from += batchRows) {
        int to = Math.min(end, from + batchRows);
        blocks.add(
            new Block(
                shard,
                blocks.size(),
                to == end,
                from,
                to,
                slice(rows.labels(), from, to),
                List.of(
                    new SliceColumn(
                        "country", FraudStream.COUNTRIES, slice(rows.countries(), from, to)),
                    new SliceColumn(
                        "channel", FraudStream.CHANNELS, slice(rows.channels(), from, to)))));
      }
      byShard.add(blocks);
    }
    List<Block> turns = new ArrayList<>();
    int longest = byShard.stream().mapToInt(List::size).max().orElseThrow();
    for (int i = 0; i < longest; i++) {
      for (List<Block> blocks : byShard) {
        if (i < blocks.size()) {
          turns.add(blocks.get(i));
        }
      }
    }
    return List.copyOf(turns);
  }

  private static ByteBuffer slice(byte[] column, int from, int to) {
    return ByteBuffer.wrap(Arrays.copyOfRange(column, from, to));
  }
}
