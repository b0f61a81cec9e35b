package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.model.Withdrawal;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Lets each trigger id pass once, whatever it asks when it comes again, and knows where it went: so
 * it can be withdrawn by its id alone. Keyed by trigger id.
 */
public final class TriggerRegister
    extends KeyedCoProcessFunction<String, Trigger, Withdrawal, Asked> {

  private static final long serialVersionUID = 1L;

  private final LedgerSettings ledger;
  private transient ValueState<Trigger> known;
  private transient ValueState<Boolean> withdrawn;

  public TriggerRegister(LedgerSettings ledger) {
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    var knownState = new ValueStateDescriptor<>("known", Types.POJO(Trigger.class));
    var withdrawnState = new ValueStateDescriptor<>("withdrawn", Types.BOOLEAN);
    knownState.enableTimeToLive(ledger.retention());
    withdrawnState.enableTimeToLive(ledger.retention());
    known = getRuntimeContext().getState(knownState);
    withdrawn = getRuntimeContext().getState(withdrawnState);
  }

  @Override
  public void processElement1(Trigger trigger, Context context, Collector<Asked> out)
      throws Exception {
    if (known.value() == null) {
      known.update(trigger);
      out.collect(new Asked(trigger, withdrawn.value() != null));
    }
  }

  @Override
  public void processElement2(Withdrawal withdrawal, Context context, Collector<Asked> out)
      throws Exception {
    if (withdrawn.value() != null) {
      return;
    }
    withdrawn.update(true);
    // one that comes before its trigger waits for it here
    Trigger trigger = known.value();
    if (trigger != null) {
      out.collect(new Asked(trigger, true));
    }
  }
}
