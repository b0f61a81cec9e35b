package dev.touchstone.server;

import dev.touchstone.schemas.Topics;
import dev.touchstone.server.forward.ForwardStatus;
import dev.touchstone.server.view.EvaluationRequest;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.RequestSink;
import dev.touchstone.server.view.TopicRecord;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A real server on a free port whose topics are this object's methods. */
public final class ServerFixture implements AutoCloseable {

  public static final Topics TOPICS = Topics.withDefaultPrefix();
  private static final HttpClient HTTP = client();

  /** One that asks anew, as for a GET, where a kept connection was closed before it was used. */
  private static HttpClient client() {
    System.setProperty("jdk.httpclient.enableAllMethodRetry", "true");
    return HttpClient.newHttpClient();
  }

  /** Requests that reached the topic. */
  public final List<EvaluationRequest> written = new CopyOnWriteArrayList<>();

  /** Trigger ids that were taken back. */
  public final List<String> withdrawn = new CopyOnWriteArrayList<>();

  /** Set: the broker answers writes with this. */
  public volatile String brokerError;

  /** What the feed says of itself. */
  public volatile FeedStatus feedStatus =
      new FeedStatus("CONNECTED", 0, true, Map.of(TOPICS.metrics(), 3L), null);

  /** What forwarding says of itself. */
  public volatile List<ForwardStatus> forwardStatus =
      List.of(
          new ForwardStatus(
              "remote-write",
              ForwardStatus.State.WAITING,
              40,
              Map.of("undefined", 2L),
              7,
              "connection refused",
              1_700_000_000_123L));

  public final TouchstoneServer server;
  private Consumer<TopicRecord> view;

  public ServerFixture() {
    this(UnaryOperator.identity());
  }

  public ServerFixture(UnaryOperator<ServerSettings> with) {
    this(with, Clock.systemUTC(), Duration.ofMillis(200));
  }

  public ServerFixture(UnaryOperator<ServerSettings> with, Clock clock, Duration heartbeat) {
    RequestSink sink =
        new RequestSink() {
          @Override
          public void write(EvaluationRequest request) throws IOException {
            if (brokerError != null) {
              throw new IOException(brokerError);
            }
            written.add(request);
          }

          @Override
          public void withdraw(String triggerId) throws IOException {
            if (brokerError != null) {
              throw new IOException(brokerError);
            }
            withdrawn.add(triggerId);
          }
        };
    server =
        TouchstoneServer.start(
            with.apply(ServerSettings.of(0, "localhost:9092")),
            this::feed,
            sink,
            forwards(),
            clock,
            heartbeat);
  }

  private TouchstoneServer.Forwards forwards() {
    return new TouchstoneServer.Forwards() {
      @Override
      public List<ForwardStatus> status() {
        return forwardStatus;
      }

      @Override
      public void close() {}
    };
  }

  private TouchstoneServer.Feed feed(Set<String> topics, Consumer<TopicRecord> sink) {
    view = sink;
    return new TouchstoneServer.Feed() {
      @Override
      public FeedStatus status() {
        return feedStatus;
      }

      @Override
      public void close() {}
    };
  }

  public void feed(TopicRecord record) {
    view.accept(record);
  }

  public void feed(List<TopicRecord> records) {
    records.forEach(view);
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  public HttpResponse<String> get(String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request.build());
  }

  public HttpResponse<String> post(String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request.build());
  }

  public HttpResponse<String> delete(String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).DELETE();
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request.build());
  }

  /**
   * @throws AssertionError if the answer is not what openapi.json says
   */
  public HttpResponse<String> send(HttpRequest request) {
    try {
      HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      List<String> wrong = ApiDocument.violations(response);
      if (!wrong.isEmpty()) {
        throw new AssertionError(request + " is answered against openapi.json: " + wrong);
      }
      return response;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
