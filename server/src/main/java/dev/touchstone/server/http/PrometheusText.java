package dev.touchstone.server.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Prometheus' text format, version 0.0.4. */
final class PrometheusText {

  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder text = new StringBuilder();

  void gauge(String name, String help, double value) {
    head(name, help, "gauge");
    sample(name, Map.of(), value);
  }

  void gauges(String name, String help, String label, Map<String, Long> values) {
    family(name, help, "gauge", label, values);
  }

  void counters(String name, String help, String label, Map<String, Long> values) {
    family(name, help, "counter", label, values);
  }

  byte[] bytes() {
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** One sample of a family whose {@link #head} was written. */
  void sample(String name, Map<String, String> labels, double value) {
    text.append(name);
    String separator = "{";
    for (var label : new TreeMap<>(labels).entrySet()) {
      text.append(separator).append(label.getKey()).append("=\"");
      text.append(escape(label.getValue())).append('"');
      separator = ",";
    }
    text.append(labels.isEmpty() ? " " : "} ").append(number(value)).append('\n');
  }

  /** Starts a family; its samples must follow. */
  void head(String name, String help, String type) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private void family(
      String name, String help, String type, String label, Map<String, Long> values) {
    head(name, help, type);
    new TreeMap<>(values).forEach((key, value) -> sample(name, Map.of(label, key), value));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static String escape(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
