package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.cli.evaluate.Markup;
import dev.touchstone.cli.evaluate.TextTable;
import dev.touchstone.cli.evaluate.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report of the server for people: tables in a terminal, or a page of its own. */
final class ReportText {

  private static final String STYLE =
      """
      :root { color-scheme: light dark; }
      body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem;
        font: 15px/1.5 system-ui, sans-serif; }
      h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
      h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
      table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
      th, td { padding: .3rem .75rem .3rem 0; text-align: right; border-bottom: 1px solid #8884; }
      th:first-child, td:first-child { text-align: left; }
      """;

  /** A heading and rows of cells, the first row the head. */
  private record Table(String heading, String alignment, List<String[]> rows) {}

  private final JsonNode envelope;
  private final JsonNode report;

  /**
   * @param envelope as {@code GET /v1/reports/{key}} answers
   */
  ReportText(JsonNode envelope) {
    this.envelope = envelope;
    this.report = envelope.path("report");
  }

  String text() {
    StringBuilder text = new StringBuilder(title()).append('\n').append(head()).append('\n');
    for (Table table : tables()) {
      TextTable lines = new TextTable(table.alignment());
      table.rows().forEach(lines::row);
      text.append('\n');
      text.append(table.heading().isEmpty() ? "" : table.heading() + "\n");
      text.append(lines.render());
    }
    return text.toString();
  }

  String html() {
    var page = new Markup();
    page.raw("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
    page.empty("meta", "charset", "utf-8").element("title", title());
    page.open("style").raw(STYLE).close().close().line().open("body").line();
    page.element("h1", title()).element("p", head()).line();
    for (Table table : tables()) {
      page.element("h2", table.heading().isEmpty() ? "Metrics" : table.heading());
      page.open("table");
      String cell = "th";
      for (String[] row : table.rows()) {
        page.open("tr");
        for (String value : row) {
          page.element(cell, value);
        }
        page.close().line();
        cell = "td";
      }
      page.close().line();
    }
    return page.close().close().line().toString();
  }

  private String title() {
    return envelope.path("run_id").asText()
        + ", "
        + envelope.path("checkpoint").asText()
        + " on "
        + envelope.path("evaluation_set").asText()
        + "/"
        + envelope.path("split").asText();
  }

  private String head() {
    return String.format(
        Locale.ROOT,
        "%,d examples, %,d positive; %s",
        report.path("n").asLong(),
        report.path("n_pos").asLong(),
        envelope.path("report_key").asText());
  }

  private List<Table> tables() {
    List<Table> tables = new ArrayList<>();
    tables.add(metrics());
    if (!report.path("operating_points").isEmpty()) {
      tables.add(points());
    }
    if (report.path("comparison").isObject()) {
      tables.add(comparison());
    }
    if (!report.path("slices").isEmpty()) {
      tables.add(slices());
    }
    return tables;
  }

  private Table metrics() {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"metric", "value", "interval"});
    for (Map.Entry<String, JsonNode> metric : report.path("metrics").properties()) {
      rows.add(
          new String[] {
            Words.metric(metric.getKey()), value(metric.getValue()), interval(metric.getValue())
          });
    }
    return new Table("", "<>>", rows);
  }

  private Table points() {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"point", "threshold", "precision", "recall", "F1"});
    for (JsonNode point : report.path("operating_points")) {
      rows.add(
          new String[] {
            Words.operatingPoint(point.path("name").asText()),
            number(point.path("threshold")),
            number(point.path("precision")),
            number(point.path("recall")),
            number(point.path("f1"))
          });
    }
    return new Table("Operating points", "<>>>>", rows);
  }

  private Table comparison() {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {"metric", "value", "baseline", "difference", "interval", "p", "verdict"});
    for (JsonNode metric : report.at("/comparison/metrics")) {
      rows.add(
          new String[] {
            Words.metric(metric.path("metric").asText()),
            number(metric.path("value")),
            number(metric.path("baseline")),
            number(metric.path("difference")),
            interval(metric),
            number(metric.path("p_value_holm")),
            metric.path("verdict").asText().toLowerCase(Locale.ROOT).replace('_', ' ')
          });
    }
    String with = report.at("/comparison/baseline").asText();
    return new Table("Comparison with prediction set " + with, "<>>>>><", rows);
  }

  private Table slices() {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"slice", "examples", "positive", "average precision", "ROC AUC"});
    for (JsonNode slice : report.path("slices")) {
      rows.add(
          new String[] {
            slice.path("slice").asText(),
            String.format(Locale.ROOT, "%,d", slice.path("n").asLong()),
            String.format(Locale.ROOT, "%,d", slice.path("n_pos").asLong()),
            value(slice.at("/metrics/average_precision")),
            value(slice.at("/metrics/roc_auc"))
          });
    }
    return new Table("Slices", "<>>>>", rows);
  }

  private static String value(JsonNode metric) {
    JsonNode reason = metric.path("reason");
    return !metric.path("value").isNumber() && reason.isTextual()
        ? Words.reason(reason.asText())
        : number(metric.path("value"));
  }

  private static String interval(JsonNode metric) {
    return metric.path("ci_low").isNumber()
        ? number(metric.path("ci_low")) + " … " + number(metric.path("ci_high"))
        : "";
  }

  private static String number(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.5g", value.doubleValue()) : "–";
  }
}
