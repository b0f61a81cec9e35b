package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Trigger;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class OnceDecidedTest {

  @Test
  void anOutcomeIsHeldUntilTheFlinkCheckpointThatHoldsItIsComplete() throws Exception {
    var harness = harness(true);
    harness.open();
    add(harness, "a");
    harness.snapshot(1, 0);
    add(harness, "b");
    assertThat(out(harness)).isEmpty();
    harness.notifyOfCompletedCheckpoint(1);
    assertThat(out(harness)).containsExactly("a");
    harness.snapshot(2, 0);
    harness.snapshot(3, 0);
    harness.notifyOfCompletedCheckpoint(3);
    assertThat(out(harness)).containsExactly("a", "b");
    harness.notifyOfCompletedCheckpoint(4);
    assertThat(out(harness)).containsExactly("a", "b");
    harness.close();
  }

  @Test
  void aDecisionThatNoFlinkCheckpointHoldsIsForgottenAndTheOthersComeOut() throws Exception {
    OperatorSubtaskState snapshot;
    var harness = harness(true);
    harness.open();
    add(harness, "held");
    snapshot = harness.snapshot(1, 0);
    add(harness, "decided again after the fault");
    assertThat(out(harness)).isEmpty();
    harness.close();
    harness = harness(true);
    harness.initializeState(snapshot);
    harness.open();
    harness.snapshot(2, 0);
    harness.notifyOfCompletedCheckpoint(2);
    assertThat(out(harness)).containsExactly("held");
    harness.close();
  }

  @Test
  void nothingIsHeldBackAtTheEndOfInputOrWithoutFlinkCheckpoints() throws Exception {
    var harness = harness(true);
    harness.open();
    add(harness, "a");
    harness.snapshot(1, 0);
    add(harness, "b");
    harness.endInput();
    assertThat(out(harness)).containsExactly("a", "b");
    harness.close();
    harness = harness(false);
    harness.open();
    add(harness, "a");
    assertThat(out(harness)).containsExactly("a");
    harness.close();
  }

  private static OneInputStreamOperatorTestHarness<Outcome, Outcome> harness(boolean checkpointing)
      throws Exception {
    return new OneInputStreamOperatorTestHarness<>(new OnceDecided(checkpointing));
  }

  private static void add(OneInputStreamOperatorTestHarness<Outcome, Outcome> harness, String id)
      throws Exception {
    Trigger trigger =
        new Trigger(
            id,
            Trigger.Kind.REQUEST,
            new Claim("run", -1, "c", -1, null),
            "val",
            "validation",
            null,
            Question.everything(200, 0.5),
            0,
            60_000,
            5);
    harness.processElement(
        new StreamRecord<>(
            Outcome.without(trigger, Outcome.State.INCOMPLETE, "why", null, "hash", 0)));
  }

  private static List<String> out(OneInputStreamOperatorTestHarness<Outcome, Outcome> harness) {
    return harness.extractOutputValues().stream().map(o -> o.trigger().id()).toList();
  }
}
