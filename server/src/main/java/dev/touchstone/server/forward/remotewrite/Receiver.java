package dev.touchstone.server.forward.remotewrite;

import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.HomeAwayException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.xerial.snappy.Snappy;

/** The other end of remote write: sends a request and hears what it says. */
final class Receiver {

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
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

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final URI uri;
  private final String authorization;

  Receiver(ForwardSettings.RemoteWrite settings) {
    this.uri = URI.create(settings.url());
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
   * @throws HomeAwayException if nobody answers
   */
  Said write(List<Sample> samples) throws HomeAwayException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(ANSWER)
            .header("Content-Encoding", "snappy")
            .header("Content-Type", "application/x-protobuf")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .header("User-Agent", "touchstone")
            .POST(HttpRequest.BodyPublishers.ofByteArray(compress(WriteRequest.encode(samples))));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    try {
      HttpResponse<InputStream> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        return new Said(
            response.statusCode(), new String(body.readNBytes(MAX_BODY), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new HomeAwayException(where() + " does not answer: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HomeAwayException("interrupted", e);
    }
  }

  /** Without what may be secret in the address. */
  String where() {
    return uri.getScheme() + "://" + uri.getAuthority().replaceFirst("^.*@", "") + uri.getPath();
  }

  private static byte[] compress(byte[] bytes) {
    try {
      return Snappy.compress(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("compressing in memory failed", e);
    }
  }
}
