package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FinishEvaluationsTest {

  private static final OutputTag<MetricPoint> POINTS = new OutputTag<>("points") {};
  private static final EngineSettings SETTINGS = EngineSettings.from(SettingsSource.empty());

  private KeyedTwoInputStreamOperatorTestHarness<String, EvaluationTask, Finding, Outcome> finish;

  @BeforeEach
  void open() throws Exception {
    finish =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new KeyedCoProcessOperator<>(new FinishEvaluations(SETTINGS.ledger(), POINTS)),
            EvaluationTask::reportKey,
            Finding::reportKey,
            Types.STRING);
    finish.open();
  }

  @AfterEach
  void close() throws Exception {
    finish.close();
  }

  @Test
  void whoFollowsTheSecondTryWaitsForIt() throws Exception {
    finish.processElement1(task("first").leading(true, 1), 0);
    finish.processElement2(broken(1), 0);
    finish.processElement1(task("second").leading(false, 0), 0);
    assertThat(finish.extractOutputValues())
        .extracting(Outcome::state)
        .containsExactly(Outcome.State.FAILED, Outcome.State.FAILED);
    finish.processElement1(task("third").leading(true, 2), 0);
    finish.processElement1(task("fourth").leading(false, 2), 0);
    assertThat(finish.extractOutputValues()).hasSize(2);
    finish.processElement2(broken(2), 0);
    assertThat(finish.extractOutputValues())
        .extracting(outcome -> outcome.trigger().id())
        .containsExactly("first", "second", "third", "fourth");
  }

  @Test
  void theLastWhoWithdrawsEndsTheRoundAndItsFindingsAreDropped() throws Exception {
    finish.processElement1(task("first").leading(true, 1), 0);
    withdraw("first");
    withdraw("first");
    // a scan that was stopped, or that was faster
    finish.processElement2(broken(1), 0);
    assertThat(ends()).containsExactly("first EXPIRED: withdrawn by request");

    finish.processElement1(task("again").leading(true, 2), 0);
    finish.processElement2(broken(1), 0);
    assertThat(ends()).hasSize(1);
    finish.processElement2(broken(2), 0);
    assertThat(ends())
        .containsExactly(
            "first EXPIRED: withdrawn by request", "again FAILED: the file is missing");
  }

  @Test
  void whoStaysLeadsAndWhoHasEndedCanNotWithdraw() throws Exception {
    finish.processElement1(task("first").leading(true, 1), 0);
    finish.processElement1(task("second").leading(false, 1), 0);
    withdraw("first");
    finish.processElement2(broken(1), 0);
    withdraw("second");
    assertThat(ends())
        .containsExactly(
            "first EXPIRED: withdrawn by request", "second FAILED: the file is missing");
  }

  private void withdraw(String id) throws Exception {
    EvaluationTask task = task(id);
    finish.processElement1(EvaluationTask.withdrawal(task.trigger(), task.reportKey()), 0);
  }

  private List<String> ends() {
    return finish.extractOutputValues().stream()
        .map(o -> o.trigger().id() + " " + o.state() + ": " + o.reason())
        .toList();
  }

  private static Finding broken(long round) {
    EvaluationTask task = task("first");
    Split all =
        new Split(
            task.reportKey(),
            round,
            task.manifest().status().set(),
            Split.ALL,
            0,
            List.of(),
            task.trigger().question(),
            null,
            null);
    return Finding.failed(all, "the file is missing");
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
            60_000,
            5);
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
