package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Lets an outcome without a report out once a Flink checkpoint holds the decision behind it.
 *
 * <p>Such an outcome depends on the time: on what had arrived when a deadline came, on what waited
 * when a later trigger took its place. After a fault the engine decides again from its last Flink
 * checkpoint, and may decide otherwise; then nobody must have heard of the first decision. A report
 * needs no such care, since it is the same whenever it is made.
 */
public final class OnceDecided extends AbstractStreamOperator<Outcome>
    implements OneInputStreamOperator<Outcome, Outcome>, BoundedOneInput {

  private static final long serialVersionUID = 1L;

  /** What was restored: some Flink checkpoint holds it. */
  private static final long EARLIER = Long.MIN_VALUE;

  private final boolean checkpointing;
  private transient ListState<Outcome> state;
  private transient NavigableMap<Long, List<Outcome>> held;
  private transient List<Outcome> fresh;

  /**
   * @param checkpointing false: outcomes pass at once, since nothing will ever hold them
   */
  public OnceDecided(boolean checkpointing) {
    this.checkpointing = checkpointing;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    state =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("held", Types.POJO(Outcome.class)));
    held = new TreeMap<>();
    fresh = new ArrayList<>();
    List<Outcome> restored = new ArrayList<>();
    state.get().forEach(restored::add);
    held.put(EARLIER, restored);
  }

  @Override
  public void processElement(StreamRecord<Outcome> outcome) {
    if (checkpointing) {
      fresh.add(outcome.getValue());
    } else {
      output.collect(outcome);
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    held.put(context.getCheckpointId(), fresh);
    fresh = new ArrayList<>();
    List<Outcome> all = new ArrayList<>();
    held.values().forEach(all::addAll);
    state.update(all);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    NavigableMap<Long, List<Outcome>> decided = held.headMap(checkpointId, true);
    decided.values().forEach(this::emit);
    decided.clear();
  }

  @Override
  public void endInput() {
    held.values().forEach(this::emit);
    held.clear();
    emit(fresh);
    fresh = new ArrayList<>();
  }

  private void emit(List<Outcome> outcomes) {
    outcomes.forEach(outcome -> output.collect(new StreamRecord<>(outcome)));
  }
}
