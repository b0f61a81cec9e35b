package dev.touchstone.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import dev.touchstone.cli.runtime.EmbeddedKafka;
import dev.touchstone.cli.runtime.Ports;
import dev.touchstone.cli.runtime.TopicSetup;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.PredictionBatch;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * {@code ./touchstone bench fast-tier [ROWS]}: predictions that lie in a real broker's topic, to
 * proxy points on the metrics topic: decoding, checks, ledger, proxies of the whole and of ten
 * slices; nothing cached. Broker and job share this process and its cores.
 *
 * <p>The clock runs from the first point that a small set at the head of the topic leads to, to the
 * last COMPLETE point of the last set. The job runs four times over the same topic; the last, warm
 * time is printed: the compiler of a JVM that has just started takes a third of two processors for
 * a minute.
 */
final class FastTier {

  private static final int BATCH = 1 << 16;
  private static final int SETS = 16;
  private static final int RUNS = 4;
  private static final byte[] COUNTS = "\"checkpoint\":\"set-".getBytes(StandardCharsets.UTF_8);
  private static final byte[] COMPLETE = "\"state\":\"COMPLETE\"".getBytes(StandardCharsets.UTF_8);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final String bootstrap;
  private final long rowsPerSet;

  private FastTier(Path directory, String bootstrap, long rowsPerSet) {
    this.directory = directory;
    this.bootstrap = bootstrap;
    this.rowsPerSet = rowsPerSet;
  }

  static void run(Path home, String[] args) throws Exception {
    long rows = args.length == 0 ? 800_000_000 : Long.parseLong(args[0].replace("_", ""));
    Path directory = home.resolve("bench/target/fast-tier").toAbsolutePath();
    Scratch.delete(directory);
    try (var kafka = EmbeddedKafka.start(directory.resolve("kafka"), Ports.free(), Ports.free())) {
      long perSet = Math.max(1, rows / SETS / BATCH) * BATCH;
      var bench = new FastTier(directory, kafka.bootstrap(), perSet);
      TopicSetup.create(bench.settings(0).kafka());
      bench.produce();
      for (int run = 1; run < RUNS; run++) {
        System.err.println("warming up: " + bench.measure(run));
      }
      System.out.println(bench.measure(RUNS));
    } finally {
      Scratch.delete(directory);
    }
  }

  private EngineSettings settings(int run) {
    return FastJob.settings(bootstrap, "bench-" + run);
  }

  /** A small set at the head of every partition, then the sets, taking turns. */
  private void produce() throws Exception {
    var made = Predictions.of(Predictions.Shape.RARE, 0, BATCH);
    ByteBuffer scores = ByteBuffer.wrap(Wire.littleEndian(made.scores()));
    ByteBuffer labels = ByteBuffer.wrap(made.labels());
    byte[] codes = new byte[BATCH];
    for (int row = 0; row < BATCH; row++) {
      codes[row] = (byte) ((row * 0x9E3779B9L >>> 16 & 0xFFFF) % FastJob.SLICES);
    }
    Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);
    String topic = settings(0).kafka().topics().predictions();
    Map<String, Object> properties =
        Map.of("bootstrap.servers", bootstrap, "batch.size", 1 << 20, "buffer.memory", 64L << 20);
    try (var producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int partition = 0; partition < 2 * FastJob.SLOTS; partition++) {
        var head = batch("head-" + partition, 0, 1, scores, labels, codes);
        producer.send(new ProducerRecord<>(topic, partition, null, codec.encode(head))).get();
      }
      long batches = rowsPerSet / BATCH;
      for (long sequence = 0; sequence < batches; sequence++) {
        for (int set = 0; set < SETS; set++) {
          var batch = batch("set-" + set, sequence, batches, scores, labels, codes);
          producer.send(
              new ProducerRecord<>(topic, set % (2 * FastJob.SLOTS), null, codec.encode(batch)));
        }
      }
    }
  }

  private static PredictionBatch batch(
      String checkpoint,
      long sequence,
      long batches,
      ByteBuffer scores,
      ByteBuffer labels,
      byte[] codes) {
    return FastJob.batch(
            "fast-tier", checkpoint, 1, sequence, sequence == batches - 1, BATCH, scores, labels)
        .setSlices(FastJob.countries(ByteBuffer.wrap(codes)))
        .build();
  }

  private String measure(int run) throws Exception {
    EngineSettings settings = settings(run);
    var env = FastJob.of(settings, directory.resolve("checkpoints-" + run), 2_000);
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    Map<String, Object> properties =
        Map.of("bootstrap.servers", bootstrap, "fetch.min.bytes", 1, "fetch.max.wait.ms", 100);
    try (var consumer = FastJob.points(settings, properties)) {
      var job = env.executeAsync("fast tier");
      long start = 0;
      long cpu = 0;
      long points = 0;
      Set<String> complete = new HashSet<>();
      while (complete.size() < SETS) {
        for (var message : consumer.poll(Duration.ofMillis(100))) {
          if (start == 0) {
            start = System.nanoTime();
            cpu = system.getProcessCpuTime();
          }
          points++;
          if (Bytes.contain(message.value(), COUNTS) && Bytes.contain(message.value(), COMPLETE)) {
            complete.add(JSON.readTree(message.value()).get("checkpoint").asText());
          }
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
      job.cancel().get();
      long rows = rowsPerSet * SETS;
      return JSON.createObjectNode()
          .put("predictions_per_second", rows / seconds)
          .put("rows", rows)
          .put("sets", SETS)
          .put("slices", FastJob.SLICES)
          .put("slots", FastJob.SLOTS)
          .put("points", points)
          .put("seconds", seconds)
          .put("cpu_seconds", cpuSeconds)
          .put("cpu_ns_per_row", cpuSeconds * 1e9 / rows)
          .toString();
    }
  }
}
