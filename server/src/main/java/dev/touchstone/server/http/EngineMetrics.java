package dev.touchstone.server.http;

import dev.touchstone.server.forward.ForwardStatus;
import dev.touchstone.server.view.DeadLetterSummary;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.ViewStatus;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the engine does, for Prometheus: what one would want to be woken for, in few series. Nothing
 * here is named after a run.
 */
final class EngineMetrics {

  private EngineMetrics() {}

  static byte[] text(
      String version,
      long startedAt,
      FeedStatus kafka,
      ViewStatus view,
      DeadLetterSummary dead,
      List<ForwardStatus> forwards,
      Map<String, Long> requests,
      int watchers) {
    var text = new PrometheusText();
    text.gauges("touchstone_build_info", "The version that runs", "version", Map.of(version, 1L));
    text.gauge("touchstone_server_start_time_seconds", "When the server started", startedAt / 1e3);
    feed(text, kafka);
    engine(text, view, dead);
    memory(text, view);
    text.gauge("touchstone_server_watchers", "Open event streams", watchers);
    text.counters("touchstone_server_http_requests_total", "Requests answered", "status", requests);
    if (!forwards.isEmpty()) {
      forwarding(text, forwards);
    }
    return text.bytes();
  }

  private static void feed(PrometheusText text, FeedStatus kafka) {
    text.gauge(
        "touchstone_server_kafka_connected",
        "1 while the broker answers",
        kafka.state().equals("CONNECTED") ? 1 : 0);
    text.gauge(
        "touchstone_server_caught_up",
        "1 once everything there at the start was read",
        kafka.caughtUp() ? 1 : 0);
    text.gauges("touchstone_server_lag_records", "Messages not read yet", "topic", kafka.lag());
  }

  private static void engine(PrometheusText text, ViewStatus view, DeadLetterSummary dead) {
    text.counters("touchstone_server_records_total", "Messages read", "topic", view.records());
    text.head(
        "touchstone_server_last_record_time_seconds",
        "When the newest message of a topic was written: the last sign of life of who writes it",
        "gauge");
    view.lastRecords()
        .forEach(
            (topic, millis) ->
                text.sample(
                    "touchstone_server_last_record_time_seconds",
                    Map.of("topic", topic),
                    millis / 1e3));
    text.counters(
        "touchstone_server_unreadable_total",
        "Messages that were not what their topic promises",
        "topic",
        view.unreadable());
    text.counters(
        "touchstone_dead_letters_total",
        "Messages that the engine refused",
        "topic",
        dead.byTopic());
    text.gauge(
        "touchstone_server_evaluations_waiting", "Triggers without an outcome", view.waiting());
    text.counters(
        "touchstone_server_evaluations_total",
        "Triggers that ended, a restated report anew",
        "state",
        view.outcomes());
  }

  private static void memory(PrometheusText text, ViewStatus view) {
    text.gauge("touchstone_server_runs", "Runs in memory", view.runs());
    text.gauge("touchstone_server_series", "Metric series in memory", view.series());
    text.gauge("touchstone_server_points", "Metric points in memory", view.points());
    text.gauge("touchstone_server_prediction_sets", "Prediction sets in memory", view.sets());
    text.gauge("touchstone_server_reports", "Report bodies in memory", view.reports());
    text.gauge(
        "touchstone_server_report_bytes", "Compressed bytes of these reports", view.reportBytes());
    text.counters(
        "touchstone_server_dropped_total",
        "What went because of a limit",
        "what",
        Map.of(
            "runs", view.droppedRuns(),
            "series_points", view.droppedSeriesPoints(),
            "reports", view.droppedReports()));
    Runtime machine = Runtime.getRuntime();
    text.gauge(
        "touchstone_server_heap_used_bytes",
        "Heap in use, garbage included",
        machine.totalMemory() - machine.freeMemory());
    text.gauge("touchstone_server_heap_max_bytes", "Heap at most", machine.maxMemory());
  }

  private static void forwarding(PrometheusText text, List<ForwardStatus> forwards) {
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
