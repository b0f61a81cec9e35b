package dev.touchstone.jobs.fast;

import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Flink's view of a {@link OrderedRows}. */
public final class OrderedRowsSerializer extends StateSerializer<OrderedRows> {

  private static final long serialVersionUID = 1L;

  public static final OrderedRowsSerializer INSTANCE = new OrderedRowsSerializer();

  @Override
  public OrderedRows createInstance() {
    return OrderedRows.of(0.5);
  }

  @Override
  byte[] toBytes(OrderedRows proxy) {
    return proxy.toBytes();
  }

  @Override
  OrderedRows fromBytes(byte[] bytes) {
    return OrderedRows.fromBytes(bytes);
  }

  @Override
  public TypeSerializerSnapshot<OrderedRows> snapshotConfiguration() {
    return new Snapshot();
  }

  /** The bytes carry their version themselves, so every snapshot is compatible. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<OrderedRows> {

    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
