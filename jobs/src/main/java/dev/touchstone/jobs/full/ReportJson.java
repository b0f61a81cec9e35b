package dev.touchstone.jobs.full;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.CalibrationBin;
import dev.touchstone.metrics.binary.OperatingPoint;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A binary report as JSON, schema {@code touchstone.report/1}: the one body of `reports` and of
 * {@code touchstone evaluate}.
 *
 * <p>Doubles take their shortest form that reads back to the same double; NaN and infinities never
 * appear. What is undefined is null, and a field beside it ({@code reason}, {@code ci_reason},
 * {@code precision_reason} …) says why. Whole counts are written as integers. Equal reports give
 * equal bytes.
 */
public final class ReportJson {
  /** Name and version of the body's schema. */
  public static final String SCHEMA = "touchstone.report/1";

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER).build();
  private static final double EXACT = 0x1p53;

  private ReportJson() {}

  /**
   * The report of one group of rows.
   *
   * @param slice what the group is, {@code country=DE}
   * @param report over its rows alone
   */
  public record Slice(String slice, BinaryReport report) {}

  /**
   * What a report says beyond the evaluation of its rows: strings, numbers, booleans, null, lists
   * and maps of them.
   *
   * @param sections such as {@code bootstrap} or {@code comparison}, before the provenance
   * @param honestPoints by operating point, its field {@code honest}: the same question with the
   *     threshold chosen on other rows than those it is reported on
   * @param slices further entries of {@code slices}, as they are
   */
  public record Additions(
      Map<String, ?> sections, Map<String, ?> honestPoints, List<? extends Map<String, ?>> slices) {
    /** Nothing. */
    public static final Additions NONE = new Additions(Map.of(), Map.of());

    /** Without further slices. */
    public Additions(Map<String, ?> sections, Map<String, ?> honestPoints) {
      this(sections, honestPoints, List.of());
    }
  }

  /** The factory whose generators write doubles as the schema wants them. */
  public static JsonFactory factory() {
    return JSON;
  }

  /**
   * The whole body in one line.
   *
   * @param provenance where the rows came from: strings, numbers, booleans, null, lists and maps of
   *     them, written in the map's order
   * @param cost what it took, the same kinds of values
   */
  public static String toJson(
      BinaryReport report, List<Slice> slices, Map<String, ?> provenance, Map<String, ?> cost) {
    return toJson(report, slices, Additions.NONE, provenance, cost);
  }

  /** The whole body with what is said beyond it, in one line. */
  public static String toJson(
      BinaryReport report,
      List<Slice> slices,
      Additions additions,
      Map<String, ?> provenance,
      Map<String, ?> cost) {
    var text = new StringWriter();
    try (var out = JSON.createGenerator(text)) {
      write(out, report, slices, additions, provenance, cost);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter has no I/O
    }
    return text.toString();
  }

  /** Writes the whole body as one object. Parameters as in {@link #toJson}. */
  public static void write(
      JsonGenerator out,
      BinaryReport report,
      List<Slice> slices,
      Map<String, ?> provenance,
      Map<String, ?> cost)
      throws IOException {
    write(out, report, slices, Additions.NONE, provenance, cost);
  }

  /** Writes the whole body with what is said beyond it. Parameters as in {@link #toJson}. */
  public static void write(
      JsonGenerator out,
      BinaryReport report,
      List<Slice> slices,
      Additions additions,
      Map<String, ?> provenance,
      Map<String, ?> cost)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("schema", SCHEMA);
    out.writeNumberField("n", report.n());
    out.writeNumberField("n_pos", report.nPos());
    number(out, "weight_total", report.weightTotal());
    number(out, "weight_pos", report.weightPos());
    out.writeNumberField("invalid_scores", report.invalidScores());
    out.writeNumberField("clipped_count", report.clippedCount());
    number(out, "clip_epsilon", report.clipEpsilon());
    writeMetrics(out, report.metrics());
    out.writeArrayFieldStart("sweep");
    for (ThresholdRow row : report.sweep()) {
      writeSweepRow(out, row);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("curve");
    for (ThresholdRow row : report.curve()) {
      writeVertex(out, row);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("operating_points");
    for (OperatingPoint point : report.operatingPoints()) {
      writeOperatingPoint(out, point, additions.honestPoints());
    }
    out.writeEndArray();
    out.writeArrayFieldStart("calibration");
    for (CalibrationBin bin : report.calibration()) {
      writeCalibrationBin(out, bin);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("slices");
    for (Slice slice : slices) {
      out.writeStartObject();
      out.writeStringField("slice", slice.slice());
      out.writeNumberField("n", slice.report().n());
      out.writeNumberField("n_pos", slice.report().nPos());
      writeMetrics(out, slice.report().metrics());
      out.writeEndObject();
    }
    for (Map<String, ?> slice : additions.slices()) {
      value(out, slice);
    }
    out.writeEndArray();
    for (Map.Entry<String, ?> section : additions.sections().entrySet()) {
      value(out, section.getKey(), section.getValue());
    }
    value(out, "provenance", provenance);
    value(out, "cost", cost);
    out.writeEndObject();
  }

  /** Writes the field {@code metrics}: an object with one member a metric. */
  public static void writeMetrics(JsonGenerator out, List<MetricValue> metrics) throws IOException {
    out.writeObjectFieldStart("metrics");
    for (MetricValue metric : metrics) {
      writeMetric(out, metric);
    }
    out.writeEndObject();
  }

  private static void writeMetric(JsonGenerator out, MetricValue metric) throws IOException {
    Interval interval = metric.interval();
    out.writeObjectFieldStart(metric.name());
    String reason = metric.reason();
    if (reason == null && Double.isInfinite(metric.value())) {
      reason = "infinite";
    }
    real(out, "value", reason == null ? metric.value() : Double.NaN);
    real(out, "ci_low", interval == null ? Double.NaN : interval.low());
    real(out, "ci_high", interval == null ? Double.NaN : interval.high());
    out.writeStringField("ci_method", interval == null ? null : interval.method());
    real(out, "level", interval == null ? Double.NaN : interval.level());
    out.writeStringField(
        "target", interval == null ? null : interval.target().name().toLowerCase(Locale.ROOT));
    out.writeStringField("reason", reason);
    out.writeStringField("ci_reason", metric.intervalReason());
    if (!metric.flags().isEmpty()) {
      value(out, "flags", metric.flags());
    }
    out.writeEndObject();
  }

  private static void writeSweepRow(JsonGenerator out, ThresholdRow row) throws IOException {
    out.writeStartObject();
    writeConfusion(out, row);
    out.writeEndObject();
  }

  private static void writeOperatingPoint(
      JsonGenerator out, OperatingPoint point, Map<String, ?> honestPoints) throws IOException {
    out.writeStartObject();
    out.writeStringField("name", point.name());
    out.writeStringField("reason", point.reason());
    if (point.row() != null) {
      writeConfusion(out, point.row());
    }
    if (honestPoints.containsKey(point.name())) {
      value(out, "honest", honestPoints.get(point.name()));
    }
    out.writeEndObject();
  }

  private static void writeCalibrationBin(JsonGenerator out, CalibrationBin bin)
      throws IOException {
    Interval interval = bin.interval();
    out.writeStartObject();
    real(out, "low", bin.low());
    real(out, "high", bin.high());
    number(out, "weight", bin.weight());
    real(out, "mean_score", bin.meanScore());
    real(out, "positive_rate", bin.positiveRate());
    real(out, "ci_low", interval == null ? Double.NaN : interval.low());
    real(out, "ci_high", interval == null ? Double.NaN : interval.high());
    out.writeEndObject();
  }

  private static void writeConfusion(JsonGenerator out, ThresholdRow row) throws IOException {
    threshold(out, row);
    number(out, "tp", row.tp());
    number(out, "fp", row.fp());
    number(out, "fn", row.fn());
    number(out, "tn", row.tn());
    ratio(out, "precision", row.precision(), "no_predicted_positives");
    ratio(out, "recall", row.recall(), "no_positives");
    ratio(out, "f1", row.f1(), "no_positives");
  }

  private static void writeVertex(JsonGenerator out, ThresholdRow row) throws IOException {
    out.writeStartObject();
    threshold(out, row);
    number(out, "tp", row.tp());
    number(out, "fp", row.fp());
    ratio(out, "precision", row.precision(), "no_predicted_positives");
    ratio(out, "recall", row.recall(), "no_positives");
    ratio(out, "fpr", row.fpr(), "no_negatives");
    out.writeEndObject();
  }

  private static void threshold(JsonGenerator out, ThresholdRow row) throws IOException {
    real(out, "threshold", row.threshold());
    if (!Double.isFinite(row.threshold())) {
      // above every score, or the score itself is infinite
      boolean nothing = row.tp() + row.fp() == 0;
      out.writeStringField("threshold_reason", nothing ? "above_every_score" : "infinite_score");
    }
  }

  private static void ratio(JsonGenerator out, String name, OptionalDouble value, String reason)
      throws IOException {
    real(out, name, value.orElse(Double.NaN));
    if (value.isEmpty()) {
      out.writeStringField(name + "_reason", reason);
    }
  }

  // a real number, 1.0 stays 1.0
  private static void real(JsonGenerator out, String name, double value) throws IOException {
    out.writeFieldName(name);
    if (Double.isFinite(value)) {
      out.writeNumber(value == 0 ? 0.0 : value); // -0.0 is 0.0
    } else {
      out.writeNull();
    }
  }

  // a count or a sum of weights: whole ones as integers
  private static void number(JsonGenerator out, String name, double value) throws IOException {
    if (value == Math.rint(value) && Math.abs(value) < EXACT) {
      out.writeNumberField(name, (long) value);
    } else {
      real(out, name, value);
    }
  }

  private static void value(JsonGenerator out, String name, Object value) throws IOException {
    out.writeFieldName(name);
    value(out, value);
  }

  private static void value(JsonGenerator out, Object value) throws IOException {
    if (value == null) {
      out.writeNull();
    } else if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        value(out, (String) entry.getKey(), entry.getValue());
      }
      out.writeEndObject();
    } else if (value instanceof Iterable<?> list) {
      out.writeStartArray();
      for (Object element : list) {
        value(out, element);
      }
      out.writeEndArray();
    } else if (value instanceof Double number) {
      if (Double.isFinite(number)) {
        out.writeNumber(number);
      } else {
        out.writeNull();
      }
    } else if (value instanceof Integer || value instanceof Long) {
      out.writeNumber(((Number) value).longValue());
    } else if (value instanceof Boolean flag) {
      out.writeBoolean(flag);
    } else if (value instanceof String text) {
      out.writeString(text);
    } else {
      throw new IllegalArgumentException("no JSON for " + value.getClass());
    }
  }
}
