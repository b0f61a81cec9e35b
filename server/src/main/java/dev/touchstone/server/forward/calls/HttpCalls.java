package dev.touchstone.server.forward.calls;

import dev.touchstone.server.forward.HomeAwayException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls one home. Follows no redirects: what is signed or secret is for one address alone. */
public final class HttpCalls {

  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final HttpClient client;
  private final String home;
  private final Duration deadline;
  private final int maxAnswer;

  /**
   * @param home what errors call it; no secrets
   * @param deadline of a call, from connecting to the last byte that is read
   * @param maxAnswer bytes that are read of an answer
   */
  public HttpCalls(String home, Duration deadline, int maxAnswer) {
    this.home = home;
    this.deadline = deadline;
    this.maxAnswer = maxAnswer;
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT.compareTo(deadline) < 0 ? CONNECT : deadline)
            .followRedirects(HttpClient.Redirect.NEVER)
            // some homes take an upgrade to HTTP/2 in clear text for an error
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  /** What a home said; the body's first bytes. */
  public record Answer(int status, String body) {}

  /**
   * Sends a request.
   *
   * @throws HomeAwayException if there is no answer, or none in time
   */
  public Answer send(HttpRequest request) throws HomeAwayException {
    CompletableFuture<HttpResponse<String>> call =
        client.sendAsync(request, info -> new BoundedText(maxAnswer));
    try {
      HttpResponse<String> response = call.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(response.statusCode(), response.body());
    } catch (TimeoutException e) {
      throw new HomeAwayException(
          home + " did not answer within " + deadline.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (!(cause instanceof IOException)) {
        throw new IllegalStateException(home + " could not be called", cause);
      }
      throw new HomeAwayException(home + " can't be reached: " + words(cause), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HomeAwayException(home + " was not waited for", e);
    } finally {
      call.cancel(true);
    }
  }

  /** Scheme, host and port of an address: the rest may be secret. */
  public static String nameOf(URI address) {
    String port = address.getPort() < 0 ? "" : ":" + address.getPort();
    return address.getScheme() + "://" + address.getHost() + port;
  }

  // a refused connection has no message of its own
  private static String words(Throwable cause) {
    String message = cause.getMessage();
    String kind = cause.getClass().getSimpleName();
    return message == null ? kind : kind + " (" + message + ")";
  }
}
