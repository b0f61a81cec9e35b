package dev.touchstone.cli.ask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The server's API, as far as the commands need it. */
final class ServerClient {

  static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final URI server;
  private final String token;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

  /**
   * @param server such as {@code http://127.0.0.1:8080}
   * @param token for writes; null: none
   * @throws IllegalArgumentException if {@code server} is no http address
   */
  ServerClient(String server, String token) {
    this.server = address(server);
    this.token = token;
  }

  private static URI address(String server) {
    try {
      URI uri = URI.create(server.endsWith("/") ? server : server + "/");
      if (uri.getHost() != null && uri.getScheme().matches("https?")) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "--server must be an address like http://127.0.0.1:8080, got " + server);
  }

  /** A path segment. */
  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  JsonNode get(String path) throws ServerException, InterruptedException {
    return send(HttpRequest.newBuilder(server.resolve(path)).GET());
  }

  JsonNode post(String path, JsonNode body, String idempotencyKey)
      throws ServerException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    if (idempotencyKey != null) {
      request.header("Idempotency-Key", idempotencyKey);
    }
    return send(request);
  }

  private JsonNode send(HttpRequest.Builder request) throws ServerException, InterruptedException {
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> response;
    try {
      response =
          http.send(
              request.timeout(PATIENCE).build(),
              HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (IOException | IllegalArgumentException e) {
      throw new ServerException(
          "no server answers at "
              + server
              + ": start one with ./touchstone up, or name another with --server"
              + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")"),
          false);
    }
    JsonNode body = parse(response);
    if (response.statusCode() >= 400) {
      String detail = body.path("detail").asText("HTTP " + response.statusCode());
      throw new ServerException(detail, response.statusCode() < 500);
    }
    return body;
  }

  private JsonNode parse(HttpResponse<String> response) throws ServerException {
    try {
      JsonNode body = MAPPER.readTree(response.body());
      if (body != null && body.isObject()) {
        return body;
      }
    } catch (JsonProcessingException e) {
      // said below
    }
    throw new ServerException(
        "what answers at "
            + server
            + " is no Touchstone server (HTTP "
            + response.statusCode()
            + ")",
        false);
  }
}
