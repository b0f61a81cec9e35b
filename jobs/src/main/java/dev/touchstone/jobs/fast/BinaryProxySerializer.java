package dev.touchstone.jobs.fast;

import dev.touchstone.metrics.binary.BinaryProxy;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Flink's view of a {@link BinaryProxy}: its own versioned bytes, length first. */
public final class BinaryProxySerializer extends TypeSerializerSingleton<BinaryProxy> {

  private static final long serialVersionUID = 1L;

  public static final BinaryProxySerializer INSTANCE = new BinaryProxySerializer();

  @Override
  public boolean isImmutableType() {
    return false;
  }

  @Override
  public BinaryProxy createInstance() {
    return BinaryProxy.of(0.5);
  }

  @Override
  public BinaryProxy copy(BinaryProxy from) {
    return BinaryProxy.fromBytes(from.toBytes());
  }

  @Override
  public BinaryProxy copy(BinaryProxy from, BinaryProxy reuse) {
    return copy(from);
  }

  @Override
  public int getLength() {
    return -1;
  }

  @Override
  public void serialize(BinaryProxy proxy, DataOutputView target) throws IOException {
    byte[] bytes = proxy.toBytes();
    target.writeInt(bytes.length);
    target.write(bytes);
  }

  @Override
  public BinaryProxy deserialize(DataInputView source) throws IOException {
    byte[] bytes = new byte[source.readInt()];
    source.readFully(bytes);
    return BinaryProxy.fromBytes(bytes);
  }

  @Override
  public BinaryProxy deserialize(BinaryProxy reuse, DataInputView source) throws IOException {
    return deserialize(source);
  }

  @Override
  public void copy(DataInputView source, DataOutputView target) throws IOException {
    int length = source.readInt();
    target.writeInt(length);
    target.write(source, length);
  }

  @Override
  public TypeSerializerSnapshot<BinaryProxy> snapshotConfiguration() {
    return new Snapshot();
  }

  /** The bytes carry their version themselves, so every snapshot is compatible. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<BinaryProxy> {

    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
