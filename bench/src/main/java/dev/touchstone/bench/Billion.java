package dev.touchstone.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.jobs.EvaluationsJob;
import dev.touchstone.jobs.PredictionsJob;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.output.Wire;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.PlainJson;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.Task;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * {@code ./touchstone bench billion [ROWS …]}: writes prediction sets of so many rows into a cache
 * through the real predictions job, then asks the real evaluations job for the exact report of
 * each. Prints one JSON object a set: seconds from the trigger to the report, nanoseconds a
 * prediction, the highest heap, and what writing took. The first set is evaluated twice, so that
 * the second time is warm.
 *
 * <p>Rows are those of {@link Predictions} and depend on the seed alone. Sets stay in {@code
 * bench/target/billion} for the next time; about 4.3 bytes a row.
 */
final class Billion {
  private static final int BATCH = 1 << 17;
  private static final int SLOTS = 2;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static volatile long triggeredNanos;

  private final Path directory;
  private final EngineSettings settings;

  private Billion(Path directory) {
    this.directory = directory;
    this.settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("cache.directory", directory.toString())
                .with("full.rows_per_range", 1 << 29));
  }

  static void run(Path home, String[] args) throws Exception {
    long[] sizes =
        args.length == 0 ? new long[] {10_000_000, 100_000_000, 1_000_000_000} : rows(args);
    Path directory = home.resolve("bench/target/billion");
    Files.createDirectories(directory);
    var bench = new Billion(directory);
    bench.evaluate(bench.write(sizes[0]).manifest);
    for (long rows : sizes) {
      Written written = bench.write(rows);
      ObjectNode line = bench.evaluate(written.manifest);
      if (written.seconds > 0) {
        line.put("write_seconds", written.seconds);
        line.put("write_ns_per_prediction", written.seconds * 1e9 / rows);
      }
      System.out.println(line);
    }
  }

  private static long[] rows(String[] args) {
    long[] rows = new long[args.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Long.parseLong(args[i].replace("_", ""));
      if (rows[i] < 1 || rows[i] > 100_000_000_000L) {
        throw new IllegalArgumentException("rows must be in [1, 10^11], got " + args[i]);
      }
    }
    return rows;
  }

  /** A set in the cache, as the topic of prediction sets would tell; 0 seconds: it was there. */
  private record Written(byte[] manifest, double seconds) {}

  private Written write(long rows) throws Exception {
    Path kept = directory.resolve(rows + ".json");
    if (Files.exists(kept)) {
      return new Written(Files.readAllBytes(kept), 0);
    }
    int batches = (int) ((rows + BATCH - 1) / BATCH);
    var env = environment();
    var sets = new Collected<SetManifest>();
    long start = System.nanoTime();
    PredictionsJob.topology(
        env,
        settings,
        Messages.of(i -> message(batch(rows, i, batches), i), batches),
        Messages.nothing("prediction-sets"),
        Messages.nothing("reports"),
        Messages.nothing("run-events"),
        new Collected<MetricPoint>(),
        sets,
        new Collected<>(),
        new Collected<>(),
        new Collected<DeadLetter>());
    env.execute("write " + rows);
    double seconds = (System.nanoTime() - start) / 1e9;
    var complete =
        sets.elements().stream()
            .filter(m -> m.status().state() == SetState.COMPLETE)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("the set did not become complete"));
    byte[] manifest = PlainJson.writeBytes(Wire.of(complete));
    Files.write(kept, manifest);
    return new Written(manifest, seconds);
  }

  private static PredictionBatch batch(long rows, long index, int batches) {
    long from = index * BATCH;
    int count = (int) Math.min(BATCH, rows - from);
    var made = Predictions.of(Predictions.Shape.RARE, from, count);
    return PredictionBatch.newBuilder()
        .setRunId("billion")
        .setCheckpoint(ModelCheckpoint.newBuilder().setId("rows-" + rows).setStep(rows).build())
        .setEvaluationSet(EvaluationSet.newBuilder().setId("made").setSize(rows).build())
        .setShard(0)
        .setShards(1)
        .setSequence(index)
        .setLastOfShard(index == batches - 1)
        .setTask(Task.BINARY)
        .setCount(count)
        .setExampleIds(from)
        .setLabels(ByteBuffer.wrap(made.labels()))
        .setLabelEncoding(LabelEncoding.U8)
        .setScores(ByteBuffer.wrap(dev.touchstone.bench.Wire.littleEndian(made.scores())))
        .setEmittedAt(Instant.EPOCH)
        .build();
  }

  private ObjectNode evaluate(byte[] manifest) throws Exception {
    JsonNode set = JSON.readTree(manifest);
    long rows = set.get("rows").asLong();
    var env = environment();
    var outcomes = new Collected<Outcome>();
    byte[] event =
        Codec.of(CheckpointEvent.class)
            .encode(
                CheckpointEvent.newBuilder()
                    .setRunId("billion")
                    .setCheckpoint("rows-" + rows)
                    .setStep(rows)
                    .setEvaluationSet("made")
                    .setEmittedAt(Instant.EPOCH)
                    .build());
    EvaluationsJob.topology(
        env,
        settings,
        Messages.of(
            i -> {
              triggeredNanos = System.nanoTime();
              return new RawMessage("checkpoints", 0, i, null, event, 0);
            },
            1),
        Messages.nothing("evaluation-requests"),
        Messages.of(i -> new RawMessage("prediction-sets", 0, i, null, manifest, 0), 1),
        Messages.nothing("reports"),
        outcomes,
        new Collected<MetricPoint>(),
        new Collected<Progress>(),
        new Collected<DeadLetter>());
    var heap =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();
    System.gc();
    heap.forEach(MemoryPoolMXBean::resetPeakUsage);
    env.execute("evaluate " + rows);
    Outcome outcome = outcomes.elements().get(0);
    if (outcome.state() != Outcome.State.EVALUATED) {
      throw new IllegalStateException("the evaluation ended " + outcome.state() + ": " + outcome);
    }
    double seconds = (outcomes.lastNanos() - triggeredNanos) / 1e9;
    JsonNode metrics = JSON.readTree(outcome.reportJson()).get("metrics");
    return JSON.createObjectNode()
        .put("rows", rows)
        .put("seconds", seconds)
        .put("ns_per_prediction", seconds * 1e9 / rows)
        .put("peak_heap_bytes", heap.stream().mapToLong(p -> p.getPeakUsage().getUsed()).sum())
        .put("max_heap_bytes", Runtime.getRuntime().maxMemory())
        .put("average_precision", metrics.at("/average_precision/value").asDouble())
        .put("roc_auc", metrics.at("/roc_auc/value").asDouble());
  }

  private static RawMessage message(PredictionBatch batch, long offset) {
    return new RawMessage(
        "predictions", 0, offset, null, Codec.of(PredictionBatch.class).encode(batch), 0);
  }

  private static StreamExecutionEnvironment environment() {
    var configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(16));
    configuration.set(TaskManagerOptions.NUM_TASK_SLOTS, SLOTS);
    var env = StreamExecutionEnvironment.createLocalEnvironment(SLOTS, configuration);
    env.getConfig().enableObjectReuse();
    return env;
  }
}
