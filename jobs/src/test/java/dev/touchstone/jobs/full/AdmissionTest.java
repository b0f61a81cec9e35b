package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.ingest.DecodeFailures;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.FailedReport;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.output.WireAccess;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.DefaultOpenContext;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private static final OutputTag<MetricPoint> POINTS = new OutputTag<>("points") {};
  private static final EngineSettings SETTINGS = EngineSettings.from(SettingsSource.empty());

  @Test
  void afterAFailureTheNextTriggerLeadsAgain() throws Exception {
    var admission =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new KeyedCoProcessOperator<>(new Admission(SETTINGS.ledger())),
            EvaluationTask::reportKey,
            FailedReport::reportKey,
            Types.STRING);
    admission.open();
    admission.setProcessingTime(1_000);
    admission.processElement1(task("first"), 0);
    admission.processElement1(task("second"), 0);
    // of an earlier life of the topic, of a follower, and of another key
    admission.processElement2(failed(outcome("first", 900)), 0);
    admission.processElement2(failed(outcome("second", 1_100)), 0);
    admission.processElement2(new FailedReport("other", "first", 1_100), 0);
    admission.processElement1(task("third"), 0);
    admission.processElement2(failed(outcome("first", 1_100)), 0);
    admission.processElement1(task("fourth"), 0);
    admission.processElement1(task("fifth"), 0);
    assertThat(admission.extractOutputValues())
        .extracting(task -> task.trigger().id() + " " + task.leads())
        .containsExactly("first true", "second false", "third false", "fourth true", "fifth false");
    admission.close();
  }

  @Test
  void whoFollowsTheSecondTryWaitsForIt() throws Exception {
    var finish =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new KeyedCoProcessOperator<>(new FinishEvaluations(SETTINGS.ledger(), POINTS)),
            EvaluationTask::reportKey,
            Finding::reportKey,
            Types.STRING);
    finish.open();
    finish.processElement1(task("first").leading(true), 0);
    finish.processElement2(broken(), 0);
    finish.processElement1(task("second"), 0);
    assertThat(finish.extractOutputValues())
        .extracting(Outcome::state)
        .containsExactly(Outcome.State.FAILED, Outcome.State.FAILED);
    finish.processElement1(task("third").leading(true), 0);
    finish.processElement1(task("fourth"), 0);
    assertThat(finish.extractOutputValues()).hasSize(2);
    finish.processElement2(broken(), 0);
    assertThat(finish.extractOutputValues())
        .extracting(outcome -> outcome.trigger().id())
        .containsExactly("first", "second", "third", "fourth");
    finish.close();
  }

  @Test
  void onlyFailuresBehindWhichAReportWasBegunAreRead() throws Exception {
    Outcome failed = outcome("first", 5);
    assertThat(failed(failed)).isEqualTo(new FailedReport(task("x").reportKey(), "first", 5));
    Outcome reused =
        new Outcome(
            failed.trigger(),
            Outcome.State.REUSED,
            null,
            failed.set(),
            failed.requestHash(),
            "key",
            null,
            null,
            5);
    assertThat(failed(reused)).isNull();
    assertThat(decoded("{\"state\":\"FAILED\",\"trigger_id\":\"t\",\"set_key\":null}")).isNull();
    assertThat(decoded("no JSON")).isNull();
    assertThat(decoded("")).isNull();
  }

  private static Finding broken() {
    EvaluationTask task = task("first");
    Split all =
        new Split(
            task.reportKey(),
            task.manifest().status().set(),
            Split.ALL,
            0,
            List.of(),
            task.trigger().question(),
            null,
            null);
    return Finding.failed(all, "the file is missing");
  }

  private static FailedReport failed(Outcome outcome) throws Exception {
    return decoded(new String(WireAccess.json(outcome), java.nio.charset.StandardCharsets.UTF_8));
  }

  private static FailedReport decoded(String json) throws Exception {
    DecodeFailures decoder = new DecodeFailures();
    decoder.open(DefaultOpenContext.INSTANCE);
    List<FailedReport> found = new ArrayList<>();
    byte[] bytes = json.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    decoder.flatMap(new RawMessage("reports", 0, 0, null, bytes, 0), new ListCollector<>(found));
    return found.isEmpty() ? null : found.get(0);
  }

  private static Outcome outcome(String trigger, long finishedAt) {
    EvaluationTask task = task(trigger);
    return Outcome.without(
        task.trigger(),
        Outcome.State.FAILED,
        "the file is missing",
        task.manifest().status().set(),
        task.requestHash(),
        finishedAt);
  }

  private static EvaluationTask task(String id) {
    Claim claim = new Claim("run", 0, "step", 2, null);
    Trigger trigger =
        new Trigger(
            id,
            Trigger.Kind.REQUEST,
            claim,
            "val",
            "validation",
            null,
            Question.everything(200, 0.5),
            0,
            60_000);
    SetIdentity set =
        new SetIdentity("c", null, null, null, "val", "validation", null, false, Task.BINARY, 1);
    SetStatus status =
        new SetStatus(
            set,
            SetState.COMPLETE,
            null,
            List.of(claim),
            9,
            9L,
            5,
            0,
            0,
            0,
            0,
            false,
            List.of(),
            0);
    return EvaluationTask.of(trigger, new SetManifest(status, List.of()), RequestHash.of(trigger));
  }
}
