package dev.touchstone.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.RunEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a harness may be interrupted while it closes
class DecodeRunEventsTest {

  private static final OutputTag<DeadLetter> REFUSED = new OutputTag<>("refused") {};

  private record Decoded(List<dev.touchstone.jobs.model.RunEvent> events, List<String> reasons) {}

  private static Decoded decode(byte[] value, Map<String, String> headers) throws Exception {
    try (var harness =
        ProcessFunctionTestHarnesses.forProcessFunction(new DecodeRunEvents(REFUSED, null))) {
      harness.processElement(new RawMessage("run-events", 1, 9, null, value, 3, headers), 0);
      var refused = harness.getSideOutput(REFUSED);
      return new Decoded(
          harness.extractOutputValues(),
          refused == null
              ? List.of()
              : refused.stream().map(letter -> letter.getValue().reason()).toList());
    }
  }

  private static dev.touchstone.jobs.model.RunEvent withoutSource(
      dev.touchstone.jobs.model.RunEvent event) {
    return new dev.touchstone.jobs.model.RunEvent(
        event.runId(),
        event.attempt(),
        event.step(),
        event.epoch(),
        event.metrics(),
        event.rule(),
        event.sweep(),
        event.emittedAtMillis(),
        null);
  }

  private static RunEvent event() {
    return RunEvent.newBuilder()
        .setRunId("r")
        .setAttempt(1)
        .setStep(30L)
        .setMetrics(new HashMap<>(Map.of("training_loss", 0.5)))
        .setRule(new HashMap<>())
        .setEmittedAt(Instant.ofEpochMilli(44))
        .build();
  }

  private static void assertRefused(Consumer<RunEvent> change, String reason) throws Exception {
    RunEvent event = event();
    change.accept(event);
    Decoded decoded = decode(Codec.of(RunEvent.class).encode(event), Map.of());
    assertThat(decoded.reasons()).containsExactly(reason);
    assertThat(decoded.events()).isEmpty();
  }

  @Test
  void allEncodingsReachTheSameEventAndInfinitiesSurvive() throws Exception {
    RunEvent event = event();
    event.getMetrics().put("a", Double.NaN);
    event.getMetrics().put("b", Double.NEGATIVE_INFINITY);
    event.getRule().put("patience", "3");
    event.setSweep("lr");
    Codec<RunEvent> codec = Codec.of(RunEvent.class);
    var avro = decode(codec.encode(event), Map.of()).events().get(0);
    assertThat(avro.metrics())
        .isEqualTo(Map.of("training_loss", 0.5, "a", Double.NaN, "b", Double.NEGATIVE_INFINITY));
    assertThat(avro.rule()).isEqualTo(Map.of("patience", "3"));
    assertThat(avro.sweep()).isEqualTo("lr");
    assertThat(avro.emittedAtMillis()).isEqualTo(44);
    assertThat(avro.source().offset()).isEqualTo(9);
    var json = decode(codec.encodeJson(event), Map.of()).events().get(0);
    assertThat(withoutSource(json)).isEqualTo(withoutSource(avro));
    String bare =
        "{\"run_id\": \"r\", \"attempt\": 1, \"step\": 30, \"metrics\": {\"training_loss\": 0.5,"
            + " \"a\": \"NaN\", \"b\": \"-Infinity\"}, \"rule\": {\"patience\": \"3\"}, \"sweep\":"
            + " \"lr\"}";
    var cloud =
        decode(
                bare.getBytes(StandardCharsets.UTF_8),
                Map.of(
                    "ce_specversion",
                    "1.0",
                    "ce_id",
                    "7",
                    "ce_source",
                    "trainer",
                    "ce_time",
                    "1970-01-01T00:00:00.044Z"))
            .events()
            .get(0);
    assertThat(withoutSource(cloud)).isEqualTo(withoutSource(avro));
  }

  @Test
  void whatIsNoEventIsADeadLetter() throws Exception {
    assertRefused(e -> e.setRunId(""), "run_id must be 1 to 256 characters, got 0");
    assertRefused(e -> e.setAttempt(-1), "attempt must be in [0, 2147483647], got -1");
    assertRefused(e -> e.setStep(-1L), "step must be in [0, 9223372036854775807], got -1");
    assertRefused(e -> e.setStep(null), "step must be there with metrics, got null");
    assertRefused(e -> e.setEpoch(Double.NaN), "epoch must be finite, got NaN");
    assertRefused(
        e -> e.getMetrics().put("a\nb", 1.0),
        "metrics must hold no control characters, got one at 1");
    assertRefused(
        e -> e.getMetrics().put("x".repeat(257), 1.0),
        "metrics must be 1 to 256 characters, got 257");
    assertRefused(
        e -> {
          for (int i = 0; i < 256; i++) {
            e.getMetrics().put("m" + i, 1.0);
          }
        },
        "metrics must be in [0, 256], got 257");
    assertRefused(e -> e.setSweep(""), "sweep must be 1 to 256 characters, got 0");
    assertThat(decode(new byte[] {'{', '}'}, Map.of()).reasons())
        .containsExactly("RunEvent.run_id is required");
    assertThat(decode(new byte[0], Map.of())).isEqualTo(new Decoded(List.of(), List.of()));
    assertThat(
            decode(
                    "{\"run_id\":\"r\",\"step\":1,\"metrics\":{\"a\":\"nan\"},\"emitted_at\":0}"
                        .getBytes(StandardCharsets.UTF_8),
                    Map.of())
                .reasons())
        .containsExactly("RunEvent.metrics.a must be a number, got \"nan\"");
  }

  @Test
  void aRuleIsMadeOfSettingsOrRefusedWithKeyRuleAndValue() throws Exception {
    assertRefused(
        e -> e.getRule().put("patience", "0.5"),
        "setting signals.patience must be an integer in [0, 1000000], got 0.5 (a run event)");
    assertRefused(
        e -> e.getRule().put("rule", "KERAS"),
        "setting signals.rule must be one of [confirmed, keras, lightning], got KERAS (a run"
            + " event)");
    assertRefused(
        e -> e.getRule().put("baseline", "NaN"),
        "setting signals.baseline must be a number in [-1.7976931348623157E308,"
            + " 1.7976931348623157E308], got NaN (a run event)");
    assertRefused(
        e -> e.getRule().put("mode", "up"), "setting signals.mode must be min or max, got up");
    assertRefused(
        e -> e.getRule().put("enabled", "false"),
        "rule must have keys of [alpha, baseline, check_finite, divergence_threshold,"
            + " max_undecided, metric, min_delta, mode, patience, rule, start_from,"
            + " stopping_threshold, strict], got enabled = false");
    RunEvent good = event();
    good.getRule().putAll(Map.of("patience", "", "stopping_threshold", "0.9", "mode", "max"));
    assertThat(decode(Codec.of(RunEvent.class).encode(good), Map.of()).events()).hasSize(1);
  }
}
