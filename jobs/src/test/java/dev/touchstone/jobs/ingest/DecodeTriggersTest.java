package dev.touchstone.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.Baseline;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

class DecodeTriggersTest {

  private static final OutputTag<DeadLetter> REFUSED = new OutputTag<>("refused") {};

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

  private static void assertEvent(Consumer<CheckpointEvent> change, String reason)
      throws Exception {
    CheckpointEvent event =
        CheckpointEvent.newBuilder()
            .setRunId("run")
            .setCheckpoint("step-8")
            .setStep(8)
            .setEvaluationSet("val")
            .setEmittedAt(Instant.EPOCH)
            .build();
    change.accept(event);
    assertRefused(Trigger.Kind.CHECKPOINT, Codec.of(CheckpointEvent.class).encode(event), reason);
  }

  private static void assertRequest(Consumer<EvaluationRequest> change, String reason)
      throws Exception {
    EvaluationRequest request =
        EvaluationRequest.newBuilder()
            .setRequestId("request")
            .setRunId("run")
            .setCheckpoint("step-8")
            .setEmittedAt(Instant.EPOCH)
            .build();
    change.accept(request);
    assertRefused(Trigger.Kind.REQUEST, Codec.of(EvaluationRequest.class).encode(request), reason);
  }

  /** One message, refused for that reason; null: accepted. */
  private static void assertRefused(Trigger.Kind kind, byte[] value, String reason)
      throws Exception {
    EngineSettings settings = EngineSettings.from(SettingsSource.empty());
    var harness =
        ProcessFunctionTestHarnesses.forProcessFunction(
            new DecodeTriggers(kind, REFUSED, settings.full(), null));
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
