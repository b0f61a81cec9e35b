package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class DemoReportCollectorTest {

  private static final Topics TOPICS = new Topics("t.");

  /** Two steps, the second of them a checkpoint, announced at 5,000. */
  private static final TrainingRun.Summary RUN =
      new TrainingRun.Summary(
          "r1",
          0,
          2,
          2_000,
          List.of(new TrainingRun.Checkpoint("step-000002", 2, 5_000)),
          1_000,
          2_000,
          3.5,
          false);

  private final DemoReportCollector collector = new DemoReportCollector(TOPICS, "r1");

  @Test
  void missingNamesWhatHasNotEnded() {
    assertThat(collector.missing(RUN))
        .containsExactly(
            "the prediction set of step-000001",
            "the prediction set of step-000002",
            "the evaluation of step-000002");
    set("r1", "step-000001", "COMPLETE", 1_000, 0);
    set("r1", "step-000002", "RECEIVING", 400, 0);
    assertThat(collector.missing(RUN))
        .containsExactly(
            "rows of the prediction set of step-000002 (400 of 1000)",
            "the evaluation of step-000002");
    set("r1", "step-000002", "COMPLETE", 1_000, 0);
    outcome("r1", 0, "step-000002", "EVALUATED", "k:h", true, 9_000);
    assertThat(collector.missing(RUN)).isEmpty();
  }

  @Test
  void inconsistentSetAndFailedEvaluationHaveEndedToo() {
    set("r1", "step-000001", "INCONSISTENT", 900, 0);
    set("r1", "step-000002", "COMPLETE", 1_000, 0);
    outcome("r1", 0, "step-000002", "FAILED", null, false, 9_000);
    assertThat(collector.missing(RUN)).isEmpty();
    ObjectNode json = collector.toJson(RUN);
    assertThat(json.get("predictions_evaluated").asLong()).isEqualTo(1_000);
    assertThat(json.at("/checkpoints/0/state").asText()).isEqualTo("FAILED");
    assertThat(json.at("/checkpoints/0/reason").asText()).isEqualTo("because");
    assertThat(json.at("/checkpoints/0/report").isNull()).isTrue();
  }

  @Test
  void summaryHasCountsReportsProxiesAndSeconds() {
    everythingOf("r1");
    deadLetter(999); // before the run began
    deadLetter(6_000);
    ObjectNode json = collector.toJson(RUN);

    assertThat(json.get("run_id").asText()).isEqualTo("r1");
    assertThat(json.get("steps").asInt()).isEqualTo(2);
    assertThat(json.get("predictions_emitted").asLong()).isEqualTo(2_000);
    assertThat(json.get("predictions_evaluated").asLong()).isEqualTo(2_000);
    assertThat(json.get("duplicates").asLong()).isEqualTo(3);
    assertThat(json.get("dead_letters").asLong()).isEqualTo(1);
    assertThat(json.get("checkpoints")).hasSize(1);
    assertThat(json.at("/checkpoints/0/checkpoint").asText()).isEqualTo("step-000002");
    assertThat(json.at("/checkpoints/0/step").asInt()).isEqualTo(2);
    assertThat(json.at("/checkpoints/0/state").asText()).isEqualTo("EVALUATED");
    assertThat(json.at("/checkpoints/0/report/metrics/roc_auc/value").asDouble()).isEqualTo(0.9);
    assertThat(json.at("/checkpoints/0/report").has("sweep")).isFalse();
    assertThat(json.at("/seconds/training").asDouble()).isEqualTo(3.5);
    assertThat(json.at("/seconds/evaluation").asDouble()).isEqualTo(7.0);
    assertThat(json.at("/seconds/time_to_first_proxy").asDouble()).isEqualTo(0.25);
    assertThat(json.at("/seconds/checkpoint_to_report").asDouble()).isEqualTo(4.0);
  }

  @Test
  void lastPointOfEachMetricCountsAndSlicesDoNot() {
    point("r1", "step-000001", "", "roc_auc", "PARTIAL", 0.5, 3_000);
    point("r1", "step-000001", "country=BR", "roc_auc", "COMPLETE", 0.1, 3_000);
    point("r1", "step-000001", "", "roc_auc", "COMPLETE", 0.75, 3_100);
    point("r1", "step-000001", "", "average_precision", "COMPLETE", 0.25, 3_100);
    JsonNode proxies = collector.toJson(RUN).get("proxies");
    assertThat(proxies).hasSize(2);
    assertThat(proxies.at("/0/metric").asText()).isEqualTo("average_precision");
    assertThat(proxies.at("/1/value").asDouble()).isEqualTo(0.75);
    assertThat(proxies.at("/1/state").asText()).isEqualTo("COMPLETE");
    assertThat(collector.latestProxy("average_precision"))
        .contains(new DemoReportCollector.Proxy("step-000001", 1, 0.25, 0.2, null));
    assertThat(collector.latestProxy("brier")).isEmpty();
  }

  @Test
  void finalOnceEachCompleteSetHasItsCompletePoints() {
    outcome("r1", 0, "step-000002", "EVALUATED", "k:h", true, 9_000);
    set("r1", "step-000001", "COMPLETE", 1_000, 0);
    assertThat(collector.isFinal(RUN)).isFalse();
    point("r1", "step-000001", "", "roc_auc", "PARTIAL", 0.5, 3_000);
    assertThat(collector.isFinal(RUN)).isFalse();
    point("r1", "step-000001", "", "roc_auc", "COMPLETE", 0.6, 3_001);
    assertThat(collector.isFinal(RUN)).isTrue();
  }

  @Test
  void outcomeOfAnEarlierAttemptEndsTheWaitButIsNotFinal() {
    everythingOf("r1");
    TrainingRun.Summary restarted =
        new TrainingRun.Summary("r1", 1, 2, 2_000, RUN.checkpoints(), 1_000, 2_000, 3.5, false);
    assertThat(collector.missing(restarted)).isEmpty();
    assertThat(collector.isFinal(restarted)).isFalse();
    outcome("r1", 1, "step-000002", "REUSED", "k:h", false, 9_500);
    assertThat(collector.isFinal(restarted)).isTrue();
  }

  @Test
  void otherRunsAreNotCounted() {
    everythingOf("r2");
    assertThat(collector.missing(RUN)).hasSize(3);
    ObjectNode json = collector.toJson(RUN);
    assertThat(json.get("predictions_evaluated").asLong()).isZero();
    assertThat(json.get("duplicates").asLong()).isZero();
    assertThat(json.get("proxies")).isEmpty();
    assertThat(json.at("/checkpoints/0/state").isNull()).isTrue();
    assertThat(json.at("/checkpoints/0/reason").asText())
        .isEqualTo("no outcome before the deadline");
    assertThat(json.at("/seconds/checkpoint_to_report").isNull()).isTrue();
    assertThat(json.at("/seconds/time_to_first_proxy").isNull()).isTrue();
  }

  @Test
  void reusedOutcomeShowsTheReportItPointsAt() {
    outcome("r2", 0, "step-000002", "EVALUATED", "k:h", true, 9_000);
    outcome("r1", 0, "step-000002", "REUSED", "k:h", false, 9_500);
    JsonNode checkpoint = collector.toJson(RUN).at("/checkpoints/0");
    assertThat(checkpoint.get("state").asText()).isEqualTo("REUSED");
    assertThat(checkpoint.at("/report/metrics/roc_auc/value").asDouble()).isEqualTo(0.9);
  }

  @Test
  void restartedRunOwnsTheReportOfItsEarlierAttempt() {
    outcome("r1", 1, "step-000002", "REUSED", "k:h", false, 9_500);
    outcome("r1", 0, "step-000002", "EVALUATED", "k:h", true, 9_000);
    JsonNode checkpoint = collector.toJson(RUN).at("/checkpoints/0");
    assertThat(checkpoint.get("state").asText()).isEqualTo("EVALUATED");
    assertThat(checkpoint.at("/report/n").asLong()).isEqualTo(1_000);
  }

  @Test
  void laterAttemptsOutcomeWinsWhateverTheOrder() {
    outcome("r1", 1, "step-000002", "FAILED", "k:h", false, 9_500);
    outcome("r1", 0, "step-000002", "INCOMPLETE", "k:i", false, 9_000);
    JsonNode checkpoint = collector.toJson(RUN).at("/checkpoints/0");
    assertThat(checkpoint.get("state").asText()).isEqualTo("FAILED");
  }

  @Test
  void tombstonesAreSkippedAndBrokenResultsNamed() {
    collector.accept(message("t.reports", null, 1));
    assertThatThrownBy(() -> collector.accept(message("t.reports", "{", 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("result is not JSON: topic t.reports, partition 0, offset 0");
  }

  private void everythingOf(String run) {
    set(run, "step-000001", "COMPLETE", 1_000, 1);
    set(run, "step-000002", "COMPLETE", 1_000, 2);
    point(run, "step-000001", "", "roc_auc", "COMPLETE", 0.5, 2_250);
    point(run, "step-000002", "", "roc_auc", "COMPLETE", 0.5, 2_500);
    outcome(run, 0, "step-000002", "EVALUATED", "k:h", true, 9_000);
  }

  private void set(String run, String checkpoint, String state, long rows, int duplicates) {
    accept(
        "t.prediction-sets",
        """
        {"set_key":"%s-%s","state":"%s","rows":%d,"expected_rows":1000,"duplicates":%d,
         "claims":[{"run_id":"%s","attempt":0,"checkpoint":"%s","step":1}]}
        """
            .formatted(run, checkpoint, state, rows, duplicates, run, checkpoint));
  }

  private void point(
      String run, String checkpoint, String slice, String metric, String state, double v, long ts) {
    accept(
        "t.metrics",
        """
        {"ts":%d,"run_id":"%s","checkpoint":"%s","step":1,"tier":"proxy","slice":"%s",
         "metric":"%s","value":%s,"ci_low":0.2,"ci_high":null,"state":"%s","n":1,"n_pos":1}
        """
            .formatted(ts, run, checkpoint, slice, metric, v, state));
  }

  private void outcome(
      String run,
      int attempt,
      String checkpoint,
      String state,
      String key,
      boolean report,
      long ts) {
    accept(
        "t.reports",
        """
        {"trigger":"checkpoint","state":"%s","reason":"because","run_id":"%s","attempt":%d,
         "checkpoint":"%s","report_key":%s,"report":%s,"finished_at":%d}
        """
            .formatted(
                state,
                run,
                attempt,
                checkpoint,
                key == null ? "null" : '"' + key + '"',
                report
                    ? "{\"n\":1000,\"n_pos\":5,\"metrics\":{\"roc_auc\":{\"value\":0.9}},\"sweep\":[1]}"
                    : "null",
                ts));
  }

  private void deadLetter(long timestamp) {
    collector.accept(message("t.dead-letters", "whatever", timestamp));
  }

  private void accept(String topic, String json) {
    collector.accept(message(topic, json, 1));
  }

  static ConsumerRecord<String, byte[]> message(String topic, String value, long timestamp) {
    byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
    return new ConsumerRecord<>(
        topic,
        0,
        0,
        timestamp,
        TimestampType.CREATE_TIME,
        0,
        0,
        "key",
        bytes,
        new RecordHeaders(),
        java.util.Optional.empty());
  }
}
