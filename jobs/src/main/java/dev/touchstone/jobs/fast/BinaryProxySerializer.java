package dev.touchstone.jobs.fast;

import dev.touchstone.metrics.binary.BinaryProxy;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Flink's view of a {@link BinaryProxy}. */
public final class BinaryProxySerializer extends StateSerializer<BinaryProxy> {

  private static final long serialVersionUID = 1L;

  public static final BinaryProxySerializer INSTANCE = new BinaryProxySerializer();

  @Override
  public BinaryProxy createInstance() {
    return BinaryProxy.of(0.5);
  }

  @Override
  byte[] toBytes(BinaryProxy proxy) {
    return proxy.toBytes();
  }

  @Override
  BinaryProxy fromBytes(byte[] bytes) {
    return BinaryProxy.fromBytes(bytes);
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
