package dev.touchstone.jobs.full;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryReport;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Parts of a report's sections as maps, with the names that {@link ReportJson} has for them. */
public final class SectionJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SectionJson() {}

  /** A metric with its interval, or the reasons why not: the same fields as in {@code metrics}. */
  public static Map<String, Object> metric(MetricValue metric) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("value", value(metric));
    interval(fields, metric);
    return fields;
  }

  /** Adds the interval of a metric and the reasons for what is not there. */
  public static void interval(Map<String, Object> fields, MetricValue metric) {
    Interval interval = metric.interval();
    fields.put("ci_low", interval == null ? null : real(interval.low()));
    fields.put("ci_high", interval == null ? null : real(interval.high()));
    fields.put("ci_method", interval == null ? null : interval.method());
    fields.put("level", interval == null ? null : interval.level());
    fields.put(
        "target", interval == null ? null : interval.target().name().toLowerCase(Locale.ROOT));
    fields.put(
        "reason",
        metric.isDefined() && Double.isInfinite(metric.value()) ? "infinite" : metric.reason());
    fields.put("ci_reason", metric.intervalReason());
    if (!metric.flags().isEmpty()) {
      fields.put("flags", metric.flags());
    }
  }

  /** The value, or null where there is none; infinite ones have no JSON either. */
  public static Double value(MetricValue metric) {
    return Double.isFinite(metric.value()) ? real(metric.value()) : null;
  }

  /** A count or a sum of weights: whole ones as integers. */
  public static Object amount(double value) {
    return value == Math.rint(value) && Math.abs(value) < 0x1p53
        ? (Object) (long) value
        : (Object) value;
  }

  /** How many rows a report is over. */
  public static Map<String, Object> size(BinaryReport report) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("n", report.n());
    fields.put("n_pos", report.nPos());
    return fields;
  }

  /** A section on its way between operators: UTF-8 JSON, in which doubles keep every bit. */
  static byte[] toBytes(Map<String, Object> section) {
    try {
      return MAPPER.writeValueAsBytes(section);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a section that can't be written", e);
    }
  }

  /** The inverse of {@link #toBytes}. */
  static Map<String, Object> fromBytes(byte[] bytes) {
    try {
      return object(MAPPER.readValue(bytes, Object.class));
    } catch (IOException e) {
      throw new IllegalStateException("a section that can't be read", e);
    }
  }

  /** A JSON object as the map it is. */
  @SuppressWarnings("unchecked") // keys of JSON objects are strings
  static Map<String, Object> object(Object json) {
    return (Map<String, Object>) json;
  }

  // -0.0 is 0.0
  private static Double real(double value) {
    return value == 0 ? 0.0 : value;
  }
}
