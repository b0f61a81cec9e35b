package dev.touchstone.jobs.fast;

import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Flink's view of a {@link SampledProxy}. */
public final class SampledProxySerializer extends StateSerializer<SampledProxy> {

  private static final long serialVersionUID = 1L;

  public static final SampledProxySerializer INSTANCE = new SampledProxySerializer();

  @Override
  public SampledProxy createInstance() {
    return SampledProxy.of(1, 0.5, 1);
  }

  @Override
  byte[] toBytes(SampledProxy proxy) {
    return proxy.toBytes();
  }

  @Override
  SampledProxy fromBytes(byte[] bytes) {
    return SampledProxy.fromBytes(bytes);
  }

  @Override
  public TypeSerializerSnapshot<SampledProxy> snapshotConfiguration() {
    return new Snapshot();
  }

  /** The bytes carry their version themselves, so every snapshot is compatible. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<SampledProxy> {

    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
