package dev.touchstone.server.http;

import dev.touchstone.server.forward.ForwardStatus;
import dev.touchstone.server.view.DeadLetterSummary;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.ViewStatus;
import io.javalin.http.Context;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** How the server itself does: for people, for probes and for Prometheus. */
final class StatusApi {

  /** The answer of {@code /v1/status}; times are milliseconds since the epoch. */
  record Status(
      String version,
      long startedAt,
      long now,
      int watchers,
      boolean writesAllowed,
      boolean tokenNeeded,
      FeedStatus kafka,
      ViewStatus view,
      DeadLetterSummary deadLetters,
      List<ForwardStatus> forwards) {}

  private final EngineView view;
  private final Supplier<FeedStatus> feed;
  private final Supplier<List<ForwardStatus>> forwards;
  private final IntSupplier watchers;
  private final WriteGuard guard;
  private final Clock clock;
  private final String version;
  private final long startedAt;

  StatusApi(
      EngineView view,
      Supplier<FeedStatus> feed,
      Supplier<List<ForwardStatus>> forwards,
      IntSupplier watchers,
      WriteGuard guard,
      Clock clock,
      String version) {
    this.view = view;
    this.feed = feed;
    this.forwards = forwards;
    this.watchers = watchers;
    this.guard = guard;
    this.clock = clock;
    this.version = version;
    this.startedAt = clock.millis();
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/status", this::status),
        Route.get("/healthz", this::health),
        Route.get("/metrics", this::prometheus));
  }

  private void status(Context ctx) {
    Answers.json(
        ctx,
        new Status(
            version,
            startedAt,
            clock.millis(),
            watchers.getAsInt(),
            guard.allowsWrites(),
            guard.needsToken(),
            feed.get(),
            view.status(),
            view.deadLetters(),
            forwards.get()));
  }

  /** A broker that is away is no reason to restart the server; a feed that has ended is one. */
  private void health(Context ctx) {
    FeedStatus status = feed.get();
    boolean well = !status.state().equals("STOPPED");
    ctx.status(well ? 200 : 503);
    Answers.json(ctx, Map.of("status", well ? "ok" : "failed", "kafka", status.state()));
  }

  private void prometheus(Context ctx) {
    FeedStatus kafka = feed.get();
    ViewStatus v = view.status();
    DeadLetterSummary dead = view.deadLetters();
    var text = new PrometheusText();
    text.gauge("touchstone_server_start_time_seconds", "When the server started", startedAt / 1e3);
    text.gauge(
        "touchstone_server_kafka_connected",
        "1 while the broker answers",
        kafka.state().equals("CONNECTED") ? 1 : 0);
    text.gauge(
        "touchstone_server_caught_up",
        "1 once everything there at the start was read",
        kafka.caughtUp() ? 1 : 0);
    text.gauges("touchstone_server_lag_records", "Messages not read yet", "topic", kafka.lag());
    text.counters("touchstone_server_records_total", "Messages read", "topic", v.records());
    text.counters(
        "touchstone_server_unreadable_total",
        "Messages that were not what their topic promises",
        "topic",
        v.unreadable());
    text.counters(
        "touchstone_dead_letters_total",
        "Messages that the engine refused",
        "topic",
        dead.byTopic());
    text.gauge("touchstone_server_runs", "Runs in memory", v.runs());
    text.gauge("touchstone_server_series", "Metric series in memory", v.series());
    text.gauge("touchstone_server_points", "Metric points in memory", v.points());
    text.gauge("touchstone_server_prediction_sets", "Prediction sets in memory", v.sets());
    text.gauge("touchstone_server_reports", "Report bodies in memory", v.reports());
    text.gauge(
        "touchstone_server_report_bytes", "Compressed bytes of these reports", v.reportBytes());
    text.gauge("touchstone_server_evaluations_waiting", "Triggers without an outcome", v.waiting());
    text.counters(
        "touchstone_server_dropped_total",
        "What went because of a limit",
        "what",
        Map.of(
            "runs", v.droppedRuns(),
            "series_points", v.droppedSeriesPoints(),
            "reports", v.droppedReports()));
    text.gauge("touchstone_server_watchers", "Open event streams", watchers.getAsInt());
    forwarding(text, forwards.get());
    Answers.bytes(ctx, PrometheusText.CONTENT_TYPE, text.bytes());
  }

  private static void forwarding(PrometheusText text, List<ForwardStatus> forwards) {
    if (forwards.isEmpty()) {
      return;
    }
    String label = "destination";
    Map<String, Long> working = new TreeMap<>();
    Map<String, Long> delivered = new TreeMap<>();
    Map<String, Long> lag = new TreeMap<>();
    Map<String, Long> last = new TreeMap<>();
    for (ForwardStatus forward : forwards) {
      working.put(forward.name(), forward.state() == ForwardStatus.State.WORKING ? 1L : 0L);
      delivered.put(forward.name(), forward.delivered());
      lag.put(forward.name(), forward.lag());
      if (forward.lastDelivery() != null) {
        last.put(forward.name(), forward.lastDelivery() / 1000);
      }
    }
    text.gauges(
        "touchstone_forward_working", "1 while results flow to the destination", label, working);
    text.counters(
        "touchstone_forward_delivered_total", "Results the destination took", label, delivered);
    text.head("touchstone_forward_refused_total", "Results it will not have", "counter");
    for (ForwardStatus forward : forwards) {
      new TreeMap<>(forward.refused())
          .forEach(
              (reason, count) ->
                  text.sample(
                      "touchstone_forward_refused_total",
                      Map.of(label, forward.name(), "reason", reason),
                      count));
    }
    text.gauges("touchstone_forward_lag_records", "Results not delivered yet", label, lag);
    text.gauges(
        "touchstone_forward_last_delivery_time_seconds",
        "When something was delivered last",
        label,
        last);
  }
}
