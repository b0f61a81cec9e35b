package dev.touchstone.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.model.Withdrawal;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.Baseline;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

class DecodeTriggersTest {

  private static final OutputTag<DeadLetter> REFUSED = new OutputTag<>("refused") {};
  private static final OutputTag<Withdrawal> WITHDRAWN = new OutputTag<>("withdrawn") {};

  @Test
  void whatCannotBeWrittenInAnOutcomeIsRefusedAtTheDoor() throws Exception {
    // JSON has no NaN: the outcome could never be published, and the job would fail for ever
    assertEvent(e -> e.setEpoch(Double.NaN), "epoch must be finite, got NaN");
    assertEvent(e -> e.setEpoch(Double.POSITIVE_INFINITY), "epoch must be finite, got Infinity");
    assertEvent(e -> e.setEpoch(0.5), null);
  }

  @Test
  void namesAreNamesAndNumbersAreInTheirRange() throws Exception {
    assertEvent(e -> e.setRunId(""), "run_id must be 1 to 256 characters, got 0");
    assertEvent(e -> e.setSplit("s".repeat(257)), "split must be 1 to 256 characters, got 257");
    assertEvent(
        e -> e.setCheckpoint("a\nb"), "checkpoint must hold no control characters, got one at 1");
    assertEvent(e -> e.setFold(-1), "fold must be in [0, 2147483647], got -1");
    assertEvent(e -> e.setAttempt(-1), "attempt must be in [0, 2147483647], got -1");
    assertEvent(e -> e.setStep(-5), "step must be in [0, 9223372036854775807], got -5");
    assertRequest(r -> r.setSplit(""), "split must be 1 to 256 characters, got 0");
    assertRequest(r -> r.setFold(-1), "fold must be in [0, 2147483647], got -1");
    assertRequest(r -> r.setThresholds(1), "thresholds must be in [2, 10000], got 1");
    assertRequest(
        r -> r.setDeadlineSeconds(-1), "deadline_seconds must be in [0, 1000000], got -1");
    assertRequest(r -> r.setDeadlineSeconds(0), null);
  }

  @Test
  void aQuestionSaysWhatItMeansOrIsRefused() throws Exception {
    assertRequest(r -> r.setSlices(List.of("country", "country*device")), null);
    assertRequest(
        r -> r.setSlices(List.of("country*")),
        "slices must be columns or crosses of them, like country*device, got country*");
    assertRequest(
        r -> r.setSlices(List.of("a*b*c*d*e")),
        "columns of slice a*b*c*d*e must be in [1, 4], got 5");
    assertRequest(r -> r.setMetrics(List.of("")), "metrics must be 1 to 256 characters, got 0");
    assertRequest(r -> r.setBaseline(new Baseline("r", "c", null)), null);
    assertRequest(r -> r.setBaseline(new Baseline(null, null, "key")), null);
    assertRequest(
        r -> r.setBaseline(new Baseline("r", null, null)),
        "baseline must be run_id and checkpoint, or set_key, got r, null, null");
    assertRequest(
        r -> r.setBaseline(new Baseline("r", "c", "key")),
        "baseline must be run_id and checkpoint, or set_key, got r, c, key");
    assertRequest(
        r -> r.setBootstrapReplicates(1), "bootstrap_replicates must be in [2, 10000], got 1");
    assertRequest(
        r -> r.setDecisionThreshold(Double.NaN), "decision_threshold must be finite, got NaN");
    assertRequest(
        r -> r.setFalsePositiveCost(2.0),
        "false_positive_cost and false_negative_cost must both be finite and at least 0, got 2.0"
            + " and null");
    assertRequest(
        r -> {
          r.setAllFolds(true);
          r.setFold(1);
        },
        "fold must not be given with all_folds, got 1");
    assertRequest(r -> r.setFolds(3), "folds without all_folds must be in [0, 0], got 3");
    assertRequest(
        r -> {
          r.setAllFolds(true);
          r.setFolds(1);
        },
        "folds must be in [2, 1000], got 1");
  }

  @Test
  void peopleComeFirstUnlessTheySayOtherwise() throws Exception {
    assertThat(priority(Trigger.Kind.REQUEST, request(r -> {}))).isEqualTo(5);
    assertThat(priority(Trigger.Kind.REQUEST, request(r -> r.setPriority(0)))).isZero();
    assertThat(priority(Trigger.Kind.CHECKPOINT, event(e -> {}))).isZero();
    assertRequest(r -> r.setPriority(10), "priority must be in [0, 9], got 10");
    assertRequest(r -> r.setPriority(-1), "priority must be in [0, 9], got -1");
  }

