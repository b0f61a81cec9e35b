package dev.touchstone.cli.evaluate;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.touchstone.jobs.full.ReportJson;
import dev.touchstone.jobs.full.TaskReportJson;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.Table;
import dev.touchstone.metrics.shared.TaskReport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The report of a task other than the binary one, as JSON or as tables for the terminal. */
final class TaskFormat {
  private static final String NONE = "–";

  /** Rows of a table that are shown. */
  static final int MOST_ROWS = 50;

  private TaskFormat() {}

  /** Schema {@code touchstone.report/1} with {@code task}, {@code facts} and {@code tables}. */
  static void writeJson(
      OutputStream to,
      TaskReport report,
      List<Section> sections,
      Map<String, Object> provenance,
      Map<String, Object> cost)
      throws IOException {
    try (var json = ReportJson.factory().createGenerator(to)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.setPrettyPrinter(new ReportPrinter());
      var all = new LinkedHashMap<String, Object>();
      sections.forEach(section -> all.put(section.name(), section.json()));
      TaskReportJson.write(json, report, report.metrics(), all, provenance, cost);
      json.writeRaw('\n');
    }
  }

  static void writeTables(
      OutputStream to, String title, TaskReport report, List<Section> sections, double level)
      throws IOException {
    var text = new StringBuilder(title);
    text.append('\n').append(TableFormat.count(report.n())).append(" rows, task ");
    text.append(report.task()).append('\n');
    report
        .facts()
        .forEach((name, fact) -> text.append(name).append(": ").append(cell(fact)).append('\n'));
    text.append('\n').append(metrics(report.metrics(), level));
    for (Table table : report.tables()) {
      text.append('\n').append(table(table));
    }
    sections.forEach(section -> text.append('\n').append(section.table()));
    to.write(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String metrics(List<MetricValue> metrics, double level) {
    var table = new TextTable("<><<");
    table.row("metric", "value", TableFormat.percent(level) + " interval", "");
    for (MetricValue metric : metrics) {
      String interval =
          metric.interval() == null
              ? ""
              : TableFormat.range(metric.interval()) + "  " + metric.interval().method();
      table.row(
          metric.name(),
          cell(metric),
          interval,
          metric.isDefined() ? String.join(", ", metric.flags()) : metric.reason());
    }
    return table.render();
  }

  private static String table(Table table) {
    var text = new TextTable("<" + ">".repeat(table.columns().size() - 1));
    text.row(table.columns().toArray(new String[0]));
    for (List<Object> row : table.rows().subList(0, Math.min(MOST_ROWS, table.rows().size()))) {
      var cells = new ArrayList<String>();
      row.forEach(cell -> cells.add(cell(cell)));
      text.row(cells.toArray(new String[0]));
    }
    int left = table.rows().size() - MOST_ROWS;
    return table.name()
        + '\n'
        + text.render()
        + (left > 0 ? "and " + TableFormat.count(left) + " more rows, in --format json\n" : "");
  }

  /** A cell for people. */
  static String cell(Object cell) {
    if (cell instanceof MetricValue metric) {
      return metric.isDefined() ? TableFormat.number(metric.value()) : NONE;
    }
    if (cell instanceof Double number) {
      return TableFormat.amount(number);
    }
    if (cell instanceof Long count) {
      return TableFormat.count(count);
    }
    if (cell instanceof List<?> list) {
      return list.isEmpty()
          ? "none"
          : String.join(", ", list.stream().map(TaskFormat::cell).toList());
    }
    return cell == null ? NONE : cell.toString();
  }
}
