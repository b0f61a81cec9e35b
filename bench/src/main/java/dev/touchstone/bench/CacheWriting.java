package dev.touchstone.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import dev.touchstone.jobs.PredictionsJob;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.Task;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * {@code ./touchstone bench cache [ROWS]}: how long the real predictions job takes from encoded
 * messages to a complete set in the cache, decoding, ledger, proxies and files forced to disk
 * included. Every batch has the same scores and labels, so that making them costs nothing. Prints a
 * JSON object a way of giving ids: a contiguous range; the stride of one of two ranks that pad
 * their last batch; ids all over 64 bits. Each is run twice and the second, warm, is printed.
 */
final class CacheWriting {

  private static final int BATCH = 1 << 16;
  private static final int SLOTS = 2;

  /** How the sender numbers its examples. */
  private enum Ids {
    CONTIGUOUS,
    TWO_RANKS,
    SCATTERED
  }

  private static final Predictions MADE = Predictions.of(Predictions.Shape.RARE, 0, BATCH);
  private static final byte[] SCORES = Wire.littleEndian(MADE.scores());
  private static final ThreadLocal<Codec<PredictionBatch>> CODEC =
      ThreadLocal.withInitial(() -> Codec.of(PredictionBatch.class));

  private CacheWriting() {}

  static void run(Path home, String[] args) throws Exception {
    long rows = args.length == 0 ? 10_000_000 : Long.parseLong(args[0].replace("_", ""));
    for (Ids ids : Ids.values()) {
      write(home, rows, ids);
      System.out.println(write(home, rows, ids));
    }
  }

  private static String write(Path home, long rows, Ids ids) throws Exception {
    Path directory = home.resolve("bench/target/cache-writing");
    Scratch.delete(directory);
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("cache.directory", directory.toString())
                .with("ledger.max_id_bytes", 1L << 33));
    // two shards take turns
    long perShard = (rows / 2 + BATCH - 1) / BATCH;
    var configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    configuration.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY,
        directory.resolveSibling("cache-writing-checkpoints").toAbsolutePath().toUri().toString());
    var env = StreamExecutionEnvironment.createLocalEnvironment(SLOTS, configuration);
    env.enableCheckpointing(2_000);
    var sets = new Collected<SetManifest>();
    var refused = new Collected<DeadLetter>();
    PredictionsJob.topology(
        env,
        settings,
        Messages.of(i -> message(rows / 2, i, perShard, ids), 2 * perShard),
        Messages.nothing("prediction-sets"),
        Messages.nothing("reports"),
        Messages.nothing("run-events"),
        new Collected<MetricPoint>(),
        sets,
        new Collected<>(),
        new Collected<>(),
        refused);
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    env.execute("write " + rows);
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
    SetManifest complete =
        sets.elements().stream()
            .filter(m -> m.status().state() == SetState.COMPLETE)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "the set did not become complete: "
                            + refused.elements().stream().map(DeadLetter::reason).findFirst()));
    long bytes = complete.segments().stream().mapToLong(s -> s.bytes()).sum();
    Scratch.delete(directory);
    long written = complete.status().rows();
    return new ObjectMapper()
        .createObjectNode()
        .put("ids", ids.name())
        .put("rows", written)
        .put("duplicate_rows", complete.status().duplicateRows())
        .put("segments", complete.segments().size())
        .put("bytes_per_row", (double) bytes / written)
        .put("seconds", seconds)
        .put("cpu_seconds", cpuSeconds)
        .put("ns_per_row", seconds * 1e9 / written)
        .put("cpu_ns_per_row", cpuSeconds * 1e9 / written)
        .toString();
  }

  private static RawMessage message(long rowsOfShard, long index, long perShard, Ids ids) {
    int shard = (int) (index % 2);
    long sequence = index / 2;
    long from = sequence * BATCH;
    int count = (int) Math.min(BATCH, rowsOfShard - from);
    PredictionBatch batch =
        PredictionBatch.newBuilder()
            .setRunId("cache")
            .setCheckpoint(ModelCheckpoint.newBuilder().setId("c").setStep(1).build())
            .setEvaluationSet(EvaluationSet.newBuilder().setId(ids.name()).build())
            .setShard(shard)
            .setShards(2)
            .setSequence(sequence)
            .setLastOfShard(sequence == perShard - 1)
            .setTask(Task.BINARY)
            .setCount(count)
            .setExampleIds(
                switch (ids) {
                  case CONTIGUOUS -> shard * rowsOfShard + from;
                  case TWO_RANKS -> padded(shard, from, count, rowsOfShard);
                  case SCATTERED -> scattered(shard * rowsOfShard + from, count);
                })
            .setLabels(ByteBuffer.wrap(MADE.labels(), 0, count).slice())
            .setLabelEncoding(LabelEncoding.U8)
            .setScores(ByteBuffer.wrap(SCORES, 0, 4 * count).slice())
            .setEmittedAt(Instant.EPOCH)
            .build();
    return new RawMessage("predictions", 0, index, null, CODEC.get().encode(batch), 0);
  }

  private static ByteBuffer padded(int rank, long from, int count, long rowsOfRank) {
    ByteBuffer ids = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = from; i < from + count; i++) {
      // the very last row of the second rank is the first example of all
      ids.putLong(rank == 1 && i == rowsOfRank - 1 ? 0 : 2 * i + rank);
    }
    return ids.flip();
  }

  private static ByteBuffer scattered(long from, int count) {
    ByteBuffer ids = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = from; i < from + count; i++) {
      ids.putLong(i * 0x9E3779B97F4A7C15L); // odd, so a bijection
    }
    return ids.flip();
  }
}
