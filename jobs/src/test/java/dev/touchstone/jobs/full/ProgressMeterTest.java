package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProgressMeterTest {

  private KeyedTwoInputStreamOperatorTestHarness<String, EvaluationTask, Tick, Progress> meter;

  @BeforeEach
  void open() throws Exception {
    meter =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new KeyedCoProcessOperator<>(
                new ProgressMeter(EngineSettings.from(SettingsSource.empty()).ledger())),
            EvaluationTask::reportKey,
            Tick::reportKey,
            Types.STRING);
    meter.open();
  }

  @AfterEach
  void close() throws Exception {
    meter.close();
  }

  @Test
  void everyoneWhoWaitsHearsOfBothPassesInOrder() throws Exception {
    task("leader", true);
    task("follower", false);
    tick(100, 1, 3, false);
    tick(300, 1, 3, false);
    tick(600, 1, 3, false);
    tick(900, 2, 2, true);
    tick(1_200, 2, 2, false);
    tick(1_500, 2, 2, false);

    assertThat(said())
        .containsExactly(
            "leader 1/2: 2 of 3",
            "follower 1/2: 2 of 3",
            "leader 1/2: 3 of 3",
            "follower 1/2: 3 of 3",
            "leader 2/2: 0 of 2",
            "follower 2/2: 0 of 2",
            "leader 2/2: 1 of 2",
            "follower 2/2: 1 of 2");
    assertThat(meter.numKeyedStateEntries()).isZero();
  }

  @Test
  void nothingIsSaidOfWhatIsOverAtOnceAndNothingIsKept() throws Exception {
    task("leader", true);
    tick(10, 1, 1, false);
    tick(20, 2, 1, true);
    tick(30, 2, 1, false);
    task("follower", false);

    assertThat(said()).isEmpty();
    assertThat(meter.numKeyedStateEntries()).isZero();
  }

  @Test
  void aFailedFirstPassHasNoSecondOne() throws Exception {
    task("leader", true);
    tick(10, 1, 1, false);
    tick(20, 2, 0, true);
    assertThat(meter.numKeyedStateEntries()).isZero();
  }

  @Test
  void aSplitThatIsDoneBeforeItsPassIsKnownCounts() throws Exception {
    task("leader", true);
    tick(10, 1, 1, false);
    tick(300, 2, 3, false);
    tick(600, 2, 3, true);
    assertThat(said()).containsExactly("leader 2/2: 1 of 3", "leader 2/2: 1 of 3");
  }

  private void task(String id, boolean leads) throws Exception {
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
    meter.processElement1(
        new EvaluationTask(trigger, null, List.of(), List.of(), "hash", "key", leads, 1), 0);
  }

  private void tick(long millis, int pass, int parts, boolean planned) throws Exception {
    meter.setProcessingTime(millis);
    meter.processElement2(new Tick("key", pass, parts, planned), 0);
  }

  private List<String> said() {
    return meter.extractOutputValues().stream()
        .map(
            p ->
                p.trigger().id()
                    + (" " + p.pass() + "/" + p.passes())
                    + (": " + p.splitsDone() + " of " + p.splitsTotal()))
        .toList();
  }
}