  @Test
  void aRequestWithoutValueWithdrawsTheTriggerOfItsKey() throws Exception {
    assertThat(withdrawn("request-1".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new Withdrawal("request-1"));
    assertRefused(
        Trigger.Kind.REQUEST,
        new byte[0],
        "a message without value withdraws the trigger that its key names: the key must be 1 to"
            + " 2048 bytes, got 0");
    assertRefused(Trigger.Kind.CHECKPOINT, new byte[0], "message is empty");
  }

  @Test
  void aCloudEventIsUnwrappedAndABrokenOneIsRefusedAsItCame() throws Exception {
    byte[] value = "{\"run_id\":\"r\",\"checkpoint\":\"c\"}".getBytes(StandardCharsets.UTF_8);
    Map<String, String> headers = new HashMap<>();
    headers.put("ce_specversion", "1.0");
    headers.put("ce_id", "7");
    headers.put("ce_source", "/ci");
    headers.put("ce_time", "2026-01-02T03:04:05Z");
    var harness = ProcessFunctionTestHarnesses.forProcessFunction(decoder(Trigger.Kind.REQUEST));
    harness.processElement(new RawMessage("topic", 0, 0, null, value, 0, headers), 0);
    assertThat(harness.extractOutputValues()).extracting(Trigger::id).containsExactly("/ci#7");

    headers.remove("ce_source");
    harness.processElement(new RawMessage("topic", 0, 1, null, value, 0, headers), 0);
    DeadLetter letter = harness.getSideOutput(REFUSED).element().getValue();
    assertThat(letter.reason()).isEqualTo("CloudEvent attribute ce_source is required");
    assertThat(letter.source().headers()).containsEntry("ce_id", "7");
    harness.close();
  }

  private static Withdrawal withdrawn(byte[] key) throws Exception {
    var harness = ProcessFunctionTestHarnesses.forProcessFunction(decoder(Trigger.Kind.REQUEST));
    harness.processElement(new RawMessage("topic", 0, 0, key, new byte[0], 0), 0);
    Withdrawal withdrawal = harness.getSideOutput(WITHDRAWN).element().getValue();
    harness.close();
    return withdrawal;
  }

  private static int priority(Trigger.Kind kind, byte[] value) throws Exception {
    var harness = ProcessFunctionTestHarnesses.forProcessFunction(decoder(kind));
    harness.processElement(new RawMessage("topic", 0, 0, null, value, 0), 0);
    int priority = harness.extractOutputValues().get(0).priority();
    harness.close();
    return priority;
  }

  private static DecodeTriggers decoder(Trigger.Kind kind) {
    EngineSettings settings = EngineSettings.from(SettingsSource.empty());
    return new DecodeTriggers(kind, REFUSED, WITHDRAWN, settings.full(), null);
  }

  private static byte[] event(Consumer<CheckpointEvent> change) {
    CheckpointEvent event =
        CheckpointEvent.newBuilder()
            .setRunId("run")
            .setCheckpoint("step-8")
            .setStep(8)
            .setEvaluationSet("val")
            .setEmittedAt(Instant.EPOCH)
            .build();
    change.accept(event);
    return Codec.of(CheckpointEvent.class).encode(event);
  }

  private static byte[] request(Consumer<EvaluationRequest> change) {
    EvaluationRequest request =
        EvaluationRequest.newBuilder()
            .setRequestId("request")
            .setRunId("run")
            .setCheckpoint("step-8")
            .setEmittedAt(Instant.EPOCH)
            .build();
    change.accept(request);
    return Codec.of(EvaluationRequest.class).encode(request);
  }

  private static void assertEvent(Consumer<CheckpointEvent> change, String reason)
      throws Exception {
    assertRefused(Trigger.Kind.CHECKPOINT, event(change), reason);
  }

  private static void assertRequest(Consumer<EvaluationRequest> change, String reason)
      throws Exception {
    assertRefused(Trigger.Kind.REQUEST, request(change), reason);
  }

  /** One message, refused for that reason; null: accepted. */
  private static void assertRefused(Trigger.Kind kind, byte[] value, String reason)
      throws Exception {
    var harness = ProcessFunctionTestHarnesses.forProcessFunction(decoder(kind));
    harness.processElement(new RawMessage("topic", 0, 0, null, value, 0), 0);
    var refused = harness.getSideOutput(REFUSED);
    if (reason == null) {
      assertThat(refused).isNullOrEmpty();
      assertThat(harness.extractOutputValues()).hasSize(1);
    } else {
      assertThat(refused).hasSize(1);
      DeadLetter letter = refused.element().getValue();
      assertThat(letter.reason()).isEqualTo(reason);
      assertThat(letter.source().value()).isEqualTo(value);
      assertThat(harness.extractOutputValues()).isEmpty();
    }
    harness.close();
  }
}
