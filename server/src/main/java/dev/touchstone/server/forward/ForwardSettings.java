package dev.touchstone.server.forward;

import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * To which homes results are forwarded; each is off unless it is said where it is.
 *
 * @param groupId consumer groups are named {@code <groupId>-forward-<name>}
 * @param publicUrl where people find the page, for links; null: no links
 * @param remoteWrite null: off; likewise {@code mlflow} and {@code tensorboard}
 * @param webhooks in order; each has a position of its own
 */
public record ForwardSettings(
    String groupId,
    String publicUrl,
    RemoteWrite remoteWrite,
    Mlflow mlflow,
    Tensorboard tensorboard,
    List<Webhook> webhooks) {

  public static final String DEFAULT_GROUP = "touchstone";

  public ForwardSettings {
    if (groupId == null || groupId.isBlank()) {
      throw new IllegalArgumentException(
          "kafka.group_id must not be empty, got \"" + groupId + "\"");
    }
    if (publicUrl != null) {
      requireHttp("server.public_url", publicUrl);
    }
    webhooks = List.copyOf(webhooks);
  }

  /** Nothing is forwarded. */
  public static ForwardSettings off() {
    return new ForwardSettings(DEFAULT_GROUP, null, null, null, null, List.of());
  }

  /**
   * The same with what only the environment says: secrets belong there rather than in a file. A
   * secret in the settings wins.
   *
   * @param environment the value of a variable, or null
   */
  public ForwardSettings withSecrets(Function<String, String> environment) {
    return new ForwardSettings(
        groupId,
        publicUrl,
        remoteWrite == null ? null : remoteWrite.withSecrets(environment),
        mlflow == null ? null : mlflow.withSecrets(environment),
        tensorboard,
        webhooks.stream().map(hook -> hook.withSecrets(environment)).toList());
  }

  /**
   * A receiver of Prometheus' remote write 1.0.
   *
   * @param url of the receiver, path included
   * @param bearerToken null: none
   * @param username with {@code password}: basic authentication; null: none
   * @param maxSeries series that are opened at most; results of further ones are refused
   */
  public record RemoteWrite(
      String url, String bearerToken, String username, String password, int maxSeries) {

    public static final int DEFAULT_MAX_SERIES = 10_000;

    public RemoteWrite {
      requireHttp("forward.remote_write.url", url);
      if (bearerToken != null && username != null) {
        throw new IllegalArgumentException(
            "forward.remote_write.bearer_token must be left out with username, got both");
      }
      if (maxSeries < 1) {
        throw new IllegalArgumentException(
            "forward.remote_write.max_series must be at least 1, got " + maxSeries);
      }
    }

    /** Without authentication. */
    public static RemoteWrite to(String url) {
      return new RemoteWrite(url, null, null, null, DEFAULT_MAX_SERIES);
    }

    RemoteWrite withSecrets(Function<String, String> environment) {
      return new RemoteWrite(
          url,
          bearerToken == null && username == null
              ? environment.apply("TOUCHSTONE_REMOTE_WRITE_TOKEN")
              : bearerToken,
          username,
          password == null && username != null
              ? environment.apply("TOUCHSTONE_REMOTE_WRITE_PASSWORD")
              : password,
          maxSeries);
    }

    /** Hides secrets: settings get logged. */
    @Override
    public String toString() {
      return "RemoteWrite[url=%s, username=%s, maxSeries=%d]"
          .formatted(withoutUser(url), username, maxSeries);
    }
  }

  /**
   * An MLflow tracking server.
   *
   * @param trackingUri http or https
   * @param experiment that runs are logged to; null: chosen by the destination
   * @param token null: none
   * @param username with {@code password}: basic authentication; null: none
   */
  public record Mlflow(
      String trackingUri, String experiment, String token, String username, String password) {

    public Mlflow {
      requireHttp("forward.mlflow.tracking_uri", trackingUri);
    }

    /** Without authentication. */
    public static Mlflow at(String trackingUri) {
      return new Mlflow(trackingUri, null, null, null, null);
    }

    Mlflow withSecrets(Function<String, String> environment) {
      return new Mlflow(
          trackingUri,
          experiment,
          token == null && username == null ? environment.apply("TOUCHSTONE_MLFLOW_TOKEN") : token,
          username,
          password == null && username != null
              ? environment.apply("TOUCHSTONE_MLFLOW_PASSWORD")
              : password);
    }

    /** Hides secrets: settings get logged. */
    @Override
    public String toString() {
      return "Mlflow[trackingUri=%s, experiment=%s, username=%s]"
          .formatted(withoutUser(trackingUri), experiment, username);
    }
  }

  /**
   * TensorBoard's event files.
   *
   * @param directory its {@code --logdir}; made if it is absent
   */
  public record Tensorboard(Path directory) {}

  /**
   * An HTTP receiver of messages.
   *
   * @param secret signs each message; null: unsigned
   * @param on what is told
   */
  public record Webhook(String url, String secret, Format format, Set<On> on) {

    private static final int MIN_SECRET = 8;

    /** What a message looks like. */
    public enum Format {
      JSON,
      SLACK
    }

    /** What is worth a message. */
    public enum On {
      /** A run is told to stop. */
      STOP,
      /** A gate's outcome. */
      VERDICT
    }

    public Webhook {
      requireHttp("forward.webhooks url", url);
      if (secret != null && secret.length() < MIN_SECRET) {
        // the value is a secret: say how long it is, not what it is
        throw new IllegalArgumentException(
            "forward.webhooks secret must have at least "
                + MIN_SECRET
                + " characters, got "
                + secret.length());
      }
      if (on.isEmpty()) {
        throw new IllegalArgumentException(
            "forward.webhooks on must name at least one of [STOP, VERDICT], got none");
      }
      on = Set.copyOf(new LinkedHashSet<>(on));
    }

    /** Of STOPs and verdicts, unsigned. */
    public static Webhook to(String url, Format format) {
      return new Webhook(url, null, format, Set.of(On.STOP, On.VERDICT));
    }

    Webhook withSecrets(Function<String, String> environment) {
      // a URL of Slack's is itself the secret
      String known =
          secret == null && format == Format.JSON
              ? environment.apply("TOUCHSTONE_WEBHOOK_SECRET")
              : secret;
      return new Webhook(url, known, format, on);
    }

    /** Hides the secret, and the path, which often is one: settings get logged. */
    @Override
    public String toString() {
      return "Webhook[host=%s, format=%s, on=%s, secret=%s]"
          .formatted(URI.create(url).getHost(), format, on, secret == null ? "none" : "set");
    }
  }

  private static String withoutUser(String url) {
    return url.replaceFirst("//[^/@]*@", "//");
  }

  private static void requireHttp(String key, String url) {
    URI uri;
    try {
      uri = URI.create(String.valueOf(url));
    } catch (IllegalArgumentException e) {
      throw notHttp(key, url);
    }
    boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!http || uri.getHost() == null) {
      throw notHttp(key, url);
    }
  }

  private static IllegalArgumentException notHttp(String key, String url) {
    return new IllegalArgumentException(
        key + " must be http://… or https://…, got \"" + withoutUser(String.valueOf(url)) + "\"");
  }
}
