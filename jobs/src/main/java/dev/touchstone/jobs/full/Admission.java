package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.FailedReport;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The first task of a report key leads and is computed; the others will share its report. Where the
 * leader has failed, the next task leads again. Keyed by report key.
 *
 * <p>Failures come back by way of the topic of reports. Only that of the present leader counts: one
 * of an earlier leader, or one that is read again from before this leader began, is passed over.
 */
public final class Admission
    extends KeyedCoProcessFunction<String, EvaluationTask, FailedReport, EvaluationTask> {

  private static final long serialVersionUID = 1L;

  private final LedgerSettings ledger;
  private transient ValueState<Leader> leader;

  /** Who leads, and since when. */
  public record Leader(String triggerId, long sinceMillis) {}

  public Admission(LedgerSettings ledger) {
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    var state = new ValueStateDescriptor<>("leader", Types.POJO(Leader.class));
    state.enableTimeToLive(ledger.retention());
    leader = getRuntimeContext().getState(state);
  }

  @Override
  public void processElement1(EvaluationTask task, Context context, Collector<EvaluationTask> out)
      throws Exception {
    boolean leads = leader.value() == null;
    if (leads) {
      long now = context.timerService().currentProcessingTime();
      leader.update(new Leader(task.trigger().id(), now));
    }
    out.collect(task.leading(leads));
  }

  @Override
  public void processElement2(FailedReport failed, Context context, Collector<EvaluationTask> out)
      throws Exception {
    Leader now = leader.value();
    if (now != null
        && now.triggerId().equals(failed.triggerId())
        && failed.finishedAtMillis() >= now.sinceMillis()) {
      leader.clear();
    }
  }
}
