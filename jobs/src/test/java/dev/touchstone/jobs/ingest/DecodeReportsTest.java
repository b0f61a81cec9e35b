package dev.touchstone.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.schemas.PlainJson;
import dev.touchstone.schemas.avro.EvaluationReport;
import dev.touchstone.schemas.avro.EvaluationState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a harness may be interrupted while it closes
class DecodeReportsTest {

  private static final OutputTag<DeadLetter> REFUSED = new OutputTag<>("refused") {};
  private static final EngineSettings SETTINGS = EngineSettings.from(SettingsSource.empty());

  private static final String REPORT =
      """
      {"schema":"touchstone.report/1","n":1000,"n_pos":10,
       "metrics":{"average_precision":{"value":0.25,"ci_low":0.2},
                  "log_loss":{"value":null,"reason":"clipped"}},
       "slices":[{"slice":"country=DE","n":5,"n_pos":1,"metrics":{"average_precision":{"value":1}}}],
       "provenance":{"question":{"decision_threshold":0.4}}}
      """;

  @Test
  void aReportBecomesItsDefinedValues() throws Exception {
    ExactMetrics exact = decode(message(outcome(o -> {}))).get(0);

    assertThat(exact.runId()).isEqualTo("run");
    assertThat(exact.claim().checkpoint()).isEqualTo("step-8");
    assertThat(exact.claim().step()).isEqualTo(8);
    assertThat(exact.evaluationSet()).isEqualTo("val");
    assertThat(exact.fold()).isEqualTo(2);
    assertThat(exact.revision()).isEqualTo(3);
    assertThat(exact.n()).isEqualTo(1000);
    assertThat(exact.decisionThreshold()).isEqualTo(0.4);
    assertThat(exact.values())
        .containsExactly(
            new ExactMetrics.Value("", "average_precision", 0.25),
            new ExactMetrics.Value("country=DE", "average_precision", 1));
    assertThat(exact.value("average_precision")).isEqualTo(0.25);
    assertThat(exact.value("log_loss")).isNull();
  }

  @Test
  void onlyOutcomesWithAReportSayAnything() throws Exception {
    for (EvaluationState state : EvaluationState.values()) {
      boolean reports = state == EvaluationState.EVALUATED || state == EvaluationState.REUSED;
      byte[] outcome = outcome(o -> o.setState(state));
      assertThat(decode(message(outcome))).as(state.name()).hasSize(reports ? 1 : 0);
    }
    assertThat(decode(message(new byte[0]))).isEmpty();
    assertThat(
            decode(
                message(
                    outcome(
                        o ->
                            o.setReport(
                                "{\"metrics\":{},\"provenance\":{\"fold_set_keys\":[\"a\"]}}")))))
        .isEmpty();
  }

  @Test
  void whatIsBrokenIsADeadLetterWithItsReason() throws Exception {
    assertRefused("{\"report\":".getBytes(StandardCharsets.UTF_8), "JSON can't be parsed");
    assertRefused(new byte[] {1, 2, 3}, "");
    assertRefused(
        outcome(o -> o.setReport(null)), "report must be there where there is a report, got null");
    assertRefused(
        outcome(o -> o.setReportKey(null)),
        "report_key must be there where there is a report, got null");
    assertRefused(outcome(o -> o.setReport("[1]")), "report.metrics must be an object, got none");
  }

  @Test
  void aReportOfManySlicesIsCut() throws Exception {
    StringBuilder metrics = new StringBuilder("{\"metrics\":{\"a\":{\"value\":0.5}");
    for (int i = 0; i < DecodeReports.MAX_VALUES; i++) {
      metrics.append(",\"m").append(i).append("\":{\"value\":1}");
    }
    byte[] outcome = outcome(o -> o.setReport(metrics.append("}}").toString()));

    assertThat(decode(message(outcome)).get(0).values()).hasSize(DecodeReports.MAX_VALUES);
  }

  @Test
  void everyModelCheckpointGetsTheValuesInAnyOrder() throws Exception {
    ExactMetrics made = decode(message(outcome(o -> o.setRevision(0)))).get(0);
    ExactMetrics again = decode(message(outcome(o -> reused(o, "other", 0)))).get(0);
    ExactMetrics later = decode(message(outcome(o -> o.setRevision(1)))).get(0);
    assertThat(again.values()).isEmpty();

    List<ExactMetrics> first = reuse(List.of(made, again));
    List<ExactMetrics> second = reuse(List.of(again, made));
    assertThat(first).containsExactlyInAnyOrderElementsOf(second).hasSize(2);
    assertThat(first).extracting(ExactMetrics::runId).containsExactly("run", "other");
    assertThat(first.get(1).values()).isEqualTo(made.values());

    // labels that come later change what all of them are told; an older report does not
    List<ExactMetrics> revised = reuse(List.of(made, again, later, made));
    assertThat(revised)
        .extracting(e -> e.runId() + e.revision())
        .containsExactly("run0", "other0", "run1", "other1", "run0");
  }

  private static void reused(EvaluationReport.Builder outcome, String run, int revision) {
    outcome.setState(EvaluationState.REUSED).setReport(null).setRunId(run).setRevision(revision);
  }

  private static byte[] outcome(Consumer<EvaluationReport.Builder> change) {
    EvaluationReport.Builder outcome =
        EvaluationReport.newBuilder()
            .setTriggerId("t1")
            .setTrigger("checkpoint")
            .setState(EvaluationState.EVALUATED)
            .setRunId("run")
            .setCheckpoint("step-8")
            .setStep(8)
            .setEvaluationSet("val")
            .setSplit("validation")
            .setFold(2)
            .setSetKey("0".repeat(32))
            .setReportKey("0".repeat(32) + ":abc")
            .setReport(REPORT)
            .setTriggeredAt(1)
            .setFinishedAt(2)
            .setRevision(3);
    change.accept(outcome);
    return PlainJson.writeBytes(outcome.build());
  }

  private static RawMessage message(byte[] value) {
    return new RawMessage("reports", 0, 0, null, value, 0);
  }

  private static List<ExactMetrics> decode(RawMessage message) throws Exception {
    try (var harness =
        ProcessFunctionTestHarnesses.forProcessFunction(new DecodeReports(REFUSED))) {
      harness.processElement(message, 0);
      assertThat(harness.getSideOutput(REFUSED)).isNull();
      return harness.extractOutputValues();
    }
  }

  private static void assertRefused(byte[] value, String reason) throws Exception {
    try (var harness =
        ProcessFunctionTestHarnesses.forProcessFunction(new DecodeReports(REFUSED))) {
      harness.processElement(message(value), 0);
      assertThat(harness.extractOutputValues()).isEmpty();
      assertThat(harness.getSideOutput(REFUSED)).hasSize(1);
      assertThat(harness.getSideOutput(REFUSED).peek().getValue().reason()).contains(reason);
    }
  }

  private static List<ExactMetrics> reuse(List<ExactMetrics> told) throws Exception {
    try (var harness =
        ProcessFunctionTestHarnesses.forKeyedProcessFunction(
            new ReusedReports(SETTINGS.ledger()), ExactMetrics::reportKey, Types.STRING)) {
      for (ExactMetrics exact : told) {
        harness.processElement(exact, 0);
      }
      return new ArrayList<>(harness.extractOutputValues());
    }
  }
}
