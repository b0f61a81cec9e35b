package dev.touchstone.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.cli.runtime.EmbeddedKafka;
import dev.touchstone.cli.runtime.Ports;
import dev.touchstone.cli.runtime.TopicSetup;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.PredictionBatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * {@code ./touchstone bench fast-latency [SETS]}: from the last batch of a set, handed to the
 * producer, to its COMPLETE average precision in a consumer of the metrics topic, while a million
 * predictions a second of another set arrive. A set of 20,000 rows comes every 150 ms; the first
 * tenth warms up and is not counted.
 */
final class FastLatency {

  private static final int ROWS = 20_000;
  private static final int LOAD_ROWS = 50_000;
  private static final long LOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long SET_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final EngineSettings settings;
  private final Map<String, Object> client;
  private final Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);
  private final Map<String, Long> sent = new ConcurrentHashMap<>();

  private FastLatency(Path directory, String bootstrap) {
    this.directory = directory;
    client = Map.of("bootstrap.servers", bootstrap, "fetch.min.bytes", 1);
    settings = FastJob.settings(bootstrap, "bench");
  }

  static void run(Path home, String[] args) throws Exception {
    int sets = args.length == 0 ? 400 : Integer.parseInt(args[0]);
    Path directory = home.resolve("bench/target/fast-latency").toAbsolutePath();
    Scratch.delete(directory);
    try (var kafka = EmbeddedKafka.start(directory.resolve("kafka"), Ports.free(), Ports.free())) {
      var bench = new FastLatency(directory, kafka.bootstrap());
      TopicSetup.create(bench.settings.kafka());
      System.out.println(bench.measure(sets));
    } finally {
      Scratch.delete(directory);
    }
  }

  private String measure(int sets) throws Exception {
    var env = FastJob.of(settings, directory.resolve("checkpoints"), 2_000);
    var job = env.executeAsync("fast latency");
    var producing = new Thread(() -> produce(sets), "producing");
    double[] millis = new double[sets];
    try (var consumer = FastJob.points(settings, client)) {
      producing.start();
      for (int seen = 0; seen < sets; ) {
        for (var message : consumer.poll(Duration.ofMillis(100))) {
          long now = System.nanoTime();
          JsonNode point = JSON.readTree(message.value());
          Long start =
              point.get("state").asText().equals("COMPLETE")
                      && point.get("metric").asText().equals("average_precision")
                  ? sent.remove(point.get("checkpoint").asText())
                  : null;
          if (start != null) {
            millis[seen++] = (now - start) / 1e6;
          }
        }
      }
    }
    producing.join();
    job.cancel().get();
    double[] counted = Arrays.copyOfRange(millis, sets / 10, sets);
    Arrays.sort(counted);
    return JSON.createObjectNode()
        .put("p50_millis", counted[counted.length / 2])
        .put("p99_millis", counted[(int) Math.ceil(0.99 * counted.length) - 1])
        .put("max_millis", counted[counted.length - 1])
        .put("sets", counted.length)
        .put("rows_of_a_set", ROWS)
        .put("predictions_per_second", LOAD_ROWS * 1e9 / LOAD_NANOS + ROWS * 1e9 / SET_NANOS)
        .put("slots", FastJob.SLOTS)
        .toString();
  }

  private void produce(int sets) {
    var made = Predictions.of(Predictions.Shape.RARE, 0, LOAD_ROWS);
    ByteBuffer scores = ByteBuffer.wrap(Wire.littleEndian(made.scores()));
    ByteBuffer labels = ByteBuffer.wrap(made.labels());
    String topic = settings.kafka().topics().predictions();
    try (var producer =
        new KafkaProducer<byte[], byte[]>(
            client, new ByteArraySerializer(), new ByteArraySerializer())) {
      long start = System.nanoTime();
      long load = 0;
      for (int set = 0; set < sets; ) {
        long now = System.nanoTime() - start;
        if (now >= load * LOAD_NANOS) {
          var batch = batch("load", load, false, LOAD_ROWS, scores, labels);
          producer.send(new ProducerRecord<>(topic, codec.encode(batch)));
          load++;
        } else if (now >= set * SET_NANOS) {
          String checkpoint = "set-" + set++;
          var batch = batch(checkpoint, 0, true, ROWS, scores, labels);
          byte[] message = codec.encode(batch);
          sent.put(checkpoint, System.nanoTime());
          producer.send(new ProducerRecord<>(topic, message));
        } else {
          LockSupport.parkNanos(500_000);
        }
      }
    }
  }

  private static PredictionBatch batch(
      String checkpoint,
      long sequence,
      boolean last,
      int rows,
      ByteBuffer scores,
      ByteBuffer labels) {
    return FastJob.batch("run-" + checkpoint, checkpoint, 1, sequence, last, rows, scores, labels)
        .build();
  }
}
