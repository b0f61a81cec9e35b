package dev.touchstone.server.forward.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * As much of MLflow as answers with what a test wants it to; the real one is in
 * tests/test_homes.py. One experiment, and runs that are found whatever is searched for.
 */
final class FakeMlflow implements AutoCloseable {

  record Call(String method, String path, String authorization, String text) {
    JsonNode json() throws IOException {
      return Json.MAPPER.readTree(text);
    }
  }

  /** An answer instead of the usual one. */
  record Fault(Predicate<Call> on, int status, String body) {}

  private final HttpServer server;
  final List<Call> calls = new ArrayList<>();
  final List<Fault> faults = new ArrayList<>();
  final List<ObjectNode> runs = new ArrayList<>();
  String artifactRoot = "mlflow-artifacts:/7/";
  String experimentStage = "active";
  boolean experimentExists;

  FakeMlflow() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  URI url(String userAndAt, String path) {
    return URI.create("http://" + userAndAt + "127.0.0.1:" + server.getAddress().getPort() + path);
  }

  synchronized void run(String id, String stage, long startTime) {
    ObjectNode run = Json.MAPPER.createObjectNode();
    run.putObject("info")
        .put("run_id", id)
        .put("lifecycle_stage", stage)
        .put("start_time", startTime)
        .put("artifact_uri", artifactRoot + id + "/artifacts");
    runs.add(run);
  }

  synchronized void fault(String path, int status, String code, String message) {
    String body =
        Json.MAPPER.createObjectNode().put("error_code", code).put("message", message).toString();
    faults.add(new Fault(call -> call.path.endsWith(path), status, body));
  }

  synchronized List<Call> calls(String path) {
    return calls.stream().filter(call -> call.path.contains(path)).toList();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      var call =
          new Call(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getRawPath(),
              exchange.getRequestHeaders().getFirst("Authorization"),
              text);
      int status;
      String body;
      synchronized (this) {
        calls.add(call);
        Fault fault = faults.stream().filter(f -> f.on.test(call)).findFirst().orElse(null);
        boolean noExperiment = call.path.endsWith("/get-by-name") && !experimentExists;
        status = fault != null ? fault.status : noExperiment ? 404 : 200;
        body =
            fault != null
                ? fault.body
                : noExperiment ? "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}" : usual(call);
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private String usual(Call call) {
    ObjectNode body = Json.MAPPER.createObjectNode();
    String what = call.path.substring(call.path.indexOf("/mlflow") + 1);
    switch (what) {
      case "mlflow/experiments/create" -> {
        experimentExists = true;
        body.put("experiment_id", "7");
      }
      case "mlflow/experiments/get-by-name" ->
          body.putObject("experiment")
              .put("experiment_id", "7")
              .put("lifecycle_stage", experimentStage);
      case "mlflow/experiments/search" ->
          body.putArray("experiments").addObject().put("experiment_id", "7");
      case "mlflow/runs/search" -> body.putArray("runs").addAll(runs);
      case "mlflow/runs/create" -> {
        run("new" + runs.size(), "active", 1);
        body.set("run", runs.get(runs.size() - 1));
      }
      default -> {}
    }
    return body.toString();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
