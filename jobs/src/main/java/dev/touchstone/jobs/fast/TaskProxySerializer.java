package dev.touchstone.jobs.fast;

import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Flink's view of a {@link TaskProxy}. */
public final class TaskProxySerializer extends StateSerializer<TaskProxy> {

  private static final long serialVersionUID = 1L;

  public static final TaskProxySerializer INSTANCE = new TaskProxySerializer();

  @Override
  public TaskProxy createInstance() {
    return TaskProxy.empty();
  }

  @Override
  byte[] toBytes(TaskProxy proxy) {
    return proxy.toBytes();
  }

  @Override
  TaskProxy fromBytes(byte[] bytes) {
    return TaskProxy.fromBytes(bytes);
  }

  @Override
  public TypeSerializerSnapshot<TaskProxy> snapshotConfiguration() {
    return new Snapshot();
  }

  /** The bytes carry their version themselves, so every snapshot is compatible. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<TaskProxy> {

    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
