package dev.touchstone.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * {@code ./touchstone bench fast-soak [RUNS [ROUNDS]]}: the memory of the fast tier with so many
 * runs at the same time on one task manager of two slots, each with a prediction set and ten
 * slices: while all sets are half there, and after each round of model checkpoints, when all are
 * complete and only remembered. Heap in use after a full collection; broker and job share the
 * process.
 *
 * <p>A round stands for a minute of runs that evaluate once a minute: 60 rounds are an hour's.
 */
final class FastSoak {

  private static final int ROWS = 8_192;
  private static final byte[] COMPLETE = "\"state\":\"COMPLETE\"".getBytes(StandardCharsets.UTF_8);
  private static final byte[] WHOLE =
      "\"slice\":\"\",\"metric\":\"average_precision\"".getBytes(StandardCharsets.UTF_8);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final EngineSettings settings;
  private final String bootstrap;
  private final Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);
  private final ByteBuffer scores;
  private final ByteBuffer labels;
  private final ByteBuffer codes;

  private FastSoak(Path directory, String bootstrap) {
    this.directory = directory;
    this.bootstrap = bootstrap;
    settings = FastJob.settings(bootstrap, "bench");
    var made = Predictions.of(Predictions.Shape.RARE, 0, ROWS);
    scores = ByteBuffer.wrap(Wire.littleEndian(made.scores()));
    labels = ByteBuffer.wrap(made.labels());
    byte[] slices = new byte[ROWS];
    for (int row = 0; row < ROWS; row++) {
      slices[row] = (byte) (row % FastJob.SLICES);
    }
    codes = ByteBuffer.wrap(slices);
  }

  static void run(Path home, String[] args) throws Exception {
    int runs = args.length == 0 ? 1_000 : Integer.parseInt(args[0]);
    int rounds = args.length < 2 ? 60 : Integer.parseInt(args[1]);
    Path directory = home.resolve("bench/target/fast-soak").toAbsolutePath();
    Scratch.delete(directory);
    try (var kafka = EmbeddedKafka.start(directory.resolve("kafka"), Ports.free(), Ports.free())) {
      var bench = new FastSoak(directory, kafka.bootstrap());
      TopicSetup.create(bench.settings.kafka());
      System.out.println(bench.measure(runs, rounds));
    } finally {
      Scratch.delete(directory);
    }
  }

  private String measure(int runs, int rounds) throws Exception {
    var env = FastJob.of(settings, directory.resolve("checkpoints"), 10_000);
    var job = env.executeAsync("fast soak");
    var result = JSON.createObjectNode().put("runs", runs).put("rounds", rounds);
    Map<String, Object> client = Map.of("bootstrap.servers", bootstrap);
    try (var producer =
            new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
        var consumer = FastJob.points(settings, client)) {
      // a round that brings in all classes and fills all buffers
      round(producer, consumer, runs, 0);
      long idle = heapInUse();
      long remembered = 0;
      for (int round = 1; round <= rounds; round++) {
        double live = (round(producer, consumer, runs, round) - idle) / 1024.0 / runs;
        if (round == 1) {
          result.put("kib_of_a_live_set", live);
          System.err.printf("%d live sets: %.1f KiB each%n", runs, live);
        }
        if (round % 10 == 0 || round == 1) {
          remembered = heapInUse() - idle;
          System.err.printf(
              "round %d: %.1f MiB beyond idle, %.1f KiB a set remembered%n",
              round, remembered / 1048576.0, remembered / 1024.0 / runs / round);
        }
      }
      result.put("kib_of_a_remembered_set", remembered / 1024.0 / runs / rounds);
    }
    job.cancel().get();
    return result.put("slices", FastJob.SLICES).toString();
  }

  /** A model checkpoint of every run; returns the heap in use when all sets are half there. */
  private long round(
      KafkaProducer<byte[], byte[]> producer,
      KafkaConsumer<byte[], byte[]> consumer,
      int runs,
      int round)
      throws InterruptedException {
    for (int run = 0; run < runs; run++) {
      send(producer, run, round, 0);
    }
    awaitPoints(consumer, WHOLE, runs);
    long live = round <= 1 ? heapInUse() : 0;
    for (int run = 0; run < runs; run++) {
      send(producer, run, round, 1);
    }
    awaitPoints(consumer, COMPLETE, runs);
    return live;
  }

  private static long heapInUse() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) { // soft and weak references, and what is still on its way
      Thread.sleep(1_000);
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }

  /** Reads until so many sets have said their average precision, in a point that holds a text. */
  private static void awaitPoints(KafkaConsumer<byte[], byte[]> consumer, byte[] text, int sets) {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    for (int seen = 0; seen < sets; ) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "after 5 minutes only " + seen + " of " + sets + " sets had their points");
      }
      for (var message : consumer.poll(Duration.ofMillis(100))) {
        if (Bytes.contain(message.value(), WHOLE) && Bytes.contain(message.value(), text)) {
          seen++;
        }
      }
    }
  }

  private void send(KafkaProducer<byte[], byte[]> producer, int run, int round, int sequence) {
    String checkpoint = "step-" + round;
    var batch =
        FastJob.batch(
                "run-" + run, checkpoint, round, sequence, sequence == 1, ROWS, scores, labels)
            .setSlices(FastJob.countries(codes))
            .build();
    producer.send(
        new ProducerRecord<>(settings.kafka().topics().predictions(), codec.encode(batch)));
  }
}
