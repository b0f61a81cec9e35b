package dev.touchstone.server;

import dev.touchstone.server.forward.ForwardStatus;
import dev.touchstone.server.forward.Forwarding;
import dev.touchstone.server.forward.Homes;
import dev.touchstone.server.http.HttpServer;
import dev.touchstone.server.http.HttpSettings;
import dev.touchstone.server.kafka.GroupLog;
import dev.touchstone.server.kafka.RequestTopic;
import dev.touchstone.server.kafka.TopicFeed;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.RequestSink;
import dev.touchstone.server.view.TopicRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The server, running: follows the output topics, serves what it knows over HTTP and forwards
 * results to other homes.
 *
 * <pre>{@code
 * try (var server = TouchstoneServer.start(ServerSettings.of(8080, "localhost:9092"))) {
 *   System.out.println(server.url());
 *   …
 * }
 * }</pre>
 */
public final class TouchstoneServer implements AutoCloseable {

  private static final Duration HEARTBEAT = Duration.ofSeconds(5);

  private final String host;
  private final HttpServer http;
  private final AutoCloseable feed;
  private final RequestSink requests;
  private final Forwards forwards;

  private TouchstoneServer(
      String host, HttpServer http, AutoCloseable feed, RequestSink requests, Forwards forwards) {
    this.host = host;
    this.http = http;
    this.feed = feed;
    this.requests = requests;
    this.forwards = forwards;
  }

  /** A source of records for the view; Kafka's topics, or a test. */
  interface Feed extends AutoCloseable {
    FeedStatus status();

    @Override
    void close();
  }

  /** Starts to fill the view; called once, before HTTP serves. */
  interface FeedStarter {
    Feed start(Set<String> topics, Consumer<TopicRecord> view);
  }

  /** What forwards results; or a test. */
  interface Forwards extends AutoCloseable {
    List<ForwardStatus> status();

    @Override
    void close();
  }

  /**
   * Starts the server. A broker that does not answer is waited for: pages say so meanwhile.
   *
   * @throws IllegalStateException if the port is taken: says which
   * @throws IllegalArgumentException if a setting is wrong: says key, rule and value
   */
  public static TouchstoneServer start(ServerSettings settings) {
    Clock clock = Clock.systemUTC();
    var requests = new RequestTopic(settings.bootstrap(), settings.topics().evaluationRequests());
    return start(
        settings,
        (topics, view) -> kafka(TopicFeed.start(settings.bootstrap(), topics, view, clock)),
        requests,
        forwards(settings, clock),
        clock,
        HEARTBEAT);
  }

  static TouchstoneServer start(
      ServerSettings settings,
      FeedStarter starter,
      RequestSink requests,
      Forwards forwards,
      Clock clock,
      Duration heartbeat) {
    var bus = new HttpServer.EventBus(settings.events());
    var view = new EngineView(settings.topics(), settings.limits(), bus);
    var http =
        new HttpSettings(
            settings.host(),
            settings.port(),
            settings.token(),
            settings.maxWatchers(),
            heartbeat,
            version());
    Feed feed = starter.start(view.topics(), view::accept);
    try {
      HttpServer running =
          HttpServer.start(http, bus, view, feed::status, forwards::status, requests, clock);
      return new TouchstoneServer(settings.host(), running, feed, requests, forwards);
    } catch (RuntimeException e) {
      forwards.close();
      feed.close();
      throw e;
    }
  }

  private static Feed kafka(TopicFeed feed) {
    return new Feed() {
      @Override
      public FeedStatus status() {
        return feed.status();
      }

      @Override
      public void close() {
        feed.close();
      }
    };
  }

  private static Forwards forwards(ServerSettings settings, Clock clock) {
    String group = settings.forward().groupId() + "-forward-";
    Forwarding forwarding =
        Forwarding.start(
            Homes.of(settings.forward()),
            settings.topics(),
            (name, topics) -> new GroupLog(settings.bootstrap(), group + name, topics),
            clock);
    return new Forwards() {
      @Override
      public List<ForwardStatus> status() {
        return forwarding.status();
      }

      @Override
      public void close() {
        forwarding.close();
      }
    };
  }

  private static String version() {
    String version = TouchstoneServer.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** The port it listens on; the chosen one where the setting was 0. */
  public int port() {
    return http.port();
  }

  /** How forwarding does, a destination each. */
  public List<ForwardStatus> forwards() {
    return forwards.status();
  }

  /** Where a browser on this machine finds the page. */
  public String url() {
    boolean any = host.equals("0.0.0.0") || host.equals("::");
    String name = any ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
    return "http://" + name + ":" + port() + "/";
  }

  /** Stops listening, then forwarding and reading. Waits for neither longer than a few seconds. */
  @Override
  public void close() {
    http.close();
    forwards.close();
    try {
      feed.close();
    } catch (Exception e) {
      throw new IllegalStateException("the feed did not close", e);
    } finally {
      requests.close();
    }
  }
}
