package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.model.Withdrawal;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TriggerRegisterTest {

  private KeyedTwoInputStreamOperatorTestHarness<String, Trigger, Withdrawal, Asked> register;

  @BeforeEach
  void open() throws Exception {
    EngineSettings settings = EngineSettings.from(SettingsSource.empty());
    register =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new KeyedCoProcessOperator<>(new TriggerRegister(settings.ledger())),
            Trigger::id,
            Withdrawal::triggerId,
            Types.STRING);
    register.open();
  }

  @AfterEach
  void close() throws Exception {
    register.close();
  }

  @Test
  void anIdPassesOnceEvenIfItAsksSomethingElseTheSecondTime() throws Exception {
    register.processElement1(trigger("a", "c1"), 0);
    register.processElement1(trigger("a", "c2"), 0);
    register.processElement1(trigger("b", "c2"), 0);
    assertThat(register.extractOutputValues())
        .containsExactly(
            new Asked(trigger("a", "c1"), false), new Asked(trigger("b", "c2"), false));
  }

  @Test
  void aWithdrawalFindsItsTriggerByIdAlone() throws Exception {
    register.processElement1(trigger("a", "c1"), 0);
    register.processElement2(new Withdrawal("a"), 0);
    register.processElement2(new Withdrawal("a"), 0);
    register.processElement2(new Withdrawal("unknown"), 0);
    assertThat(register.extractOutputValues())
        .containsExactly(new Asked(trigger("a", "c1"), false), new Asked(trigger("a", "c1"), true));
  }

  @Test
  void aWithdrawalThatIsReadFirstStillHolds() throws Exception {
    register.processElement2(new Withdrawal("a"), 0);
    assertThat(register.extractOutputValues()).isEmpty();
    register.processElement1(trigger("a", "c1"), 0);
    register.processElement1(trigger("a", "c1"), 0);
    assertThat(register.extractOutputValues()).containsExactly(new Asked(trigger("a", "c1"), true));
  }

  private static Trigger trigger(String id, String checkpoint) {
    return new Trigger(
        id,
        Trigger.Kind.REQUEST,
        new Claim("run", -1, checkpoint, -1, null),
        "val",
        "validation",
        null,
        Question.everything(200, 0.5),
        0,
        60_000,
        5);
  }
}
