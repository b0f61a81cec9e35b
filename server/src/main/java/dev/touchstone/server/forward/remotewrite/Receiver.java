package dev.touchstone.server.forward.remotewrite;

import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.calls.HttpCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.xerial.snappy.Snappy;

/** The other end of remote write: sends a request and hears what it says. */
final class Receiver {

  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int MAX_BODY = 4_096;

  /**
   * What was answered.
   *
   * @param body its beginning
   */
  record Said(int status, String body) {

    Answer answer() {
      return Answer.classify(status, body);
    }

    /** For people, in one line. */
    String inWords() {
      String line = body.lines().findFirst().orElse("").strip();
      return "HTTP " + status + (line.isEmpty() ? "" : ": " + line);
    }
  }

  private final HttpCalls calls;
  private final URI uri;
  private final String authorization;

  Receiver(ForwardSettings.RemoteWrite settings) {
    this.uri = URI.create(settings.url());
    this.calls = new HttpCalls(where(), DEADLINE, MAX_BODY);
    this.authorization = authorization(settings);
  }

  private static String authorization(ForwardSettings.RemoteWrite settings) {
    if (settings.bearerToken() != null) {
      return "Bearer " + settings.bearerToken();
    }
    if (settings.username() != null) {
      String password = settings.password() == null ? "" : settings.password();
      byte[] both = (settings.username() + ":" + password).getBytes(StandardCharsets.UTF_8);
      return "Basic " + Base64.getEncoder().encodeToString(both);
    }
    return null;
  }

  /**
   * Writes samples in one request.
   *
   * @throws HomeAwayException if nobody answers in time
   */
  Said write(List<Sample> samples) throws HomeAwayException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .header("Content-Encoding", "snappy")
            .header("Content-Type", "application/x-protobuf")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .header("User-Agent", "touchstone")
            .POST(HttpRequest.BodyPublishers.ofByteArray(compress(WriteRequest.encode(samples))));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    HttpCalls.Answer answer = calls.send(request.build());
    return new Said(answer.status(), answer.body());
  }

  /** What people call it; no secrets. */
  String where() {
    return HttpCalls.nameOf(uri);
  }

  private static byte[] compress(byte[] bytes) {
    try {
      return Snappy.compress(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("compressing in memory failed", e);
    }
  }
}
