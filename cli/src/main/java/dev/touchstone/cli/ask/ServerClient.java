package dev.touchstone.cli.ask;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The server's API, as far as the commands need it. */
final class ServerClient {

  static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>; *rel=\"?next\"?");

  /**
   * An answer.
   *
   * @param next where the list goes on; null where it does not
   * @param now the server's clock, against which its times are ages
   */
  record Answer(JsonNode body, URI next, Instant now) {}

  private final URI server;
  private final String token;

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

  JsonNode get(String path) throws ServerException {
    return answer(path).body();
  }

  Answer answer(String path) throws ServerException {
    return read(connect(server.resolve(path)));
  }

  /** All pages of a list: those of the first one's members with that name, one after the other. */
  Answer all(String path, String list) throws ServerException {
    Answer first = answer(path);
    ArrayNode all = MAPPER.createArrayNode();
    Answer page = first;
    while (true) {
      page.body().path(list).forEach(all::add);
      if (page.next() == null) {
        return new Answer(all, null, first.now());
      }
      page = read(connect(page.next()));
    }
  }

  JsonNode post(String path, JsonNode body, String idempotencyKey) throws ServerException {
    HttpURLConnection connection = connect(server.resolve(path));
    try {
      connection.setRequestMethod("POST");
      connection.setRequestProperty("Content-Type", "application/json");
      connection.setRequestProperty("Idempotency-Key", idempotencyKey);
      connection.setDoOutput(true);
      try (OutputStream out = connection.getOutputStream()) {
        out.write(body.toString().getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw nobody(e);
    }
    return read(connection).body();
  }

  /**
   * An open event stream.
   *
   * @param lastId the last event that was read; null: from now on
   * @param silence an error after so long without a byte
   */
  InputStream events(String path, String lastId, Duration silence) throws ServerException {
    HttpURLConnection connection = connect(server.resolve(path));
    connection.setReadTimeout((int) silence.toMillis());
    connection.setRequestProperty("Accept", "text/event-stream");
    if (lastId != null) {
      connection.setRequestProperty("Last-Event-ID", lastId);
    }
    try {
      if (connection.getResponseCode() == HttpURLConnection.HTTP_OK) {
        return connection.getInputStream();
      }
    } catch (IOException e) {
      throw nobody(e);
    }
    read(connection);
    throw stranger("no event stream");
  }

  private HttpURLConnection connect(URI uri) throws ServerException {
    try {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setConnectTimeout((int) PATIENCE.toMillis());
      connection.setReadTimeout((int) PATIENCE.toMillis());
      connection.setUseCaches(false);
      if (token != null) {
        connection.setRequestProperty("Authorization", "Bearer " + token);
      }
      return connection;
    } catch (IOException | IllegalArgumentException e) {
      throw nobody(e);
    }
  }

  private Answer read(HttpURLConnection connection) throws ServerException {
    int status;
    String text;
    try {
      status = connection.getResponseCode();
      try (InputStream in =
          status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
        text = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw nobody(e);
    }
    JsonNode body = parse(text, status);
    if (status >= 400) {
      throw new ServerException(body.path("detail").asText("HTTP " + status), status);
    }
    String link = connection.getHeaderField("Link");
    Matcher next = NEXT.matcher(link == null ? "" : link);
    URI uri = URI.create(connection.getURL().toString());
    long date = connection.getDate();
    return new Answer(
        body,
        next.find() ? uri.resolve(next.group(1)) : null,
        date == 0 ? Instant.now() : Instant.ofEpochMilli(date));
  }

  private JsonNode parse(String text, int status) throws ServerException {
    try {
      JsonNode body = MAPPER.readTree(text);
      if (body != null && body.isObject()) {
        return body;
      }
    } catch (JsonProcessingException e) {
      // said below
    }
    throw stranger("HTTP " + status);
  }

  private ServerException nobody(Exception e) {
    return new ServerException(
        "no server answers at "
            + server
            + ": start one with ./touchstone up, or name another with --server"
            + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")"),
        0);
  }

  private ServerException stranger(String what) {
    return new ServerException(
        "what answers at " + server + " is no Touchstone server (" + what + ")", 0);
  }
}
