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
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BaselineDeskTest {

  private static final OutputTag<Outcome> OUTCOMES = new OutputTag<>("outcomes") {};
  private static final Question.Baseline OLD = new Question.Baseline("run", "old", null);

  private KeyedTwoInputStreamOperatorTestHarness<
          String, EvaluationTask, AddressedManifest, EvaluationTask>
      desk;

  @BeforeEach
  void open() throws Exception {
    EngineSettings settings = EngineSettings.from(SettingsSource.empty());
    desk =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new KeyedCoProcessOperator<>(new BaselineDesk(settings.ledger(), OUTCOMES)),
            AddressedManifest::of,
            AddressedManifest::address,
            Types.STRING);
    desk.open();
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  @Test
  void aTaskWithoutABaselinePasses() throws Exception {
    EvaluationTask task = task("t", null);
    desk.processElement1(task, 0);
    assertThat(desk.extractOutputValues()).containsExactly(task);
  }

  @Test
  void aTaskWaitsForItsBaselineWhichBecomesPartOfTheQuestion() throws Exception {
    desk.processElement1(task("t", OLD), 0);
    arrives(manifest("a", "old", "test", SetState.COMPLETE));
    arrives(manifest("b", "old", "val", SetState.RECEIVING));
    assertThat(desk.extractOutputValues()).isEmpty();
    arrives(manifest("b", "old", "val", SetState.COMPLETE));
    EvaluationTask byRun = desk.extractOutputValues().get(0);
    assertThat(byRun.baseline()).extracting(SetManifest::setKey).containsExactly("b");

    desk.processElement1(task("u", new Question.Baseline(null, null, "b")), 0);
    assertThat(desk.extractOutputValues().get(1).reportKey())
        .as("the same baseline by another name is the same question")
        .isEqualTo(byRun.reportKey());
    desk.processElement1(task("v", new Question.Baseline(null, null, "a")), 0);
    assertThat(desk.extractOutputValues().get(2).reportKey()).isNotEqualTo(byRun.reportKey());
  }

  @Test
  void aMissingBaselineFailsAtTheDeadlineAndIsNamed() throws Exception {
    desk.processElement1(task("t", OLD), 0);
    desk.processElement1(task("u", new Question.Baseline(null, null, "abc")), 0);
    desk.setProcessingTime(60_001);
    assertThat(desk.getSideOutput(OUTCOMES))
        .extracting(record -> record.getValue().state())
        .containsOnly(Outcome.State.FAILED);
    assertThat(desk.getSideOutput(OUTCOMES))
        .extracting(record -> record.getValue().reason())
        .containsExactlyInAnyOrder(
            "baseline must be in the cache: model checkpoint old of run run on val, split"
                + " validation was not complete within 60 s",
            "baseline must be in the cache: prediction set abc was not complete within 60 s");
    arrives(manifest("b", "old", "val", SetState.COMPLETE));
    assertThat(desk.extractOutputValues()).as("a trigger ends once").isEmpty();
  }

  @Test
  void aWithdrawalEndsTheTaskThatWaitsHereAndFollowsTheOneThatHasGoneOn() throws Exception {
    EvaluationTask waits = task("waits", OLD);
    EvaluationTask goes = task("goes", null);
    desk.processElement1(waits, 0);
    desk.processElement1(goes, 0);
    for (EvaluationTask task : List.of(waits, goes)) {
      desk.processElement1(EvaluationTask.withdrawal(task.trigger(), task.reportKey()), 0);
    }
    arrives(manifest("b", "old", "val", SetState.COMPLETE));
    assertThat(desk.getSideOutput(OUTCOMES))
        .extracting(o -> o.getValue().trigger().id() + " " + o.getValue().state())
        .containsExactly("waits EXPIRED");
    assertThat(desk.extractOutputValues())
        .extracting(task -> task.trigger().id() + " " + task.isWithdrawal())
        .containsExactly("goes false", "goes true");
  }

  @Test
  void foldsAreCompleteWhenNoneIsMissingInBetween() {
    assertThat(FoldSets.complete(List.of(fold(0, 0), fold(2, 0)), 0)).isEmpty();
    assertThat(FoldSets.complete(List.of(fold(0, 0)), 0)).isEmpty();
    assertThat(FoldSets.complete(List.of(fold(1, 0), fold(0, 0)), 3)).isEmpty();
    assertThat(FoldSets.complete(List.of(fold(1, 0), fold(0, 0), fold(0, 3)), 0))
        .extracting(SetManifest::setKey)
        .containsExactly("fold 0 of 3", "fold 1 of 0");
  }

  private static FoldSets.Candidate fold(int fold, int attempt) {
    SetIdentity set =
        new SetIdentity(
            "fold " + fold + " of " + attempt,
            null,
            null,
            null,
            "val",
            "validation",
            fold,
            false,
            Task.BINARY,
            1);
    return new FoldSets.Candidate(
        manifest(set, new Claim("run", attempt, "cv", 1, null), SetState.COMPLETE), attempt);
  }

  private void arrives(SetManifest manifest) throws Exception {
    var copies =
        new Collector<AddressedManifest>() {
          @Override
          public void collect(AddressedManifest copy) {
            try {
              desk.processElement2(copy, 0);
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          }

          @Override
          public void close() {}
        };
    new AddressedManifest.Copies().flatMap(manifest, copies);
  }

  private static EvaluationTask task(String id, Question.Baseline baseline) {
    Trigger trigger =
        new Trigger(
            id,
            Trigger.Kind.REQUEST,
            new Claim("run", 0, "new", 2, null),
            "val",
            "validation",
            null,
            new Question(List.of(), null, 200, 0.5, null, baseline, null, null, false, 0),
            0,
            60_000,
            5);
    return EvaluationTask.of(
        trigger, manifest("c", "new", "val", SetState.COMPLETE), RequestHash.of(trigger));
  }

  private static SetManifest manifest(
      String key, String checkpoint, String evaluationSet, SetState state) {
    SetIdentity set =
        new SetIdentity(
            key, null, null, null, evaluationSet, "validation", null, false, Task.BINARY, 1);
    return manifest(set, new Claim("run", 0, checkpoint, 1, null), state);
  }

  private static SetManifest manifest(SetIdentity set, Claim claim, SetState state) {
    return new SetManifest(
        new SetStatus(set, state, null, List.of(claim), 9, 9L, 5, 0, 0, 0, 0, false, List.of(), 0),
        List.of());
  }
}
