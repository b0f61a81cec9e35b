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
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * {@code ./touchstone bench fast-tier [ROWS [WAVES]]}: predictions that lie in a real broker's
 * topic, to proxy points on the metrics topic: decoding, checks, ledger, proxies of the whole and
 * of ten slices; nothing cached. Broker and job share this process and its cores.
 *
 * <p>The job lives on while wave after wave of sets comes, each in one transaction: nothing of it
 * can be read before all of it is committed, which starts the clock; the last COMPLETE point of its
 * last set stops it. The last wave is printed: the compiler of a JVM that has just started takes a
 * third of two processors for a minute.
 */
final class FastTier {

  private static final int BATCH = 1 << 16;
  private static final int SETS = 16;
  private static final int WAVES = 6;
  private static final byte[] COMPLETE = "\"state\":\"COMPLETE\"".getBytes(StandardCharsets.UTF_8);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String topic;
  private final long rowsPerSet;

  private final Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);
  private final ByteBuffer scores;
  private final ByteBuffer labels;
  private final ByteBuffer codes;

  private FastTier(EngineSettings settings, long rowsPerSet) {
    topic = settings.kafka().topics().predictions();
    this.rowsPerSet = rowsPerSet;
    var made = Predictions.of(Predictions.Shape.RARE, 0, BATCH);
    scores = ByteBuffer.wrap(Wire.littleEndian(made.scores()));
    labels = ByteBuffer.wrap(made.labels());
    byte[] slices = new byte[BATCH];
    for (int row = 0; row < BATCH; row++) {
      slices[row] = (byte) ((row * 0x9E3779B9L >>> 16 & 0xFFFF) % FastJob.SLICES);
    }
    codes = ByteBuffer.wrap(slices);
  }

  static void run(Path home, String[] args) throws Exception {
    long rows = args.length == 0 ? 800_000_000 : Long.parseLong(args[0].replace("_", ""));
    int waves = args.length < 2 ? WAVES : Integer.parseInt(args[1]);
    Path directory = home.resolve("bench/target/fast-tier").toAbsolutePath();
    Scratch.delete(directory);
    try (var kafka = EmbeddedKafka.start(directory.resolve("kafka"), Ports.free(), Ports.free())) {
      EngineSettings settings = FastJob.settings(kafka.bootstrap(), "bench");
      TopicSetup.create(settings.kafka());
      new FastTier(settings, Math.max(1, rows / SETS / BATCH) * BATCH)
          .measure(settings, kafka.bootstrap(), directory.resolve("checkpoints"), waves);
    } finally {
      Scratch.delete(directory);
    }
  }

  private void measure(EngineSettings settings, String bootstrap, Path checkpoints, int waves)
      throws Exception {
    Map<String, Object> reading =
        Map.of("bootstrap.servers", bootstrap, "fetch.min.bytes", 1, "fetch.max.wait.ms", 100);
    Map<String, Object> writing =
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "batch.size",
            1 << 20,
            "buffer.memory",
            64L << 20,
            "transactional.id",
            "bench",
            "transaction.timeout.ms",
            600_000);
    var job = FastJob.of(settings, checkpoints, 2_000).executeAsync("fast tier");
    try (var points = FastJob.points(settings, reading);
        var admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
        var producer =
            new KafkaProducer<>(writing, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      for (int wave = 1; wave <= waves; wave++) {
        producer.beginTransaction();
        Map<TopicPartition, RecordsToDelete> written = produce(producer, "wave-" + wave);
        String measured = time(producer, points);
        if (wave < waves) {
          System.err.println("warming up: " + measured);
        } else {
          System.out.println(measured);
        }
        admin.deleteRecords(written).all().get();
      }
    }
    job.cancel().get();
  }

  /** The sets of a wave, taking turns; returns where they end. */
  private Map<TopicPartition, RecordsToDelete> produce(
      KafkaProducer<byte[], byte[]> producer, String run) throws Exception {
    Map<TopicPartition, Future<RecordMetadata>> last = new HashMap<>();
    long batches = rowsPerSet / BATCH;
    for (long sequence = 0; sequence < batches; sequence++) {
      for (int set = 0; set < SETS; set++) {
        byte[] message = codec.encode(batch(run, "set-" + set, sequence, batches));
        var partition = new TopicPartition(topic, set % (2 * FastJob.SLOTS));
        last.put(
            partition,
            producer.send(new ProducerRecord<>(topic, partition.partition(), null, message)));
      }
    }
    producer.flush();
    Map<TopicPartition, RecordsToDelete> ends = new HashMap<>();
    for (var end : last.entrySet()) {
      ends.put(end.getKey(), RecordsToDelete.beforeOffset(end.getValue().get().offset() + 1));
    }
    return ends;
  }

  private PredictionBatch batch(String run, String checkpoint, long sequence, long batches) {
    return FastJob.batch(
            run, checkpoint, 1, sequence, sequence == batches - 1, BATCH, scores, labels)
        .setSlices(FastJob.countries(codes))
        .build();
  }

  private String time(
      KafkaProducer<byte[], byte[]> producer, KafkaConsumer<byte[], byte[]> consumer)
      throws Exception {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long start = System.nanoTime();
    long cpu = system.getProcessCpuTime();
    producer.commitTransaction();
    long points = 0;
    Set<String> complete = new HashSet<>();
    while (complete.size() < SETS) {
      for (var message : consumer.poll(Duration.ofMillis(100))) {
        points++;
        if (Bytes.contain(message.value(), COMPLETE)) {
          complete.add(JSON.readTree(message.value()).get("checkpoint").asText());
        }
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
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
