package dev.touchstone.jobs.full;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Rounds that nobody waits for, on every task manager: their scans stop. After a restart too, since
 * their splits come back with Flink's state.
 */
public final class StopScans extends ProcessFunction<Long, Void> implements CheckpointedFunction {

  private static final long serialVersionUID = 1L;

  private transient ListState<Long> state;
  private transient List<Long> restored;
  private transient RunningScans scans;

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    // each subtask hears of every round and keeps all: one copy of them would do
    state =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("stopped", Types.LONG));
    restored = new ArrayList<>();
    state.get().forEach(restored::add);
  }

  @Override
  public void open(OpenContext context) {
    scans = RunningScans.use(jobId());
    restored.forEach(scans::stop);
  }

  @Override
  public void close() {
    if (scans != null) {
      RunningScans.giveBack(jobId());
    }
  }

  private String jobId() {
    return getRuntimeContext().getJobInfo().getJobId().toString();
  }

  @Override
  public void processElement(Long round, Context context, Collector<Void> out) {
    scans.stop(round);
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    // the others have heard of the same
    boolean first = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
    state.update(first ? scans.stopped() : List.of());
  }
}
