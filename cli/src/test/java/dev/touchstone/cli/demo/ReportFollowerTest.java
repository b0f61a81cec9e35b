package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class ReportFollowerTest {

  private static final Duration PLENTY = Duration.ofSeconds(30);
  private static final Runnable QUIET = () -> {};

  private static final TrainingRun.Summary RUN =
      new TrainingRun.Summary("r1", 0, 1, 10, List.of(), 0, 0, 1, false);

  private final DemoReportCollector collector = new DemoReportCollector(new Topics("t."), "r1");

  @Test
  void everythingIsReadFromTheBeginningAndTheEndIsNoticed() throws Exception {
    MockConsumer<String, byte[]> consumer = consumerWithTopics();
    consumer.schedulePollTask(
        () -> {
          consumer.addRecord(
              record(
                  "t.prediction-sets",
                  "{\"state\":\"COMPLETE\",\"rows\":10,\"claims\":"
                      + "[{\"run_id\":\"r1\",\"checkpoint\":\"step-000001\"}]}"));
          consumer.addRecord(
              record(
                  "t.metrics",
                  "{\"run_id\":\"r1\",\"tier\":\"proxy\",\"slice\":\"\",\"state\":\"COMPLETE\","
                      + "\"checkpoint\":\"step-000001\",\"metric\":\"brier\",\"value\":0.1}"));
        });
    try (ReportFollower follower = ReportFollower.start(collector, consumer)) {
      assertThat(follower.await(RUN, PLENTY, PLENTY, QUIET)).isEmpty();
    }
    assertThat(collector.completeSets()).isEqualTo(1);
    assertThat(collector.latestProxy("brier")).isPresent();
  }

  @Test
  void deadlineReturnsWhatIsMissing() throws Exception {
    try (ReportFollower follower = ReportFollower.start(collector, consumerWithTopics())) {
      assertThat(follower.await(RUN, Duration.ofMillis(50), PLENTY, QUIET))
          .containsExactly("the prediction set of step-000001");
    }
  }

  @Test
  void lastProxiesAreWaitedForOnlyForTheGrace() throws Exception {
    MockConsumer<String, byte[]> consumer = consumerWithTopics();
    consumer.schedulePollTask(
        () ->
            consumer.addRecord(
                record(
                    "t.prediction-sets",
                    "{\"state\":\"COMPLETE\",\"rows\":10,\"claims\":"
                        + "[{\"run_id\":\"r1\",\"checkpoint\":\"step-000001\"}]}")));
    try (ReportFollower follower = ReportFollower.start(collector, consumer)) {
      assertThat(follower.await(RUN, PLENTY, Duration.ofMillis(50), QUIET)).isEmpty();
    }
    assertThat(collector.isFinal(RUN)).isFalse();
  }

  @Test
  void replayedBatchesAreCountedBeforeARestartedRunHasEnded() throws Exception {
    MockConsumer<String, byte[]> consumer = consumerWithTopics();
    consumer.schedulePollTask(() -> consumer.addRecord(set(0, 0)));
    TrainingRun.Summary restarted =
        new TrainingRun.Summary("r1", 1, 1, 10, List.of(), 0, 0, 1, false);
    CountDownLatch waiting = new CountDownLatch(1);
    Thread late =
        new Thread(
            () -> {
              // the count comes only when the set is long known to be complete
              try {
                waiting.await();
                consumer.schedulePollTask(
                    () -> {
                      consumer.addRecord(set(1, 7));
                      consumer.addRecord(
                          record(
                              "t.metrics",
                              "{\"run_id\":\"r1\",\"tier\":\"proxy\",\"slice\":\"\","
                                  + "\"state\":\"COMPLETE\",\"checkpoint\":\"step-000001\","
                                  + "\"metric\":\"brier\",\"value\":0.1}"));
                    });
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    late.start();
    try (ReportFollower follower = ReportFollower.start(collector, consumer)) {
      Runnable tick =
          () -> {
            if (collector.completeSets() == 1) {
              waiting.countDown();
            }
          };
      assertThat(follower.await(restarted, PLENTY, PLENTY, tick)).isEmpty();
    }
    assertThat(collector.toJson(restarted).get("duplicates").asLong()).isEqualTo(7);
  }

  @Test
  void failureOfTheReaderReachesTheOneWhoWaits() {
    MockConsumer<String, byte[]> consumer = consumerWithTopics();
    consumer.setPollException(new KafkaException("broker is gone"));
    try (ReportFollower follower = ReportFollower.start(collector, consumer)) {
      assertThatThrownBy(() -> follower.await(RUN, PLENTY, PLENTY, QUIET))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("could not read the results")
          .hasMessageContaining("broker is gone");
    }
  }

  @Test
  void brokenResultReachesTheOneWhoWaits() {
    MockConsumer<String, byte[]> consumer = consumerWithTopics();
    consumer.schedulePollTask(() -> consumer.addRecord(record("t.reports", "nonsense")));
    try (ReportFollower follower = ReportFollower.start(collector, consumer)) {
      assertThatThrownBy(() -> follower.await(RUN, PLENTY, PLENTY, QUIET))
          .hasMessageContaining("result is not JSON: topic t.reports, partition 0, offset 0");
    }
  }

  private MockConsumer<String, byte[]> consumerWithTopics() {
    MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
    Map<TopicPartition, Long> beginnings = new HashMap<>();
    for (String topic : collector.topics()) {
      consumer.updatePartitions(
          topic, List.of(new PartitionInfo(topic, 0, Node.noNode(), new Node[0], new Node[0])));
      beginnings.put(new TopicPartition(topic, 0), 0L);
    }
    consumer.updateBeginningOffsets(beginnings);
    return consumer;
  }

  private static ConsumerRecord<String, byte[]> set(long offset, int duplicates) {
    String json =
        "{\"state\":\"COMPLETE\",\"rows\":10,\"duplicates\":"
            + duplicates
            + ",\"claims\":[{\"run_id\":\"r1\",\"checkpoint\":\"step-000001\"}]}";
    return new ConsumerRecord<>(
        "t.prediction-sets", 0, offset, "key", json.getBytes(StandardCharsets.UTF_8));
  }

  private static ConsumerRecord<String, byte[]> record(String topic, String json) {
    return new ConsumerRecord<>(topic, 0, 0, "key", json.getBytes(StandardCharsets.UTF_8));
  }
}
