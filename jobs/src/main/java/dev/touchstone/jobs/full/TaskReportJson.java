package dev.touchstone.jobs.full;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.Table;
import dev.touchstone.metrics.shared.TaskReport;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * The report of a task other than the binary one as JSON: schema {@code touchstone.report/1} with
 * {@code task}, {@code facts} and tables.
 */
public final class TaskReportJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private TaskReportJson() {}

  /** The whole body in one line. Parameters as in {@link #write}. */
  static String toJson(
      TaskReport report,
      List<MetricValue> metrics,
      Map<String, ?> sections,
      Map<String, ?> provenance) {
    var text = new StringWriter();
    try (var out = ReportJson.factory().createGenerator(text)) {
      write(out, report, metrics, sections, provenance, Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter has no I/O
    }
    return text.toString();
  }

  /**
   * Writes the whole body as one object.
   *
   * @param metrics those of the report that are told
   * @param sections between tables and provenance
   * @param provenance where the rows came from
   * @param cost what it took
   */
  public static void write(
      JsonGenerator out,
      TaskReport report,
      List<MetricValue> metrics,
      Map<String, ?> sections,
      Map<String, ?> provenance,
      Map<String, ?> cost)
      throws IOException {
    out.setCodec(MAPPER);
    out.writeStartObject();
    out.writeStringField("schema", ReportJson.SCHEMA);
    out.writeStringField("task", report.task());
    out.writeNumberField("n", report.n());
    ReportJson.writeMetrics(out, metrics);
    out.writePOJOField("facts", report.facts());
    for (Table table : report.tables()) {
      writeTable(out, table);
    }
    for (Map.Entry<String, ?> section : sections.entrySet()) {
      out.writePOJOField(section.getKey(), section.getValue());
    }
    out.writePOJOField("provenance", provenance);
    out.writePOJOField("cost", cost);
    out.writeEndObject();
  }

  private static void writeTable(JsonGenerator out, Table table) throws IOException {
    out.writeArrayFieldStart(table.name());
    for (List<Object> row : table.rows()) {
      out.writeStartObject();
      for (int c = 0; c < row.size(); c++) {
        writeCell(out, table.columns().get(c), row.get(c));
      }
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void writeCell(JsonGenerator out, String name, Object cell) throws IOException {
    if (!(cell instanceof MetricValue metric)) {
      out.writePOJOField(name, cell);
      return;
    }
    if (Double.isFinite(metric.value())) {
      out.writeNumberField(name, metric.value());
    } else {
      out.writeNullField(name);
      out.writeStringField(name + "_reason", metric.isDefined() ? "infinite" : metric.reason());
    }
    if (metric.interval() != null) {
      out.writeNumberField(name + "_ci_low", metric.interval().low());
      out.writeNumberField(name + "_ci_high", metric.interval().high());
    }
  }
}
