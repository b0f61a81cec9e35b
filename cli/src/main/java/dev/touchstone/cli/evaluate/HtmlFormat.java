package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.ReportJson;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.OperatingPoint;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The report as one page that needs nothing else: no script, no font, no picture from outside. */
final class HtmlFormat {
  private static final List<String> HEADLINE =
      List.of("average_precision", "roc_auc", "log_loss", "brier");
  private static final List<String> SLICE_METRICS =
      List.of("average_precision", "roc_auc", "log_loss", "brier");

  private static final String STYLE =
      """
      :root { --paper: #fff; --ink: #1b2128; --muted: #5b6470; --rule: #dde2e7; --soft: #f5f7f9;
        --blue: #2161a8; --orange: #c4661a; --green: #23856d; color-scheme: light dark; }
      @media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6eaee;
        --muted: #9aa5b1; --rule: #313840; --soft: #1c2228; --blue: #6ea8e6; --orange: #e59a58;
        --green: #5cbfa3; } }
      * { box-sizing: border-box; }
      body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 64rem; background: var(--paper);
        color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
      h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
      h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
      .sub { color: var(--muted); margin: .25rem 0 1.75rem; }
      .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .75rem; }
      .tile { background: var(--soft); border-radius: 8px; padding: .8rem 1rem; }
      .tile .name { color: var(--muted); font-size: .85rem; }
      .tile .value { font-size: 1.7rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
      .tile .range { color: var(--muted); font-size: .85rem; font-variant-numeric: tabular-nums; min-height: 1.3em; }
      .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1.25rem; margin-top: 2rem; }
      .plots svg { width: 100%; height: auto; }
      .plots.one { grid-template-columns: minmax(0, 36rem); }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
      th, td { padding: .35rem .75rem .35rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
      th { color: var(--muted); font-weight: 500; }
      th:first-child, td:first-child, td.words, th.words { text-align: left; }
      td .range { display: block; color: var(--muted); font-size: .8rem; }
      td.words { color: var(--muted); padding-left: 1rem; }
      dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; font-size: .9rem; margin: 0; }
      dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
      @media print { body { padding: 0; } .plots { break-inside: avoid; } }
      """;

  private HtmlFormat() {}

