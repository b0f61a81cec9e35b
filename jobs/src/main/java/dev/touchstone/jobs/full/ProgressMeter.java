package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Counts the splits of an evaluation that are done and says so a few times a second, to each
 * trigger that waits for it. Nothing is said of evaluations that end sooner than that. Keyed by
 * report key.
 */
public final class ProgressMeter
    extends KeyedCoProcessFunction<String, EvaluationTask, Tick, Progress> {

  private static final long serialVersionUID = 1L;

  private static final long PATIENCE_MILLIS = 250;
  private static final int PASSES = 2;

  private final LedgerSettings ledger;
  private transient ValueState<Reading> meter;

  /** What has been counted. */
  public record Reading(List<Trigger> triggers, int pass, int done, int total, long saidAtMillis) {

    Reading with(Trigger trigger) {
      List<Trigger> more = new ArrayList<>(triggers);
      more.add(trigger);
      return new Reading(more, pass, done, total, saidAtMillis);
    }

    Reading after(Tick tick) {
      // the plan of a pass and its first splits come on different ways
      boolean first = tick.pass() > pass;
      int before = first ? 0 : done;
      return new Reading(
          triggers,
          Math.max(pass, tick.pass()),
          tick.planned() || tick.pass() < pass ? before : before + 1,
          tick.pass() < pass ? total : tick.parts(),
          saidAtMillis);
    }

    boolean isOver() {
      return pass == PASSES && done >= total;
    }

    Reading saidAt(long millis) {
      return new Reading(triggers, pass, done, total, millis);
    }
  }

  public ProgressMeter(LedgerSettings ledger) {
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    var state = new ValueStateDescriptor<>("meter", Types.POJO(Reading.class));
    state.enableTimeToLive(ledger.retention());
    meter = getRuntimeContext().getState(state);
  }

  @Override
  public void processElement1(EvaluationTask task, Context context, Collector<Progress> out)
      throws Exception {
    if (task.restates()) {
      // nobody waits for it
      return;
    }
    Reading now = meter.value();
    if (now == null && !task.leads()) {
      // its report is there already
      return;
    }
    if (now == null || task.leads() && now.triggers().isEmpty()) {
      long start = context.timerService().currentProcessingTime();
      now = now == null ? new Reading(List.of(), 1, 0, 0, start) : now.saidAt(start);
    }
    meter.update(now.with(task.trigger()));
  }

  @Override
  public void processElement2(Tick tick, Context context, Collector<Progress> out)
      throws Exception {
    long now = context.timerService().currentProcessingTime();
    Reading before = meter.value();
    Reading after = (before == null ? new Reading(List.of(), 1, 0, 0, now) : before).after(tick);
    if (after.isOver()) {
      meter.clear();
      return;
    }
    if (now - after.saidAtMillis() >= PATIENCE_MILLIS) {
      for (Trigger trigger : after.triggers()) {
        out.collect(
            new Progress(
                trigger,
                Progress.State.RUNNING,
                0,
                after.pass(),
                PASSES,
                after.done(),
                after.total(),
                now));
      }
      after = after.saidAt(now);
    }
    meter.update(after);
  }
}
