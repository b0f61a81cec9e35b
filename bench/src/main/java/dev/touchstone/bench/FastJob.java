package dev.touchstone.bench;

import dev.touchstone.jobs.PredictionsJob;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SliceColumn;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The job of predictions beside a broker in one process, nothing cached, and what is sent to it.
 */
final class FastJob {

  static final int SLOTS = 2;
  static final int SLICES = 10;

  private FastJob() {}

  static EngineSettings settings(String bootstrap, String group) {
    return EngineSettings.from(
        SettingsSource.empty()
            .with("kafka.bootstrap_servers", bootstrap)
            .with("kafka.group_id", group)
            .with("kafka.partitions", 2 * SLOTS)
            .with("cache.enabled", false));
  }

  /** The job, ready to be executed, with the network buffers of conf/config.yaml. */
  static StreamExecutionEnvironment of(
      EngineSettings settings, Path checkpoints, long checkpointMillis) {
    var configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
    configuration.setString("taskmanager.memory.segment-size", "128kb");
    configuration.setString("taskmanager.memory.network.min", "256mb");
    configuration.setString("taskmanager.memory.network.max", "256mb");
    var env = StreamExecutionEnvironment.createLocalEnvironment(SLOTS, configuration);
    env.enableCheckpointing(checkpointMillis);
    PredictionsJob.onKafka(env, settings);
    return env;
  }

  /** A reader of the points that come from now on. */
  static KafkaConsumer<byte[], byte[]> points(EngineSettings settings, Map<String, Object> client) {
    var consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(settings.kafka().topics().metrics()).stream()
            .map(p -> new TopicPartition(p.topic(), p.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
    return consumer;
  }

  /**
   * Rows of one shard, the first of each buffer; {@code sequence} batches of as many came before.
   */
  static PredictionBatch.Builder batch(
      String run,
      String checkpoint,
      long step,
      long sequence,
      boolean last,
      int rows,
      ByteBuffer scores,
      ByteBuffer labels) {
    return PredictionBatch.newBuilder()
        .setRunId(run)
        .setCheckpoint(ModelCheckpoint.newBuilder().setId(checkpoint).setStep(step).build())
        .setEvaluationSet(EvaluationSet.newBuilder().setId("bench").build())
        .setSequence(sequence)
        .setLastOfShard(last)
        .setTask(Task.BINARY)
        .setCount(rows)
        .setExampleIds(sequence * rows)
        .setLabels(labels.slice(0, rows))
        .setLabelEncoding(LabelEncoding.U8)
        .setScores(scores.slice(0, 4 * rows))
        .setEmittedAt(Instant.EPOCH);
  }

  /** One column with {@value #SLICES} values. */
  static List<SliceColumn> countries(ByteBuffer codes) {
    return List.of(
        SliceColumn.newBuilder()
            .setName("country")
            .setDictionary(IntStream.range(0, SLICES).mapToObj(i -> "C" + i).toList())
            .setCodes(codes)
            .build());
  }
}