  static void write(OutputStream to, Evaluated evaluated) throws IOException {
    var page = begin(evaluated.name());
    page.element(
        "p", TableFormat.head(evaluated.report(), evaluated.predictions()), "class", "sub");
    tiles(page, HEADLINE.stream().map(evaluated.report()::metric).toList());
    page.open("div", "class", "plots");
    Plots.of(evaluated).values().forEach(plot -> page.line().raw(plot.inline()));
    page.close().line();
    evaluated.sections().forEach(section -> section.html(page));
    points(page, evaluated);
    if (evaluated.honest() != null) {
      evaluated.honest().html(page);
    }
    slices(page, evaluated.slices());
    metrics(page, Words.metricsBesidePoints(evaluated.report()), evaluated.options().level());
    provenance(page, evaluated.provenance());
    page.close().close().line();
    to.write(page.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** A page with its heading, up to the body. */
  static Markup begin(String name) {
    var page = new Markup();
    page.raw("<!DOCTYPE html>\n").open("html", "lang", "en").line().open("head");
    page.empty("meta", "charset", "utf-8");
    page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    page.element("title", "Evaluation of " + name);
    page.open("style").raw(STYLE).raw(Plot.STYLE).close().close().line().open("body").line();
    return page.element("h1", name);
  }

  private static String range(MetricValue metric) {
    return metric.interval() == null
        ? ""
        : TableFormat.number(metric.interval().low())
            + " … "
            + TableFormat.number(metric.interval().high());
  }

  /** What is read first. */
  static void tiles(Markup page, List<MetricValue> metrics) {
    page.open("div", "class", "tiles");
    for (MetricValue metric : metrics) {
      page.open("div", "class", "tile");
      page.element("div", Words.metric(metric.name()), "class", "name");
      page.element(
          "div", metric.isDefined() ? TableFormat.number(metric.value()) : "–", "class", "value");
      page.element(
          "div",
          metric.isDefined() ? range(metric) : Words.reason(metric.reason()),
          "class",
          "range");
      page.close();
    }
    page.close().line();
  }

  /** Opens a table's head, and its body. */
  static void head(Markup page, String... cells) {
    page.open("thead").open("tr");
    for (String cell : cells) {
      page.element("th", cell, "scope", "col");
    }
    page.close().close().open("tbody").line();
  }

  private static void points(Markup page, Evaluated evaluated) {
    List<OperatingPoint> points = evaluated.report().operatingPoints();
    if (points.isEmpty()) {
      return;
    }
    page.element("h2", "Operating points").open("div", "class", "scroll").open("table");
    head(page, "chosen for", "threshold", "precision", "recall", "F1", "TP", "FP", "FN", "TN");
    for (OperatingPoint point : points) {
      ThresholdRow row = point.row();
      page.open("tr").element("td", Words.operatingPoint(point.name()));
      if (row == null) {
        page.element("td", Words.reason(point.reason()), "colspan", "8").close().line();
        continue;
      }
      for (String cell :
          List.of(
              TableFormat.number(row.threshold()),
              TableFormat.number(row.precision()),
              TableFormat.number(row.recall()),
              TableFormat.number(row.f1()),
              TableFormat.amount(row.tp()),
              TableFormat.amount(row.fp()),
              TableFormat.amount(row.fn()),
              TableFormat.amount(row.tn()))) {
        page.element("td", cell);
      }
      page.close().line();
    }
    page.close().close().close().line();
  }

  private static void slices(Markup page, List<ReportJson.Slice> slices) {
    if (slices.isEmpty()) {
      return;
    }
    page.element("h2", "Slices").open("div", "class", "scroll").open("table");
    String[] cells = new String[4 + SLICE_METRICS.size()];
    cells[0] = "slice";
    cells[1] = "predictions";
    cells[2] = "positive";
    cells[3] = "share";
    for (int i = 0; i < SLICE_METRICS.size(); i++) {
      cells[4 + i] = Words.metric(SLICE_METRICS.get(i));
    }
    head(page, cells);
    for (ReportJson.Slice slice : slices) {
      BinaryReport report = slice.report();
      page.open("tr").element("td", slice.slice());
      page.element("td", TableFormat.count(report.n()));
      page.element("td", TableFormat.count(report.nPos()));
      page.element("td", TableFormat.percent(report.nPos() / (double) report.n()));
      for (String name : SLICE_METRICS) {
        MetricValue metric = report.metric(name);
        if (metric.isDefined()) {
          page.open("td").text(TableFormat.number(metric.value()));
          page.element("span", range(metric), "class", "range").close();
        } else {
          page.element("td", "–", "title", metric.reason());
        }
      }
      page.close().line();
    }
    page.close().close().close().line();
  }

  /** Every metric with its interval, or why there is none. */
  static void metrics(Markup page, List<MetricValue> metrics, double level) {
    page.element("h2", "Metrics").open("div", "class", "scroll").open("table");
    page.open("thead").open("tr");
    page.element("th", "metric").element("th", "value");
    page.element("th", TableFormat.percent(level) + " interval");
    page.element("th", "", "class", "words");
    page.close().close().open("tbody").line();
    for (MetricValue metric : metrics) {
      page.open("tr").element("td", Words.metric(metric.name()));
      page.element("td", metric.isDefined() ? TableFormat.number(metric.value()) : "–");
      page.element("td", range(metric));
      String remark =
          metric.isDefined()
              ? (metric.interval() == null ? "" : metric.interval().method() + " ")
                  + String.join(", ", metric.flags())
              : Words.reason(metric.reason());
      page.element("td", Words.reason(remark), "class", "words").close().line();
    }
    page.close().close().close().line();
  }

  /** Where the rows came from. */
  static void provenance(Markup page, Map<String, Object> provenance) {
    page.element("h2", "Provenance").open("dl");
    provenance.forEach(
        (name, value) -> {
          if (value != null) {
            page.element("dt", name.replace('_', ' ')).element("dd", plain(value)).line();
          }
        });
    page.close().line();
  }

  private static String plain(Object value) {
    if (value instanceof Map<?, ?> map) {
      var words = new StringBuilder();
      map.forEach(
          (name, of) -> {
            if (of != null && !(of instanceof List<?> list && list.isEmpty())) {
              words.append(words.isEmpty() ? "" : ", ").append(name).append(' ').append(plain(of));
            }
          });
      return words.toString();
    }
    if (value instanceof List<?> list) {
      return String.join("; ", list.stream().map(HtmlFormat::plain).toList());
    }
    return value.toString();
  }
}
