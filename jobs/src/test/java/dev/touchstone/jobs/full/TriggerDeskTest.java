package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
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
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TriggerDeskTest {

  private static final OutputTag<Outcome> OUTCOMES = new OutputTag<>("outcomes") {};
  private static final Claim CLAIM = new Claim("run", 0, "step-8", 8, 1.5);

  private KeyedTwoInputStreamOperatorTestHarness<String, Asked, ClaimedManifest, EvaluationTask>
      desk;

  @BeforeEach
  void open() throws Exception {
    desk = harness();
    desk.open();
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  private static KeyedTwoInputStreamOperatorTestHarness<
          String, Asked, ClaimedManifest, EvaluationTask>
      harness() throws Exception {
    EngineSettings settings = EngineSettings.from(SettingsSource.empty());
    return new KeyedTwoInputStreamOperatorTestHarness<>(
        new KeyedCoProcessOperator<>(new TriggerDesk(settings.ledger(), OUTCOMES)),
        Asked::checkpointKey,
        ClaimedManifest::checkpointKey,
        Types.STRING);
  }

  @Test
  void aTriggerThatComesBeforeItsPredictionsWaitsForThem() throws Exception {
    trigger("t", "val");
    assertThat(desk.extractOutputValues()).isEmpty();
    manifest("a", "val", SetState.RECEIVING, 500);
    assertThat(desk.extractOutputValues()).isEmpty();
    manifest("a", "val", SetState.COMPLETE, 1_000);
    assertThat(desk.extractOutputValues())
        .singleElement()
        .satisfies(task -> assertThat(task.manifest().status().rows()).isEqualTo(1_000));
  }

  @Test
  void aTriggerThatComesAfterItsPredictionsStartsAtOnceAndOnlyOnce() throws Exception {
    manifest("a", "val", SetState.COMPLETE, 1_000);
    trigger("t", "val");
    trigger("t", "val");
    assertThat(desk.extractOutputValues()).hasSize(1);
    manifest("a", "val", SetState.COMPLETE, 1_000);
    assertThat(desk.extractOutputValues()).hasSize(1);
  }

  @Test
  void atTheDeadlineTheTriggerIsIncompleteAndSaysHowFarTheSetHadCome() throws Exception {
    trigger("none", "val");
    desk.setProcessingTime(60_000);
    manifest("a", "val", SetState.RECEIVING, 812);
    trigger("some", "val");
    desk.setProcessingTime(120_001);
    assertThat(outcomes())
        .extracting(Outcome::state)
        .containsExactly(Outcome.State.INCOMPLETE, Outcome.State.INCOMPLETE);
    assertThat(outcomes())
        .extracting(Outcome::reason)
        .containsExactly(
            "no predictions of model checkpoint step-8 on val arrived within 60 s",
            "PARTIAL(812/1000): the prediction set was not complete within 60 s");
    manifest("a", "val", SetState.COMPLETE, 1_000);
    assertThat(desk.extractOutputValues()).as("a trigger ends once").isEmpty();
  }

  @Test
  void severalEvaluationSetsMustBeToldApartByName() throws Exception {
    manifest("a", "val", SetState.COMPLETE, 1_000);
    manifest("b", "test", SetState.COMPLETE, 1_000);
    trigger("t", null);
    trigger("u", "test");
    assertThat(outcomes())
        .singleElement()
        .satisfies(
            outcome ->
                assertThat(outcome.reason())
                    .isEqualTo("evaluation_set must be named, since there are several: test, val"));
    assertThat(desk.extractOutputValues())
        .singleElement()
        .satisfies(task -> assertThat(task.manifest().setKey()).isEqualTo("b"));
  }

  @Test
  void foldsAreWaitedForAndThoseThatCameAreNamed() throws Exception {
    Question question = new Question(List.of(), null, 200, 0.5, null, null, null, 3, false, 0);
    trigger("cv", "val", question);
    manifest("a", 0);
    manifest("c", 2);
    assertThat(desk.extractOutputValues()).isEmpty();
    trigger("late", "val", question);
    manifest("b", 1);
    assertThat(desk.extractOutputValues())
        .extracting(task -> task.folds().stream().map(SetManifest::setKey).toList())
        .containsExactly(List.of("a", "b", "c"), List.of("a", "b", "c"));
    assertThat(desk.extractOutputValues().get(0).manifest().status().rows()).isEqualTo(3_000);

    trigger("more", "val", new Question(List.of(), null, 200, 0.5, null, null, null, 4, false, 0));
    desk.setProcessingTime(60_001);
    assertThat(outcomes())
        .extracting(Outcome::reason)
        .containsExactly("folds must be complete, 0 and on, 4 of them, got [0, 1, 2] within 60 s");
  }

  @Test
  void aSampleNeverServesAFullEvaluation() throws Exception {
    desk.processElement2(claimed("a", "val", SetState.COMPLETE, 10, true), 0);
    trigger("t", "val");
    assertThat(desk.extractOutputValues()).isEmpty();
  }

  @Test
  void waitingTriggersSurviveARestart() throws Exception {
    trigger("t", "val");
    OperatorSubtaskState snapshot = desk.snapshot(1, 1);
    close();
    desk = harness();
    desk.initializeState(snapshot);
    desk.open();
    desk.setProcessingTime(60_001);
    assertThat(outcomes()).extracting(o -> o.trigger().id()).containsExactly("t");
  }

  @Test
  void anInconsistentSetEndsItsTriggersAtOnce() throws Exception {
    trigger("before", "val");
    trigger("other", "test");
    manifest("a", "val", SetState.INCONSISTENT, 900);
    trigger("after", "val");

    assertThat(outcomes())
        .extracting(o -> o.trigger().id() + " " + o.state() + ": " + o.reason())
        .containsExactly(
            "before FAILED: the prediction set is inconsistent: 900 of 1000 rows",
            "after FAILED: the prediction set is inconsistent: 900 of 1000 rows");
    manifest("b", "test", SetState.COMPLETE, 1_000);
    assertThat(desk.extractOutputValues())
        .extracting(t -> t.trigger().id())
        .containsExactly("other");
  }

  @Test
  void anInconsistentSetOfAnOlderAttemptSaysNothingOfTheNewOne() throws Exception {
    manifest("a", "val", SetState.INCONSISTENT, 900);
    Claim restarted = new Claim("run", 1, "step-8", 8, 1.5);
    ask(new Asked(trigger("t", restarted, "val", 0), false));
    assertThat(outcomes()).isEmpty();
    desk.processElement2(claimed(restarted, "b", "val", SetState.RECEIVING, 10, false), 0);
    trigger("of the first attempt", "val");
    assertThat(outcomes()).as("a set that still arrives may serve it").isEmpty();
    desk.processElement2(claimed(restarted, "b", "val", SetState.COMPLETE, 1_000, false), 0);
    assertThat(desk.extractOutputValues())
        .extracting(t -> t.trigger().id() + " " + t.manifest().setKey())
        .containsExactlyInAnyOrder("t b", "of the first attempt b");
  }

  @Test
  void aTriggerThatIsReadAfterItsDeadlineExpiresUnlessItsSetIsThere() throws Exception {
    desk.setProcessingTime(1_000_000);
    ask(new Asked(trigger("late", CLAIM, "val", 900_000), false));
    ask(new Asked(trigger("lucky", CLAIM, "test", 900_000), false));
    manifest("a", "test", SetState.COMPLETE, 1_000);
    manifest("b", "val", SetState.RECEIVING, 400);
    desk.setProcessingTime(1_060_001);

    assertThat(outcomes())
        .extracting(o -> o.trigger().id() + " " + o.state() + ": " + o.reason())
        .containsExactly(
            "late EXPIRED: read after its deadline of 60 s;"
                + " PARTIAL(400/1000): the prediction set was not complete");
    assertThat(desk.extractOutputValues())
        .extracting(t -> t.trigger().id())
        .containsExactly("lucky");
  }

  @Test
  void aWithdrawnTriggerEndsWhereItWaitsAndIsFollowedWhereItHasGoneOn() throws Exception {
    trigger("waits", "val");
    withdraw("waits");
    manifest("a", "val", SetState.COMPLETE, 1_000);
    desk.setProcessingTime(60_001);
    assertThat(outcomes())
        .extracting(o -> o.trigger().id() + " " + o.state() + ": " + o.reason())
        .containsExactly("waits EXPIRED: withdrawn by request");
    assertThat(desk.extractOutputValues()).isEmpty();

    trigger("gone on", "val");
    withdraw("gone on");
    withdraw("not seen yet");
    assertThat(desk.extractOutputValues())
        .extracting(t -> t.trigger().id() + " " + t.isWithdrawal())
        .containsExactly("gone on false", "gone on true");
    assertThat(outcomes()).hasSize(2);
  }

  private void manifest(String key, int fold) throws Exception {
    SetIdentity set =
        new SetIdentity(key, null, null, null, "val", "validation", fold, false, Task.BINARY, 1);
    SetStatus status =
        new SetStatus(
            set,
            SetState.COMPLETE,
            null,
            List.of(CLAIM),
            1_000,
            1_000L,
            5,
            0,
            0,
            0,
            0,
            false,
            List.of(),
            0);
    desk.processElement2(new ClaimedManifest(CLAIM, new SetManifest(status, List.of())), 0);
  }

  @Test
  void aLaterLabelRevisionHandsOnOnceMoreWhatWasAskedAboutAnEarlierOne() throws Exception {
    revision("a", 0);
    trigger("first", "val");
    trigger("same question", "val");
    trigger("other question", "val", Question.everything(100, 0.5));
    revision("a", 1);
    revision("a", 1);
    revision("a", 0); // told again after a fault
    trigger("later", "val");
    revision("b", 0); // of the same claim: the desk would now take this one
    assertThat(desk.extractOutputValues())
        .extracting(t -> t.trigger().id() + " " + t.revision() + (t.restates() ? " again" : ""))
        .startsWith("first 0", "same question 0", "other question 0")
        .endsWith("later 1")
        .containsOnlyOnce("first 1 again", "other question 1 again")
        .hasSize(6);
    assertThat(outcomes()).isEmpty();
  }

  private void revision(String key, int revision) throws Exception {
    ClaimedManifest claimed = claimed(key, "val", SetState.COMPLETE, 1_000, false);
    SetStatus status = claimed.manifest().status().withLabels(revision, 5, 0, 0);
    desk.processElement2(new ClaimedManifest(CLAIM, new SetManifest(status, List.of())), 0);
  }

  private void trigger(String id, String evaluationSet) throws Exception {
    trigger(id, evaluationSet, Question.everything(200, 0.5));
  }

  private void trigger(String id, String evaluationSet, Question question) throws Exception {
    ask(new Asked(trigger(id, CLAIM, evaluationSet, question, 0), false));
  }

  private void withdraw(String id) throws Exception {
    ask(new Asked(trigger(id, CLAIM, "val", 0), true));
  }

  private void ask(Asked asked) throws Exception {
    desk.processElement1(asked, 0);
  }

  private static Trigger trigger(
      String id, Claim claim, String evaluationSet, long triggeredAtMillis) {
    return trigger(id, claim, evaluationSet, Question.everything(200, 0.5), triggeredAtMillis);
  }

  private static Trigger trigger(
      String id, Claim claim, String evaluationSet, Question question, long triggeredAtMillis) {
    return new Trigger(
        id,
        Trigger.Kind.CHECKPOINT,
        claim,
        evaluationSet,
        "validation",
        null,
        question,
        triggeredAtMillis,
        60_000,
        0);
  }

  private void manifest(String key, String evaluationSet, SetState state, long rows)
      throws Exception {
    desk.processElement2(claimed(key, evaluationSet, state, rows, false), 0);
  }

  private static ClaimedManifest claimed(
      String key, String evaluationSet, SetState state, long rows, boolean sampled) {
    return claimed(CLAIM, key, evaluationSet, state, rows, sampled);
  }

  private static ClaimedManifest claimed(
      Claim claim, String key, String evaluationSet, SetState state, long rows, boolean sampled) {
    SetIdentity set =
        new SetIdentity(
            key, null, null, null, evaluationSet, "validation", null, sampled, Task.BINARY, 1);
    String reason = state == SetState.INCONSISTENT ? rows + " of 1000 rows" : null;
    SetStatus status =
        new SetStatus(
            set, state, reason, List.of(claim), rows, 1_000L, 5, 0, 0, 0, 0, false, List.of(), 0);
    return new ClaimedManifest(claim, new SetManifest(status, List.of()));
  }

  private List<Outcome> outcomes() {
    var output = desk.getSideOutput(OUTCOMES);
    return output == null ? List.of() : output.stream().map(r -> r.getValue()).toList();
  }
}
