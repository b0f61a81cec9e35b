package dev.touchstone.server.forward.remotewrite;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.xerial.snappy.Snappy;

/** Takes remote write as Prometheus does: a request as a whole, or not at all. */
final class FakeReceiver implements AutoCloseable {

  /** A sample that was taken. */
  record Taken(String series, double value, long millis) {}

  final List<Taken> taken = new ArrayList<>();
  final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  int requests;

  /** Older ones are out of bounds. */
  long bound = Long.MIN_VALUE;

  /** Set: the answer to everything. */
  Integer status;

  String body = "";

  /** Samples on which it fails with a 500 that says nothing. */
  Predicate<Taken> poison = sample -> false;

  private final Map<String, Taken> last = new HashMap<>();
  private final HttpServer server;

  FakeReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  String where() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  String url() {
    return where() + "/api/v1/write";
  }

  private synchronized void handle(HttpExchange exchange) throws IOException {
    requests++;
    headers.clear();
    exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
    byte[] sent = Snappy.uncompress(exchange.getRequestBody().readAllBytes());
    if (status != null) {
      answer(exchange, status, body);
      return;
    }
    List<Taken> samples = decode(sent);
    Map<String, Taken> then = new HashMap<>(last);
    for (Taken sample : samples) {
      Taken before = then.put(sample.series, sample);
      String error =
          sample.millis < bound
              ? "out of bounds"
              : before == null || before.millis < sample.millis || before.equals(sample)
                  ? null
                  : before.millis == sample.millis
                      ? "duplicate sample for timestamp"
                      : "out of order sample";
      if (error != null) {
        answer(exchange, 400, error + "\n");
        return;
      }
      if (poison.test(sample)) {
        answer(exchange, 500, "");
        return;
      }
    }
    last.putAll(then);
    taken.addAll(samples);
    answer(exchange, 204, "");
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static List<Taken> decode(byte[] request) {
    List<Taken> samples = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      ByteBuffer series = message(in, 1);
      StringBuilder name = new StringBuilder();
      while (series.hasRemaining() && series.get(series.position()) == (1 << 3 | 2)) {
        ByteBuffer label = message(series, 1);
        String labelName = text(message(label, 1));
        String value = text(message(label, 2));
        name.append(labelName.equals("__name__") ? value : " " + labelName + "=" + value);
      }
      while (series.hasRemaining()) {
        ByteBuffer sample = message(series, 2);
        expect(varint(sample), 1 << 3 | 1);
        double value = sample.getDouble();
        expect(varint(sample), 2 << 3);
        samples.add(new Taken(name.toString(), value, varint(sample)));
      }
    }
    return samples;
  }

  private static ByteBuffer message(ByteBuffer in, int field) {
    expect(varint(in), field << 3 | 2);
    int length = (int) varint(in);
    ByteBuffer slice = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return slice;
  }

  private static String text(ByteBuffer in) {
    return StandardCharsets.UTF_8.decode(in).toString();
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  private static void expect(long actual, long expected) {
    if (actual != expected) {
      throw new UncheckedIOException(new IOException("expected " + expected + ", got " + actual));
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
