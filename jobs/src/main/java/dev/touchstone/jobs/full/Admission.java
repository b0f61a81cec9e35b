package dev.touchstone.jobs.full;

import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;

/** The first task of a report key leads and is computed; the others will share its report. */
public final class Admission extends RichMapFunction<EvaluationTask, EvaluationTask> {

  private static final long serialVersionUID = 1L;

  private final LedgerSettings ledger;
  private transient ValueState<Boolean> led;

  public Admission(LedgerSettings ledger) {
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    var state = new ValueStateDescriptor<>("led", Types.BOOLEAN);
    state.enableTimeToLive(ledger.retention());
    led = getRuntimeContext().getState(state);
  }

  @Override
  public EvaluationTask map(EvaluationTask task) throws Exception {
    boolean leads = led.value() == null;
    led.update(true);
    return task.leading(leads);
  }
}
