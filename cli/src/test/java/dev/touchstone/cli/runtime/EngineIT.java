package dev.touchstone.cli.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.cli.ask.ReportCommand;
import dev.touchstone.cli.ask.RunsCommand;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.Topics;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * The whole engine over a real Kafka broker: wire bytes in, topics and HTTP out, restart between.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EngineIT {

  private static final int QUESTIONS = 20;
  private static final Duration DEADLINE = Duration.ofSeconds(90);
  private static final int ROWS = 4_000;
  private static final Topics TOPICS = Topics.withDefaultPrefix();

  @TempDir static Path data;

  private final ObjectMapper mapper = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();
  private final Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);
  private EmbeddedEngine engine;

  @BeforeAll
  void start() throws Exception {
    engine = EmbeddedEngine.start(options(data, 0));
  }

  @AfterAll
  void stop() {
    engine.close();
  }

  private static EngineOptions options(Path directory, int httpPort) {
    return new EngineOptions(
        directory, SettingsSource::empty, Path.of("../conf"), httpPort, 0, 0, null);
  }

  @Test
  @Order(1)
  void badRecordsBecomeDeadLettersADuplicateIsCountedAndTheMetricsAreRight() throws Exception {
    byte[] random = {0x17, 0x2A, 0x00, (byte) 0xFF};
    PredictionBatch wrongLength = batch("run", 0, 1_000, 7, false);
    wrongLength.setCount(999);
    PredictionBatch notANumber = batch("run", 0, 1_000, 8, false);
    notANumber.getScores().putFloat(4 * 5, Float.NaN);
    send(TOPICS.predictions(), random);
    send(TOPICS.predictions(), codec.encode(wrongLength));
    send(TOPICS.predictions(), codec.encode(notANumber));
    sendSet("run");
    send(TOPICS.predictions(), codec.encode(batch("run", 1_000, 2_000, 1, false)));
    send(TOPICS.checkpoints(), Codec.of(CheckpointEvent.class).encode(event("run")));

    await("the report", () -> get("/v1/runs/run/checkpoints/c1/report") != null);
    await("the duplicate", () -> set("run").path("duplicates").asLong() == 1);

    JsonNode report = get("/v1/runs/run/checkpoints/c1/report");
    JsonNode ap = report.findPath("average_precision");
    assertThat(ap.path("value").asDouble()).isEqualTo(expectedAveragePrecision());
    assertThat(set("run").path("received").asLong()).isEqualTo(ROWS);
    List<ConsumerRecord<byte[], byte[]>> letters = read(TOPICS.deadLetters());
    assertThat(letters).hasSize(3);
    assertThat(letters)
        .extracting(letter -> header(letter, "reason"))
        .anySatisfy(r -> assertThat(r).contains("first byte must be C3"))
        .anySatisfy(r -> assertThat(r).contains("must be 3996 bytes for count 999, got 4000"))
        .anySatisfy(r -> assertThat(r).contains("scores must be numbers, got NaN in row 5"));
    assertThat(letters)
        .allSatisfy(l -> assertThat(header(l, "topic")).isEqualTo(TOPICS.predictions()))
        .allSatisfy(l -> assertThat(header(l, "offset")).matches("\\d+"));
    assertThat(letters).anySatisfy(l -> assertThat(l.value()).isEqualTo(random));
  }

  @Test
  @Order(2)
  void aRequestOverHttpIsAnsweredFromTheCache() throws Exception {
    HttpResponse<String> accepted =
        post("{\"run_id\": \"run\", \"checkpoint\": \"c1\", \"thresholds\": 50}", "key-1");
    assertThat(accepted.statusCode()).isEqualTo(202);
    String location = accepted.headers().firstValue("Location").orElseThrow();
    await("the evaluation", () -> get(location).path("state").asText().equals("EVALUATED"));
    assertThat(post("{\"run_id\": \"run\", \"checkpoint\": \"c1\", \"thresholds\": 50}", "key-1"))
        .extracting(HttpResponse::statusCode)
        .isEqualTo(202);

    String again =
        post("{\"run_id\": \"run\", \"checkpoint\": \"c1\", \"thresholds\": 50}", "key-2")
            .headers()
            .firstValue("Location")
            .orElseThrow();
    await("the reuse", () -> get(again).path("state").asText().equals("REUSED"));
  }

  @Test
  @Order(3)
  void aRequestWithoutPredictionsEndsIncompleteWithItsReason() throws Exception {
    String location =
        post("{\"run_id\": \"run\", \"checkpoint\": \"never\", \"deadline_seconds\": 1}", "key-3")
            .headers()
            .firstValue("Location")
            .orElseThrow();
    await("the end", () -> get(location).path("state").asText().equals("INCOMPLETE"));
    assertThat(get(location).path("reason").asText())
        .isEqualTo("no predictions of model checkpoint never arrived within 1 s");
  }

  @Test
  @Order(3)
  void aRequestThatIsTakenBackEndsExpired() throws Exception {
    String location =
        post("{\"run_id\": \"run\", \"checkpoint\": \"never\"}", "key-4")
            .headers()
            .firstValue("Location")
            .orElseThrow();
    URI uri = URI.create(engine.url()).resolve(location);
    HttpResponse<String> withdrawn =
        http.send(
            HttpRequest.newBuilder(uri).DELETE().build(), HttpResponse.BodyHandlers.ofString());
    assertThat(withdrawn.statusCode()).isEqualTo(202);
    await("the end", () -> get(location).path("state").asText().equals("EXPIRED"));
    assertThat(get(location).path("reason").asText()).isEqualTo("withdrawn by request");
  }

  @Test
  @Order(4)
  void aSecondEngineOnTheSameDirectoryOrPortIsRefusedInOneLine() throws Exception {
    assertThatThrownBy(() -> EmbeddedEngine.start(options(data, 0)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is in use by another engine");
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      Path other = data.resolveSibling("other");
      assertThatThrownBy(() -> EmbeddedEngine.start(options(other, taken.getLocalPort())))
          .isInstanceOf(UsageException.class)
          .hasMessage(
              "port "
                  + taken.getLocalPort()
                  + " (page and API) is taken: stop what listens there, or choose another with"
                  + " --port");
    }
  }

  @Test
  @Order(5)
  void afterARestartEverythingGoesOnWhereItWas() throws Exception {
    // half a set before the restart, the other half after it
    send(TOPICS.predictions(), codec.encode(batch("second", 0, 1_000, 0, false)));
    send(TOPICS.predictions(), codec.encode(batch("second", 1_000, 2_000, 1, false)));
    send(TOPICS.checkpoints(), Codec.of(CheckpointEvent.class).encode(event("second")));
    await("half the set", () -> set("second").path("received").asLong() == 2_000);
    stop();
    start();
    send(TOPICS.predictions(), codec.encode(batch("second", 2_000, 3_000, 2, false)));
    send(TOPICS.predictions(), codec.encode(batch("second", 3_000, 4_000, 3, true)));
    await("the report", () -> get("/v1/runs/second/checkpoints/c1/report") != null);

    JsonNode first = get("/v1/runs/run/checkpoints/c1/report").findPath("metrics");
    JsonNode second = get("/v1/runs/second/checkpoints/c1/report").findPath("metrics");
    assertThat(second).isEqualTo(first);
    assertThat(read(TOPICS.deadLetters())).as("nothing was refused twice").hasSize(3);
  }

  @Test
  @Order(6)
  void theCommandsAskTheRunningServer() throws Exception {
    Said report = said(new ReportCommand(), "--run", "run", "--checkpoint", "c1", "--wait");
    assertThat(report.code()).as(report.err()).isZero();
    assertThat(report.out())
        .startsWith("run, c1 on val/validation\n4,000 examples, ")
        .containsPattern("average precision +0\\.\\d+")
        .contains("Operating points");

    Said json =
        said(
            new ReportCommand(),
            "--run=run",
            "--checkpoint=c1",
            "--thresholds=50",
            "--wait",
            "--format=json");
    assertThat(mapper.readTree(json.out()).at("/metrics/average_precision/value").asDouble())
        .isEqualTo(expectedAveragePrecision());
    assertThat(mapper.readTree(json.out()).at("/sweep")).hasSize(50);

    Said compared =
        said(new ReportCommand(), "--run=run", "--checkpoint=c1", "--baseline=second/c1", "--wait");
    assertThat(compared.code()).as(compared.err()).isZero();
    assertThat(compared.out())
        .containsPattern("Comparison with prediction set [0-9a-f]{32}\nmetric +value +baseline")
        .containsPattern("average precision +0[.]\\d+ +0[.]\\d+ +0[.]0+ ");

    Said page =
        said(new ReportCommand(), "--run=run", "--checkpoint=c1", "--wait", "--format=html");
    assertThat(page.out()).startsWith("<!DOCTYPE html>").contains("<h1>run, c1 on val/validation");

    Said none =
        said(new ReportCommand(), "--run=run", "--checkpoint=none", "--deadline=1", "--wait");
    assertThat(none.code()).isEqualTo(4);
    assertThat(none.out()).isEmpty();
    assertThat(none.err())
        .startsWith("WAITING  no predictions of this checkpoint have arrived; run run has c1")
        .contains("INCOMPLETE  no predictions of model checkpoint none")
        .contains("touchstone: it waited: no predictions of this checkpoint have arrived; run run");

    Said refused = said(new ReportCommand(), "--run=run", "--checkpoint=c1", "--thresholds=1");
    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err())
        .isEqualTo("touchstone: thresholds must be a whole number from 2 to 10000, got 1\n");

    Said asked = said(new ReportCommand(), "--run=run", "--checkpoint=c1", "--id=by-hand");
    assertThat(asked.code()).isZero();
    assertThat(asked.out()).startsWith("by-hand  ");

    Said runs = said(new RunsCommand());
    assertThat(runs.code()).isZero();
    assertThat(runs.out())
        .containsPattern("(?m)^run +status +heard +step")
        .containsPattern("(?m)^run  ");
  }

  @Test
  @Order(6)
  void withoutAServerTheCommandsSayHowToStartOne() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    Said runs = said(new RunsCommand(), "--server=http://127.0.0.1:" + free);
    assertThat(runs.code()).isEqualTo(1);
    assertThat(runs.err())
        .contains("no server answers at http://127.0.0.1:" + free + "/: start one with");
  }

  /** What a command answered. */
  private record Said(int code, String out, String err) {}

  private Said said(Object command, String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    List<String> all = new ArrayList<>(List.of(arguments));
    if (all.stream().noneMatch(a -> a.startsWith("--server"))) {
      all.add("--server=" + engine.url());
    }
    int code =
        new CommandLine(command)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(all.toArray(String[]::new));
    return new Said(code, out.toString(), err.toString());
  }

  /** How soon is measured by bench/engine/latency.py; here it is only told. */
  @Test
  @Order(7)
  void aQuestionThatWasAnsweredBeforeIsReused() throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", engine.bootstrap(), "acks", "all");
    List<Double> millis = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        KafkaConsumer<byte[], byte[]> reports = fromTheEnd(TOPICS.reports())) {
      for (int i = 0; i < QUESTIONS; i++) {
        String id = "again-" + i;
        byte[] request =
            ("{\"request_id\": \""
                    + id
                    + "\", \"run_id\": \"run\", \"checkpoint\": \"c1\","
                    + " \"emitted_at\": 0}")
                .getBytes(StandardCharsets.UTF_8);
        long start = System.nanoTime();
        producer.send(new ProducerRecord<>(TOPICS.evaluationRequests(), null, request)).get();
        JsonNode outcome = null;
        while (outcome == null) {
          assertThat(System.nanoTime() - start).isLessThan(DEADLINE.toNanos());
          for (ConsumerRecord<byte[], byte[]> record : reports.poll(Duration.ofMillis(100))) {
            JsonNode read = mapper.readTree(record.value());
            outcome = read.path("trigger_id").asText().equals(id) ? read : outcome;
          }
        }
        millis.add((System.nanoTime() - start) / 1e6);
        assertThat(outcome.path("state").asText()).isEqualTo("REUSED");
        assertThat(outcome.path("report_key").asText()).isNotEmpty();
      }
    }
    millis.sort(null);
    System.out.printf(
        "reused, from the request's topic to the outcome's: best %.1f, median %.1f, worst %.1f ms%n",
        millis.get(0), millis.get(millis.size() / 2), millis.get(millis.size() - 1));
  }

  private KafkaConsumer<byte[], byte[]> fromTheEnd(String topic) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", engine.bootstrap()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(p -> new TopicPartition(topic, p.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    // seeking is lazy: what is asked for from here on must be behind the position
    partitions.forEach(consumer::position);
    return consumer;
  }

  private void sendSet(String run) throws Exception {
    for (int i = 0; i < ROWS / 1_000; i++) {
      send(
          TOPICS.predictions(),
          codec.encode(batch(run, 1_000 * i, 1_000 * (i + 1), i, i == ROWS / 1_000 - 1)));
    }
  }

  private static float score(int row) {
    return (row * 37 % 1_009) / 1_009f;
  }

  private static int label(int row) {
    return row * 37 % 1_009 > 700 && row % 3 == 0 ? 1 : 0;
  }

  private static PredictionBatch batch(String run, int from, int to, long sequence, boolean last) {
    ByteBuffer scores = ByteBuffer.allocate(4 * (to - from)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] labels = new byte[to - from];
    for (int row = from; row < to; row++) {
      scores.putFloat(score(row));
      labels[row - from] = (byte) label(row);
    }
    return PredictionBatch.newBuilder()
        .setRunId(run)
        .setCheckpoint(ModelCheckpoint.newBuilder().setId("c1").setStep(1).build())
        .setEvaluationSet(EvaluationSet.newBuilder().setId("val").setSize((long) ROWS).build())
        .setSequence(sequence)
        .setLastOfShard(last)
        .setCount(to - from)
        .setExampleIds((long) from)
        .setLabels(ByteBuffer.wrap(labels))
        .setLabelEncoding(LabelEncoding.U8)
        .setScores(scores.flip())
        .setEmittedAt(Instant.EPOCH)
        .build();
  }

  private static CheckpointEvent event(String run) {
    return CheckpointEvent.newBuilder()
        .setRunId(run)
        .setCheckpoint("c1")
        .setStep(1)
        .setEvaluationSet("val")
        .setEmittedAt(Instant.EPOCH)
        .build();
  }

  private static double expectedAveragePrecision() {
    float[] scores = new float[ROWS];
    byte[] labels = new byte[ROWS];
    for (int row = 0; row < ROWS; row++) {
      scores[row] = score(row);
      labels[row] = (byte) label(row);
    }
    return dev.touchstone.metrics.binary.BinaryEvaluation.evaluate(
            scores, labels, null, dev.touchstone.metrics.binary.BinaryOptions.defaults())
        .metric("average_precision")
        .value();
  }

  private void send(String topic, byte[] value) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", engine.bootstrap(), "acks", "all");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
    }
  }

  private List<ConsumerRecord<byte[], byte[]>> read(String topic) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", engine.bootstrap());
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long end = consumer.endOffsets(partitions).values().stream().mapToLong(x -> x).sum();
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      while (records.size() < end) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
      return records;
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private JsonNode set(String run) {
    JsonNode answer = get("/v1/runs/" + run);
    JsonNode sets = answer == null ? mapper.createObjectNode() : answer.path("sets");
    return sets.path(0);
  }

  /** The body of a 200 answer, else null. */
  private JsonNode get(String path) {
    try {
      URI uri = URI.create(engine.url()).resolve(path);
      HttpResponse<String> response =
          http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? mapper.readTree(response.body()) : null;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<String> post(String body, String key) throws Exception {
    URI uri = URI.create(engine.url()).resolve("/v1/evaluations");
    return http.send(
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(end);
      Thread.sleep(100);
    }
  }
}
