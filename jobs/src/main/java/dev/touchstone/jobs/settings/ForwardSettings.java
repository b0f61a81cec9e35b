package dev.touchstone.jobs.settings;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * To which homes outside the server forwards results: settings {@code forward.*}. The jobs know
 * nothing of them; the file is checked here as a whole.
 *
 * @param remoteWrite its url is null where it is off; likewise {@code mlflow}'s tracking URI and
 *     {@code tensorboardDirectory}
 */
public record ForwardSettings(
    RemoteWrite remoteWrite, Mlflow mlflow, String tensorboardDirectory, List<Webhook> webhooks)
    implements Serializable {

  private static final String WEBHOOKS = "forward.webhooks";
  private static final Set<String> WEBHOOK_KEYS = Set.of("url", "secret", "format", "on");
  private static final List<String> FORMATS = List.of("json", "slack");
  private static final List<String> EVENTS = List.of("STOP", "VERDICT");

  /** Prometheus' remote write. */
  public record RemoteWrite(
      String url, String bearerToken, String username, String password, int maxSeries)
      implements Serializable {}

  /** An MLflow tracking server. */
  public record Mlflow(
      String trackingUri, String experiment, String token, String username, String password)
      implements Serializable {}

  /**
   * A receiver of messages.
   *
   * @param format {@code json} or {@code slack}
   * @param on of STOP and VERDICT
   */
  public record Webhook(String url, String secret, String format, List<String> on)
      implements Serializable {}

  static ForwardSettings from(SettingsSource source) {
    return new ForwardSettings(
        new RemoteWrite(
            source.string("forward.remote_write.url", null),
            source.string("forward.remote_write.bearer_token", null),
            source.string("forward.remote_write.username", null),
            source.string("forward.remote_write.password", null),
            (int) source.integer("forward.remote_write.max_series", 10_000, 1, 10_000_000)),
        new Mlflow(
            source.string("forward.mlflow.tracking_uri", null),
            source.string("forward.mlflow.experiment", null),
            source.string("forward.mlflow.token", null),
            source.string("forward.mlflow.username", null),
            source.string("forward.mlflow.password", null)),
        source.string("forward.tensorboard.directory", null),
        webhooks(source.list(WEBHOOKS)));
  }

  private static List<Webhook> webhooks(List<?> entries) {
    List<Webhook> hooks = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      String key = WEBHOOKS + "[" + i + "]";
      if (!(entries.get(i) instanceof Map<?, ?> entry)) {
        throw bad(key, "a map with a url", "none"); // an address may be a secret
      }
      Set<Object> unknown = new TreeSet<>(entry.keySet());
      unknown.removeAll(WEBHOOK_KEYS);
      if (!unknown.isEmpty()) {
        throw new IllegalArgumentException(
            "unknown setting " + unknown + " in " + key + ", which knows " + sorted(WEBHOOK_KEYS));
      }
      if (entry.get("url") == null) {
        throw bad(key + ".url", "given", null);
      }
      String format = String.valueOf(orElse(entry.get("format"), FORMATS.get(0)));
      if (!FORMATS.contains(format)) {
        throw bad(key + ".format", "one of " + FORMATS, format);
      }
      List<String> on = new ArrayList<>();
      for (Object event :
          orElse(entry.get("on"), EVENTS) instanceof List<?> all ? all : List.of()) {
        on.add(String.valueOf(event));
      }
      if (on.isEmpty() || !EVENTS.containsAll(on)) {
        throw bad(key + ".on", "a list of " + EVENTS, entry.get("on"));
      }
      Object secret = entry.get("secret");
      hooks.add(
          new Webhook(
              entry.get("url").toString(),
              secret == null ? null : secret.toString(),
              format,
              List.copyOf(on)));
    }
    return List.copyOf(hooks);
  }

  private static Object orElse(Object value, Object fallback) {
    return value == null ? fallback : value;
  }

  private static List<String> sorted(Set<String> names) {
    return names.stream().sorted().toList();
  }

  private static IllegalArgumentException bad(String key, String rule, Object value) {
    return new IllegalArgumentException("setting " + key + " must be " + rule + ", got " + value);
  }
}
