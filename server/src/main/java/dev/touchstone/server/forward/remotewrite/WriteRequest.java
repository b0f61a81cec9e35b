package dev.touchstone.server.forward.remotewrite;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prometheus' {@code WriteRequest} in protobuf's encoding, of which it needs four messages:
 *
 * <pre>
 * WriteRequest { repeated TimeSeries timeseries = 1; }
 * TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; }
 * Label        { string name = 1; string value = 2; }
 * Sample       { double value = 1; int64 timestamp = 2; }
 * </pre>
 */
final class WriteRequest {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;

  private WriteRequest() {}

  /**
   * Encodes samples, each series once.
   *
   * @param samples those of one series in the order of time
   */
  static byte[] encode(List<Sample> samples) {
    Map<Series, List<Sample>> bySeries = new LinkedHashMap<>();
    for (Sample sample : samples) {
      bySeries.computeIfAbsent(sample.series(), s -> new ArrayList<>()).add(sample);
    }
    var request = new ByteArrayOutputStream(64 * samples.size() + 64);
    bySeries.forEach((series, own) -> message(request, 1, timeSeries(series, own)));
    return request.toByteArray();
  }

  private static byte[] timeSeries(Series series, List<Sample> samples) {
    var out = new ByteArrayOutputStream(256);
    series
        .labels()
        .forEach(
            (name, value) -> {
              var label = new ByteArrayOutputStream(64);
              message(label, 1, name.getBytes(StandardCharsets.UTF_8));
              message(label, 2, value.getBytes(StandardCharsets.UTF_8));
              message(out, 1, label.toByteArray());
            });
    for (Sample sample : samples) {
      var bytes = new ByteArrayOutputStream(24);
      tag(bytes, 1, FIXED64);
      long bits = Double.doubleToRawLongBits(sample.value());
      for (int i = 0; i < Long.BYTES; i++) {
        bytes.write((int) (bits >>> (8 * i)));
      }
      tag(bytes, 2, VARINT);
      varint(bytes, sample.millis());
      message(out, 2, bytes.toByteArray());
    }
    return out.toByteArray();
  }

  private static void message(ByteArrayOutputStream out, int field, byte[] bytes) {
    tag(out, field, LENGTH);
    varint(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void tag(ByteArrayOutputStream out, int field, int type) {
    varint(out, (long) field << 3 | type);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
