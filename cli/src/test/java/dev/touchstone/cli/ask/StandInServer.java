package dev.touchstone.cli.ask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Answers what a test says, and streams events as they are put in; an empty one ends the stream.
 */
final class StandInServer implements AutoCloseable {

  private static final String END = "";
  private static final String SILENCE = ": nothing new\n\n";

  /** Bodies by path and query; others are 404. */
  final Map<String, String> answers = new ConcurrentHashMap<>();

  /** Link headers by path and query. */
  final Map<String, String> links = new ConcurrentHashMap<>();

  /** What came, with the Last-Event-ID of streams. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final HttpServer http;

  StandInServer() throws IOException {
    this(0);
  }

  StandInServer(int port) throws IOException {
    http = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    http.setExecutor(
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "stand-in");
              thread.setDaemon(true);
              return thread;
            }));
    http.createContext("/", this::answer);
    http.createContext("/v1/events", this::stream);
    http.start();
  }

  int port() {
    return http.getAddress().getPort();
  }

  String option() {
    return "--server=http://127.0.0.1:" + port();
  }

  void event(String id, String type, String json) {
    events.add("id: " + id + "\nevent: " + type + "\ndata: " + json + "\n\n");
  }

  void cutStream() {
    events.add(END);
  }

  /** A run of one model checkpoint and one metric. */
  void run(String id, String status, double proxy) throws JsonProcessingException {
    String run =
        """
        {"run_id": "%s", "status": "%s", "attempt": 0, "step": 800, "epoch": 1.5, "last_seen": 1,
         "checkpoints": 1, "evaluated": 0, "waiting": 1, "received": 1200, "expected": 2000,
         "duplicates": 3, "conflicts": 0, "signal": "CONTINUE",
         "headline": {"metric": "roc_auc", "proxy": {"value": %s}, "full": null,
                      "best": {"value": 0.9}, "best_full": null, "trail": [0.25, 0.5, 0.75]}}\
        """
            .formatted(id, status, proxy);
    String detail =
        """
        {"run": %s, "metrics": ["roc_auc"],
         "signal": {"decision": "CONTINUE", "reason": "it improves", "checkpoint": "step-800"},
         "checkpoints": [{"checkpoint": "step-800", "step": 800, "epoch": 1.5, "state": "WAITING",
           "reason": "1,200 of 2,000 predictions have arrived",
           "proxies": {"roc_auc": {"value": %s, "ci_low": 0.8, "ci_high": 0.92,
                       "trust": "TRUSTED"}, "inference_avoided": {"value": 7}},
           "full": {}, "verdicts": [{"gate": "release", "outcome": "PASS"}]}]}\
        """
            .formatted(run, proxy);
    String curves =
        """
        {"run_id": "%s", "series": [{"metric": "roc_auc", "tier": "proxy", "slice": "",
          "evaluation_set": "val", "split": "validation", "higher_is_better": true, "points": [
            {"step": 400, "checkpoint": "step-400", "attempt": 0, "value": 0.7, "ci_low": 0.65,
             "ci_high": 0.75, "state": "COMPLETE", "trust": "TRUSTED", "ts": 1000},
            {"step": 800, "checkpoint": "step-800", "attempt": 0, "value": %s, "ci_low": 0.8,
             "ci_high": 0.92, "state": "PARTIAL", "trust": "UNTRUSTED", "ts": 2000}]}]}\
        """
            .formatted(id, proxy);
    answers.put("/v1/runs/" + id, detail);
    answers.put("/v1/runs/" + id + "/metrics?slice=", curves);
    answers.merge(
        "/v1/runs?limit=1000",
        "{\"runs\": [" + run + "], \"total\": 1}",
        (old, more) -> old.replace("], \"total\"", ", " + run + "], \"total\""));
  }

  static String point(long step, double value) {
    return """
    {"run_id": "r", "metric": "roc_auc", "tier": "proxy", "slice": "", "evaluation_set": "val",
     "split": "validation", "step": %d, "checkpoint": "step-%d", "attempt": 0, "value": %s,
     "ci_low": null, "ci_high": null, "state": "COMPLETE", "trust": "TRUSTED", "ts": 3000}\
    """
        .formatted(step, step, value)
        .replace("\n", "");
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().toString();
    asked.add(path);
    exchange.getRequestBody().readAllBytes();
    String body = answers.get(path);
    String link = links.get(path);
    if (link != null) {
      exchange.getResponseHeaders().add("Link", link);
    }
    byte[] bytes =
        (body == null ? "{\"detail\": \"there is no " + path + "\"}" : body)
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(body == null ? 404 : 200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private void stream(HttpExchange exchange) throws IOException {
    String since = exchange.getRequestHeaders().getFirst("Last-Event-ID");
    asked.add(exchange.getRequestURI() + " since " + since);
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (exchange) {
      String first = "id: s-0\nevent: hello\ndata: {}\n\n";
      exchange.getResponseBody().write(first.getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      for (String event = SILENCE; !event.equals(END); event = next()) {
        exchange.getResponseBody().write(event.getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next event, or a comment, as the real server breaks the silence. */
  private String next() throws InterruptedException {
    String event = events.poll(1, TimeUnit.SECONDS);
    return event == null ? SILENCE : event;
  }

  @Override
  public void close() {
    cutStream();
    http.stop(0);
  }
}
