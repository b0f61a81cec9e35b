package dev.touchstone.server;

import dev.touchstone.schemas.Topics;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.view.ViewLimits;
import java.util.regex.Pattern;

/**
 * All that the server needs to know.
 *
 * @param host address to listen on; other machines reach it only if this is not a loopback address
 * @param port 0: any free one
 * @param bootstrap Kafka's {@code host:port}, several separated by commas
 * @param topics names of the topics
 * @param token what a client must show to write; null: none. Without one, an address that is not
 *     loopback serves reads only
 * @param maxWatchers event streams (open pages) at once
 * @param events changes kept for pages that fall behind or reconnect
 * @param limits what bounds the view's memory
 * @param forward where else results go
 */
public record ServerSettings(
    String host,
    int port,
    String bootstrap,
    Topics topics,
    String token,
    int maxWatchers,
    int events,
    ViewLimits limits,
    ForwardSettings forward) {

  public static final String DEFAULT_HOST = "127.0.0.1";
  public static final int DEFAULT_PORT = 8080;
  private static final int DEFAULT_WATCHERS = 100;
  private static final int DEFAULT_EVENTS = 20_000;
  private static final int MIN_TOKEN = 8;
  private static final Pattern BOOTSTRAP =
      Pattern.compile("[^\\s,:]+:\\d{1,5}(,[^\\s,:]+:\\d{1,5})*|\\[[0-9A-Fa-f:]+]:\\d{1,5}");

  public ServerSettings {
    if (host == null || host.isBlank()) {
      throw new IllegalArgumentException("server.host must not be empty, got \"" + host + "\"");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("server.port must be in [0, 65535], got " + port);
    }
    if (bootstrap == null || !BOOTSTRAP.matcher(bootstrap).matches()) {
      throw new IllegalArgumentException(
          "kafka.bootstrap must be host:port[,host:port…], got \"" + bootstrap + "\"");
    }
    if (token != null && token.length() < MIN_TOKEN) {
      // the value is a secret: say how long it is, not what it is
      throw new IllegalArgumentException(
          "server.token must have at least " + MIN_TOKEN + " characters, got " + token.length());
    }
    if (maxWatchers < 1) {
      throw new IllegalArgumentException(
          "server.max_watchers must be at least 1, got " + maxWatchers);
    }
    if (events < 1) {
      throw new IllegalArgumentException("server.events must be at least 1, got " + events);
    }
  }

  /** On this machine alone, with default topics and limits. */
  public static ServerSettings of(int port, String bootstrap) {
    return new ServerSettings(
        DEFAULT_HOST,
        port,
        bootstrap,
        Topics.withDefaultPrefix(),
        null,
        DEFAULT_WATCHERS,
        DEFAULT_EVENTS,
        ViewLimits.defaults(),
        ForwardSettings.off());
  }

  public ServerSettings withHost(String newHost) {
    return new ServerSettings(
        newHost, port, bootstrap, topics, token, maxWatchers, events, limits, forward);
  }

  public ServerSettings withPort(int newPort) {
    return new ServerSettings(
        host, newPort, bootstrap, topics, token, maxWatchers, events, limits, forward);
  }

  public ServerSettings withTopics(Topics newTopics) {
    return new ServerSettings(
        host, port, bootstrap, newTopics, token, maxWatchers, events, limits, forward);
  }

  public ServerSettings withToken(String newToken) {
    return new ServerSettings(
        host, port, bootstrap, topics, newToken, maxWatchers, events, limits, forward);
  }

  public ServerSettings withLimits(ViewLimits newLimits) {
    return new ServerSettings(
        host, port, bootstrap, topics, token, maxWatchers, events, newLimits, forward);
  }

  public ServerSettings withMaxWatchers(int newMaxWatchers) {
    return new ServerSettings(
        host, port, bootstrap, topics, token, newMaxWatchers, events, limits, forward);
  }

  public ServerSettings withForward(ForwardSettings newForward) {
    return new ServerSettings(
        host, port, bootstrap, topics, token, maxWatchers, events, limits, newForward);
  }

  /** Hides the token: settings get logged. */
  @Override
  public String toString() {
    return "ServerSettings[host=%s, port=%d, bootstrap=%s, topics=%s, token=%s]"
        .formatted(host, port, bootstrap, topics.prefix(), token == null ? "none" : "set");
  }
}
