package dev.touchstone.server.forward.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/** Somebody's HTTP server that takes messages, on a port of its own. */
final class Receiver implements AutoCloseable {

  record Message(String delivery, String signature, String type, byte[] bytes) {
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private final HttpServer server;
  private final List<Message> messages = new ArrayList<>();
  private final Queue<Integer> statuses = new ArrayDeque<>();

  Receiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::take);
    server.start();
  }

  /** What it answers next; after that, 200. */
  Receiver answering(Integer... next) {
    synchronized (statuses) {
      statuses.addAll(List.of(next));
    }
    return this;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook/s3cr3t");
  }

  List<Message> messages() {
    synchronized (statuses) {
      return List.copyOf(messages);
    }
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      var headers = exchange.getRequestHeaders();
      int status;
      synchronized (statuses) {
        messages.add(
            new Message(
                headers.getFirst("Touchstone-Delivery"),
                headers.getFirst("Touchstone-Signature"),
                headers.getFirst("Content-Type"),
                body));
        status = statuses.isEmpty() ? 200 : statuses.poll();
      }
      if (status >= 300 && status < 400) {
        exchange.getResponseHeaders().set("Location", "/elsewhere");
      }
      exchange.sendResponseHeaders(status, 0);
      exchange.getResponseBody().write("ok".getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
