package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.EngineSettings.BacklogPolicy;
import dev.touchstone.jobs.settings.SettingsSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BacklogTest {

  private static final OutputTag<Outcome> OUTCOMES = new OutputTag<>("outcomes") {};
  private static final OutputTag<Progress> QUEUED = new OutputTag<>("queued") {};
  private static final OutputTag<Long> STOPPED = new OutputTag<>("stopped") {};

  private KeyedTwoInputStreamOperatorTestHarness<Integer, EvaluationTask, Reported, EvaluationTask>
      backlog;

  @AfterEach
  void close() throws Exception {
    backlog.close();
  }

  @Test
  void asManyAsThereArePlacesStartAndTheNextOneWhenAnOutcomeHasComeBack() throws Exception {
    open(BacklogPolicy.FIFO, 2);
    ask("a", "run", 1);
    ask("b", "run", 2);
    ask("c", "run", 3);
    ask("d", "run", 4);
    assertThat(started()).containsExactly("a", "b");
    assertThat(backlog.getSideOutput(QUEUED))
        .extracting(r -> r.getValue().trigger().id() + " " + r.getValue().ahead())
        .containsExactly("c 2", "d 3");

    reported("b");
    assertThat(started()).containsExactly("a", "b", "c");
    // told again after a restart: the place is not given away twice
    reported("b");
    reported("unknown");
    assertThat(started()).containsExactly("a", "b", "c");
    reported("a");
    assertThat(started()).containsExactly("a", "b", "c", "d");
  }

  @Test
  void theSameQuestionIsComputedOnceWhetherItWaitsRunsOrHasEnded() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("first", "run", 1);
    put("runs", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    ask("second", "run", 2);
    put("waits", set("second"), Trigger.Kind.REQUEST, "other", 2, 5);
    assertThat(started()).containsExactly("first", "+runs");

    reported("first");
    put("ended", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    assertThat(started()).containsExactly("first", "+runs", "second", "+waits", "+ended");
  }

  @Test
  void aLabelRevisionIsComputedOnceInTheNameOfTheTriggerThatWasAnsweredFirst() throws Exception {
    open(BacklogPolicy.FIFO, 2);
    ask("first", "run", 1);
    put("shares", set("first"), Trigger.Kind.REQUEST, "other", 1, 5);
    restate("shares", 1);
    // while its first report is computed, it waits although there is a place
    assertThat(started()).containsExactly("first", "+shares");

    reported("first");
    assertThat(started()).containsExactly("first", "+shares", "first", "+shares");
    EvaluationTask again = backlog.extractOutputValues().get(2);
    assertThat(again.workKey()).isEqualTo("first:hash@1");
    assertThat(again.endingTrigger().id()).isEqualTo("first (label revision 1)");

    restate("first", 1);
    put("later", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    // both share what is under way, whatever manifest they had met
    assertThat(started().subList(4, 6)).containsExactly("+first", "+later");
    assertThat(backlog.extractOutputValues().get(5).workKey()).isEqualTo("first:hash@1");
    assertThat(outcomes()).isEmpty();
  }

  @Test
  void whatWasNotAnsweredIsNotRestated() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    restate("failed", 1);
    assertThat(started()).isEmpty();
    ask("first", "run", 1);
    ask("waits", "run", 2);
    restate("waits", 2);
    reported("first");
    // what still waited is computed once, about the latest labels, and ends as itself
    assertThat(started()).containsExactly("first", "waits", "+waits");
    EvaluationTask waited = backlog.extractOutputValues().get(1);
    assertThat(waited.revision()).isEqualTo(2);
    assertThat(waited.restates()).isFalse();
  }

  private void restate(String id, int revision) throws Exception {
    SetManifest manifest = set(id.equals("shares") ? "first" : id);
    SetStatus status = manifest.status().withLabels(revision, 5, 0, 0);
    Trigger trigger = trigger(id, Trigger.Kind.REQUEST, "run", 1, 5);
    backlog.processElement1(
        EvaluationTask.of(trigger, new SetManifest(status, List.of()), "hash").restating(), 0);
  }

  @Test
  void whatFailedIsComputedAgainWhenSomebodyAsksAgain() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("first", "run", 1);
    ask("next", "run", 2);
    // a failure is reported under the trigger's id: there is no report
    backlog.processElement2(new Reported("first", 0), 0);
    assertThat(started()).containsExactly("first", "next");
    reported("next");
    put("again", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    assertThat(started()).containsExactly("first", "next", "again");
  }

  @Test
  void aFailureOfAnEarlierLifeDoesNotLetASecondLeaderIn() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    backlog.setProcessingTime(1_000);
    ask("first", "run", 1);
    backlog.processElement2(new Reported("first", 999), 0);
    put("again", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    ask("next", "run", 2);
    assertThat(started()).containsExactly("first", "+again");
    backlog.processElement2(new Reported("first", 1_000), 0);
    assertThat(started()).containsExactly("first", "+again", "next");
  }

  @Test
  void peopleComeBeforeModelCheckpointsAndTheUrgentBeforeAll() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("busy", "run", 1);
    ask("checkpoint", "run", 2);
    put("person", set("person"), Trigger.Kind.REQUEST, "run", -1, 5);
    put("urgent", set("urgent"), Trigger.Kind.REQUEST, "run", -1, 9);
    // the group of a set is as urgent as the most urgent of those who ask
    ask("lucky", "run", 3);
    put("boost", set("lucky"), Trigger.Kind.REQUEST, "run", -1, 7);
    finishAll();
    assertThat(started())
        .containsExactly("busy", "urgent", "lucky", "+boost", "person", "checkpoint");
  }

  @Test
  void runsTakeTurns() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    for (int i = 1; i <= 4; i++) {
      ask("flood-" + i, "flood", i);
    }
    ask("calm-1", "calm", 1);
    ask("calm-2", "calm", 2);
    ask("third-1", "third", 1);
    finishAll();
    assertThat(started())
        .containsExactly("flood-1", "calm-1", "third-1", "flood-2", "calm-2", "flood-3", "flood-4");
  }

  @Test
  void newestFirstTurnsTheOrderWithinARun() throws Exception {
    open(BacklogPolicy.NEWEST_FIRST, 1);
    ask("a", "run", 1);
    ask("b", "run", 2);
    ask("c", "run", 3);
    finishAll();
    assertThat(started()).containsExactly("a", "c", "b");
  }

  @Test
  void aLaterModelCheckpointTakesThePlaceOfOneThatHasNotStarted() throws Exception {
    open(BacklogPolicy.SUPERSEDE, 1);
    ask("running", "run", 1);
    ask("old", "run", 2);
    put("person", set("old"), Trigger.Kind.REQUEST, "run", -1, 5);
    ask("elsewhere", "other", 2);
    ask("new", "run", 3);
    ask("late", "run", 2);

    assertThat(outcomes())
        .extracting(o -> o.trigger().id() + " " + o.state() + ": " + o.reason())
        .containsExactly(
            "old SUPERSEDED: model checkpoint step-3 (step 3) came before this one's turn",
            "late SUPERSEDED: model checkpoint step-3 (step 3) came before this one's turn");
    finishAll();
    assertThat(started()).containsExactly("running", "person", "elsewhere", "new");
  }

  @Test
  void whatWaitsCanBeWithdrawn() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("running", "run", 1);
    ask("waiting", "run", 2);
    put("with it", set("waiting"), Trigger.Kind.REQUEST, "run", -1, 5);
    withdraw("waiting");
    withdraw("waiting");
    withdraw("never heard of");

    assertThat(outcomes())
        .extracting(o -> o.trigger().id() + " " + o.state() + ": " + o.reason())
        .containsExactly("waiting EXPIRED: withdrawn by request");
    finishAll();
    assertThat(started()).containsExactly("running", "with it");
  }

  @Test
  void whatRunsIsStoppedWhenTheLastWhoWaitsForItWithdraws() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("first", "run", 1);
    put("second", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    ask("next", "run", 2);
    withdraw("first");
    assertThat(started()).containsExactly("first", "+second", "-first");
    assertThat(stopped()).isEmpty();

    withdraw("second");
    withdraw("second");
    assertThat(started()).containsExactly("first", "+second", "-first", "-second", "next");
    assertThat(stopped()).containsExactly(backlog.extractOutputValues().get(0).round());
    assertThat(outcomes()).as("they end where reports are made").isEmpty();
  }

  @Test
  void whoAsksForWhatWasGivenUpWaitsUntilItsEndIsKnown() throws Exception {
    open(BacklogPolicy.FIFO, 2);
    ask("first", "run", 1);
    withdraw("first");
    put("again", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    put("with it", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    assertThat(started()).containsExactly("first", "-first");

    backlog.processElement2(new Reported("first", 0), 0);
    assertThat(started()).containsExactly("first", "-first", "again", "+with it");
    List<EvaluationTask> tasks = backlog.extractOutputValues();
    assertThat(tasks.get(2).round()).isGreaterThan(tasks.get(0).round());
    assertThat(tasks.get(3).round()).isEqualTo(tasks.get(2).round());
  }

  @Test
  void aWithdrawalThatCameAfterTheReportLeavesItToOthers() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("first", "run", 1);
    withdraw("first");
    put("again", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    reported("first");
    assertThat(started()).containsExactly("first", "-first", "+again");
  }

  @Test
  void theNextOneLeadsWhenTheLeaderWithdraws() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("first", "run", 1);
    put("second", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    withdraw("first");
    ask("next", "run", 2);
    // that the first one expired frees no place: the second is computed
    backlog.processElement2(new Reported("first", 0), 0);
    assertThat(started()).containsExactly("first", "+second", "-first");
    // it fails under the name of the new leader
    backlog.processElement2(new Reported("second", 0), 0);
    assertThat(started()).containsExactly("first", "+second", "-first", "next");
  }

  @Test
  void aReportIsRestatedInTheNameOfTheOneThatLedLast() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("first", "run", 1);
    put("shares", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    withdraw("first");
    reported("first");
    restate("shares", 1);
    assertThat(started()).containsExactly("first", "+shares", "-first", "shares", "+shares");

    // its outcome is out: the restatement can't be taken back by it
    withdraw("shares");
    assertThat(started()).hasSize(5);
    assertThat(stopped()).isEmpty();
  }

  @Test
  void whatWasGivenUpIsLedAgainAboutTheLatestLabels() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("first", "run", 1);
    withdraw("first");
    put("again", set("first"), Trigger.Kind.REQUEST, "run", 1, 5);
    restate("first", 1);
    assertThat(started()).containsExactly("first", "-first");

    backlog.processElement2(new Reported("first", 0), 0);
    assertThat(started()).containsExactly("first", "-first", "again", "+first");
    assertThat(backlog.extractOutputValues().get(2).workKey()).isEqualTo("first:hash@1");
    withdraw("again");
    // nobody waits for a first answer any more
    assertThat(stopped()).hasSize(2);
    assertThat(backlog.extractOutputValues().get(4).workKey()).isEqualTo("first:hash@1");
  }

  @Test
  void roundsGrowEvenWhereTheStateOfALifeIsLost() throws Exception {
    open(BacklogPolicy.FIFO, 3);
    backlog.setProcessingTime(5);
    ask("a", "run", 1);
    ask("b", "run", 2);
    long last = backlog.extractOutputValues().get(1).round();
    close();
    open(BacklogPolicy.FIFO, 3);
    backlog.setProcessingTime(6);
    ask("a", "run", 1);
    assertThat(backlog.extractOutputValues().get(0).round()).isGreaterThan(last);
  }

  @Test
  void placesAndOrderSurviveARestart() throws Exception {
    open(BacklogPolicy.FIFO, 1);
    ask("a", "run", 1);
    ask("b", "run", 2);
    ask("c", "run", 3);
    OperatorSubtaskState snapshot = backlog.snapshot(1, 1);
    close();
    backlog = harness(BacklogPolicy.FIFO, 1);
    backlog.initializeState(snapshot);
    backlog.open();
    ask("d", "run", 4);
    assertThat(started()).isEmpty();
    reported("a");
    finishAll();
    assertThat(started()).containsExactly("b", "c", "d");
  }

  private void open(BacklogPolicy policy, int places) throws Exception {
    backlog = harness(policy, places);
    backlog.open();
  }

  private static KeyedTwoInputStreamOperatorTestHarness<
          Integer, EvaluationTask, Reported, EvaluationTask>
      harness(BacklogPolicy policy, int places) throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("full.backlog", policy.name())
                .with("full.concurrent_evaluations", places));
    return new KeyedTwoInputStreamOperatorTestHarness<>(
        new KeyedCoProcessOperator<>(
            new Backlog(settings.full(), settings.ledger(), OUTCOMES, QUEUED, STOPPED)),
        task -> Backlog.KEY,
        key -> Backlog.KEY,
        Types.INT);
  }

  /** A model checkpoint's own trigger, named as its set. */
  private void ask(String id, String run, long step) throws Exception {
    put(id, set(id), Trigger.Kind.CHECKPOINT, run, step, 0);
  }

  private void put(
      String id, SetManifest manifest, Trigger.Kind kind, String run, long step, int priority)
      throws Exception {
    backlog.processElement1(
        EvaluationTask.of(trigger(id, kind, run, step, priority), manifest, "hash"), 0);
  }

  private void withdraw(String id) throws Exception {
    backlog.processElement1(
        EvaluationTask.withdrawal(trigger(id, Trigger.Kind.REQUEST, "run", -1, 5), "key"), 0);
  }

  private static Trigger trigger(
      String id, Trigger.Kind kind, String run, long step, int priority) {
    return new Trigger(
        id,
        kind,
        new Claim(run, 0, "step-" + step, step, null),
        "val",
        "validation",
        null,
        Question.everything(200, 0.5),
        0,
        60_000,
        priority);
  }

  private static SetManifest set(String key) {
    SetIdentity set =
        new SetIdentity(key, null, null, null, "val", "validation", null, false, Task.BINARY, 1);
    return new SetManifest(
        new SetStatus(
            set, SetState.COMPLETE, null, List.of(), 10, 10L, 5, 0, 0, 0, 0, false, List.of(), 0),
        List.of());
  }

  private void reported(String set) throws Exception {
    backlog.processElement2(new Reported(set + ":hash", 0), 0);
  }

  /** Reports whatever leads, until nothing new starts. */
  private void finishAll() throws Exception {
    for (int i = 0; i < started().size(); i++) {
      String id = started().get(i);
      if (!id.startsWith("+")) {
        backlog.processElement2(
            new Reported(backlog.extractOutputValues().get(i).reportKey(), 0), 0);
      }
    }
  }

  private List<Long> stopped() {
    var output = backlog.getSideOutput(STOPPED);
    return output == null ? List.of() : output.stream().map(r -> r.getValue()).toList();
  }

  /**
   * Trigger ids in the order they went on; a plus marks those that share a report, a minus those
   * that are withdrawn.
   */
  private List<String> started() {
    List<String> ids = new ArrayList<>();
    for (EvaluationTask task : backlog.extractOutputValues()) {
      String mark = task.isWithdrawal() ? "-" : task.leads() ? "" : "+";
      ids.add(mark + task.trigger().id());
    }
    return ids;
  }

  private List<Outcome> outcomes() {
    var output = backlog.getSideOutput(OUTCOMES);
    return output == null ? List.of() : output.stream().map(r -> r.getValue()).toList();
  }
}
