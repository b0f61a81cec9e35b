package dev.touchstone.cli.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.schemas.Topics;
import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.Destination;
import dev.touchstone.server.forward.ForwardStatus;
import dev.touchstone.server.forward.Forwarding;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.Kind;
import dev.touchstone.server.forward.Result;
import dev.touchstone.server.kafka.GroupLog;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Forwarding over a real broker: positions, restarts, homes that are away, bad messages. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForwardingIT {

  private static final Duration DEADLINE = Duration.ofSeconds(90);

  @TempDir static Path data;

  private EmbeddedKafka kafka;
  private KafkaProducer<byte[], byte[]> producer;

  @BeforeAll
  void start() throws Exception {
    int port;
    int controller;
    try (ServerSocket one = new ServerSocket(0);
        ServerSocket two = new ServerSocket(0)) {
      port = one.getLocalPort();
      controller = two.getLocalPort();
    }
    kafka = EmbeddedKafka.start(data, port, controller);
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrap(), "acks", "all"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  @AfterAll
  void stop() {
    producer.close();
    kafka.close();
  }

  /** Keeps what it was told, while it is at home. */
  private static final class Home implements Destination {

    final List<String> told = new CopyOnWriteArrayList<>();
    volatile boolean away;
    volatile int tries;

    @Override
    public String name() {
      return "home";
    }

    @Override
    public Set<Kind> kinds() {
      return Set.of(Kind.POINTS, Kind.VERDICTS);
    }

    @Override
    public Delivered deliver(List<Result> results) throws HomeAwayException {
      tries++;
      if (away) {
        throw new HomeAwayException("nobody is at home");
      }
      for (Result result : results) {
        told.add(
            result instanceof Result.PointResult p
                ? p.runId() + "@" + p.point().step()
                : result.runId() + "!");
      }
      return Delivered.all(results.size());
    }
  }

  private Forwarding forwarding(Topics topics, Destination home) {
    return Forwarding.start(
        List.of(home),
        topics,
        (name, names) ->
            new GroupLog(kafka.bootstrap(), topics.prefix() + "forward-" + name, names),
        Clock.systemUTC());
  }

  private void create(String... topics) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrap()))) {
      List<NewTopic> all =
          List.of(topics).stream().map(name -> new NewTopic(name, 2, (short) 1)).toList();
      admin.createTopics(all).all().get();
    }
  }

  private void send(String topic, String run, String json) throws Exception {
    byte[] key = run.getBytes(StandardCharsets.UTF_8);
    byte[] value = json == null ? null : json.getBytes(StandardCharsets.UTF_8);
    producer.send(new ProducerRecord<>(topic, key, value)).get();
  }

  private void points(Topics topics, String run, int from, int to) throws Exception {
    for (int step = from; step < to; step++) {
      send(
          topics.metrics(),
          run,
          """
          {"ts": %d, "run_id": "%s", "checkpoint": "c", "step": %d, "tier": "full",
           "evaluation_set": "val", "split": "validation", "slice": "", "metric": "roc_auc",
           "value": 0.5, "n": 10, "n_pos": 5, "state": "COMPLETE"}
          """
              .formatted(1_700_000_000_000L + step, run, step));
    }
  }

  private static List<String> expected(String run, int from, int to) {
    return java.util.stream.IntStream.range(from, to).mapToObj(i -> run + "@" + i).toList();
  }

  private static ForwardStatus status(Forwarding forwarding) {
    return forwarding.status().get(0);
  }

  @Test
  void afterARestartItGoesOnWhereItWasAndNothingComesTwice() throws Exception {
    Topics topics = new Topics("restart.");
    create(topics.metrics(), topics.verdicts());
    points(topics, "r", 0, 700);
    var home = new Home();
    try (Forwarding first = forwarding(topics, home)) {
      await("700 results", () -> home.told.size() >= 700);
      await("the lag", () -> status(first).lag() == 0);
    }
    points(topics, "r", 700, 703);
    send(
        topics.verdicts(),
        "r",
        "{\"run_id\": \"r\", \"checkpoint\": \"c\", \"outcome\": \"PASS\", \"ts\": 1}");
    try (Forwarding second = forwarding(topics, home)) {
      await("the others", () -> home.told.size() >= 704);
      assertThat(status(second).delivered()).isEqualTo(4);
    }
    assertThat(home.told).contains("r!");
    home.told.remove("r!");
    assertThat(home.told).as("one partition's order").isEqualTo(expected("r", 0, 703));
  }

  @Test
  void nothingIsLostWhileAHomeIsAwayOverARestart() throws Exception {
    Topics topics = new Topics("away.");
    create(topics.metrics());
    points(topics, "r", 0, 20);
    var home = new Home();
    home.away = true;
    try (Forwarding first = forwarding(topics, home)) {
      await("some tries", () -> home.tries >= 3);
      assertThat(status(first).state()).isEqualTo(ForwardStatus.State.WAITING);
      assertThat(status(first).lastError()).isEqualTo("nobody is at home");
      await("the lag", () -> status(first).lag() == 20);
    }
    points(topics, "r", 20, 30);
    home.away = false;
    try (Forwarding second = forwarding(topics, home)) {
      await("all of them", () -> home.told.size() >= 30);
      await("work", () -> status(second).state() == ForwardStatus.State.WORKING);
    }
    assertThat(home.told).isEqualTo(expected("r", 0, 30));
  }

  @Test
  void topicsThatComeLaterAreReadAndBadMessagesArePassedOver() throws Exception {
    Topics topics = new Topics("later.");
    var home = new Home();
    try (Forwarding forwarding = forwarding(topics, home)) {
      create(topics.metrics());
      points(topics, "r", 0, 1);
      send(topics.metrics(), "r", "{\"run_id\": ");
      send(topics.metrics(), "r", null);
      points(topics, "r", 1, 2);
      await("both results", () -> home.told.size() >= 2);
      await("the count", () -> status(forwarding).refused().equals(Map.of("unreadable", 1L)));
    }
    assertThat(home.told).isEqualTo(expected("r", 0, 2));
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(end);
      Thread.sleep(50);
    }
  }
}
