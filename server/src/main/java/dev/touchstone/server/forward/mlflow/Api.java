package dev.touchstone.server.forward.mlflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.calls.HttpCalls;
import dev.touchstone.server.view.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** MLflow's REST API, version 2.0, as far as it is needed. */
final class Api {

  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int MAX_ANSWER = 8 << 20;
  private static final int MAX_MESSAGE = 200;

  private final HttpCalls calls;
  private final String home;
  private final String base;
  private final String authority;
  private final String authorization;

  Api(ForwardSettings.Mlflow settings) {
    URI uri = URI.create(settings.trackingUri());
    this.home = "MLflow at " + HttpCalls.nameOf(uri);
    this.calls = new HttpCalls(home, DEADLINE, MAX_ANSWER);
    String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceAll("/+$", "");
    this.base = HttpCalls.nameOf(uri) + path + "/api/2.0/";
    this.authority = HttpCalls.nameOf(uri).replaceFirst("^https?://", "");
    this.authorization = authorization(settings, uri);
  }

  private static String authorization(ForwardSettings.Mlflow settings, URI uri) {
    if (settings.token() != null) {
      return "Bearer " + settings.token();
    }
    String user =
        settings.username() == null
            ? uri.getUserInfo()
            : settings.username() + ":" + Objects.requireNonNullElse(settings.password(), "");
    return user == null
        ? null
        : "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * An answer and what it means.
   *
   * @param body missing where it is no JSON
   * @param message of a failure, for people
   */
  record Answer(Reply reply, JsonNode body, String message) {}

  /** What errors call it. */
  String home() {
    return home;
  }

  /** Host and port, as artifact addresses name them. */
  String authority() {
    return authority;
  }

  Answer get(String path, String name, String value) throws HomeAwayException {
    String query = "?" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    return send(request("mlflow/" + path + query).GET().build());
  }

  Answer post(String path, JsonNode body) throws HomeAwayException {
    return send(
        request("mlflow/" + path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(bytes(body)))
            .build());
  }

  /**
   * Stores an artifact.
   *
   * @param path from the root of the server's artifacts; not encoded
   */
  Answer putArtifact(String path, byte[] content) throws HomeAwayException {
    String encoded =
        Stream.of(path.split("/"))
            .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
            .collect(Collectors.joining("/"));
    return send(
        request("mlflow-artifacts/artifacts/" + encoded)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofByteArray(content))
            .build());
  }

  private HttpRequest.Builder request(String path) {
    var request =
        HttpRequest.newBuilder(URI.create(base + path)).header("User-Agent", "Touchstone");
    return authorization == null ? request : request.header("Authorization", authorization);
  }

  /**
   * @throws HomeAwayException where the same may succeed later
   */
  private Answer send(HttpRequest request) throws HomeAwayException {
    HttpCalls.Answer answer = calls.send(request);
    JsonNode body = parsed(answer.body());
    String message = body.path("message").asText(answer.body());
    Reply reply = Reply.classify(answer.status(), body.path("error_code").asText(""), message);
    String words = "answered " + answer.status() + ": " + oneLine(message);
    return switch (reply) {
      case AWAY -> throw new HomeAwayException(home + " " + words);
      case UNAUTHORIZED ->
          throw new HomeAwayException(
              home + " " + words + " (check user, password or token of forward.mlflow)");
      default -> new Answer(reply, body, words);
    };
  }

  private static JsonNode parsed(String body) {
    try {
      JsonNode tree = Json.MAPPER.readTree(body);
      return tree == null ? MissingNode.getInstance() : tree;
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance(); // a proxy's page, or an answer that was cut
    }
  }

  static byte[] bytes(JsonNode body) {
    try {
      return Json.MAPPER.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree always becomes JSON", e);
    }
  }

  private static String oneLine(String message) {
    String line = message.replaceAll("\\s+", " ").strip();
    return line.length() <= MAX_MESSAGE ? line : line.substring(0, MAX_MESSAGE) + "…";
  }
}
