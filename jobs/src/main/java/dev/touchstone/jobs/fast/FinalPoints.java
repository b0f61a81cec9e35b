package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.MetricPoint;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * The points that a complete set ended with, kept for later claims on it. They are alike, and there
 * may be a hundred of them for each of very many sets: compressed, they take a tenth of the memory.
 */
final class FinalPoints {

  private final TypeSerializer<MetricPoint> serializer;
  private final ValueState<byte[]> state;

  FinalPoints(TypeSerializer<MetricPoint> serializer, ValueState<byte[]> state) {
    this.serializer = serializer;
    this.state = state;
  }

  void update(List<MetricPoint> points) throws IOException {
    var plain = new DataOutputSerializer(1 << 14);
    plain.writeInt(points.size());
    for (MetricPoint point : points) {
      serializer.serialize(point, plain);
    }
    var bytes = new ByteArrayOutputStream();
    try (var deflater = new DeflaterOutputStream(bytes)) {
      deflater.write(plain.getSharedBuffer(), 0, plain.length());
    }
    state.update(bytes.toByteArray());
  }

  /** In their order; empty before the first update. */
  List<MetricPoint> get() throws IOException {
    byte[] bytes = state.value();
    if (bytes == null) {
      return List.of();
    }
    byte[] plain;
    try (var inflater = new InflaterInputStream(new ByteArrayInputStream(bytes))) {
      plain = inflater.readAllBytes();
    }
    var in = new DataInputDeserializer(plain);
    List<MetricPoint> points = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      points.add(serializer.deserialize(in));
    }
    return points;
  }
}
