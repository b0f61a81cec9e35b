package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Task;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Flink's view of a {@link TaskProxy}: what it is of, then its own versioned bytes. */
public final class TaskProxySerializer extends TypeSerializerSingleton<TaskProxy> {

  private static final long serialVersionUID = 1L;

  public static final TaskProxySerializer INSTANCE = new TaskProxySerializer();

  @Override
  public boolean isImmutableType() {
    return false;
  }

  @Override
  public TaskProxy createInstance() {
    return TaskProxy.of(Task.REGRESSION, 1, 0.5, null);
  }

  @Override
  public TaskProxy copy(TaskProxy from) {
    return TaskProxy.of(from.task(), from.outputs(), from.threshold(), from.toBytes());
  }

  @Override
  public TaskProxy copy(TaskProxy from, TaskProxy reuse) {
    return copy(from);
  }

  @Override
  public int getLength() {
    return -1;
  }

  @Override
  public void serialize(TaskProxy proxy, DataOutputView target) throws IOException {
    target.writeUTF(proxy.task().name());
    target.writeInt(proxy.outputs());
    target.writeDouble(proxy.threshold());
    byte[] bytes = proxy.toBytes();
    target.writeInt(bytes.length);
    target.write(bytes);
  }

  @Override
  public TaskProxy deserialize(DataInputView source) throws IOException {
    Task task = Task.valueOf(source.readUTF());
    int outputs = source.readInt();
    double threshold = source.readDouble();
    byte[] bytes = new byte[source.readInt()];
    source.readFully(bytes);
    return TaskProxy.of(task, outputs, threshold, bytes);
  }

  @Override
  public TaskProxy deserialize(TaskProxy reuse, DataInputView source) throws IOException {
    return deserialize(source);
  }

  @Override
  public void copy(DataInputView source, DataOutputView target) throws IOException {
    serialize(deserialize(source), target);
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
