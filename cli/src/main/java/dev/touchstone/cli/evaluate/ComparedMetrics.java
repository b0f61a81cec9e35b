package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.ComparisonJson;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.compare.MetricComparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Metrics of two models side by side. The verdict on a metric reads its own interval; {@code
 * p_value_holm} is for a claim about several of them at once.
 *
 * @param metrics one or more
 * @param level confidence level of the intervals
 */
record ComparedMetrics(List<MetricComparison> metrics, double level) {
  private static final String NONE = "–";

  ComparedMetrics {
    metrics = List.copyOf(metrics);
  }

  /** Lines for the terminal. */
  String table() {
    var table = new TextTable("<>>>>>><<");
    table.row(
        "metric", "value", "baseline", "difference", interval(), "p", "p, Holm", "verdict", "");
    for (String[] cells : cells()) {
      table.row(cells);
    }
    return table.render();
  }

  /** A table for the page. */
  void html(Markup page) {
    page.open("div", "class", "scroll").open("table").open("thead").open("tr");
    for (String cell :
        List.of("metric", "value", "baseline", "difference", interval(), "p", "p, Holm")) {
      page.element("th", cell, "scope", "col");
    }
    page.element("th", "verdict", "scope", "col", "class", "words");
    page.element("th", "", "scope", "col", "class", "words");
    page.close().close().open("tbody").line();
    for (String[] cells : cells()) {
      page.open("tr").element("td", Words.metric(cells[0]));
      for (int i = 1; i < 7; i++) {
        page.element("td", cells[i]);
      }
      page.element("td", cells[7], "class", "words").element("td", cells[8], "class", "words");
      page.close().line();
    }
    page.close().close().close().line();
  }

  private String interval() {
    return TableFormat.percent(level) + " interval";
  }

  private List<String[]> cells() {
    List<Double> holm = ComparisonJson.holm(metrics);
    var rows = new ArrayList<String[]>();
    for (int i = 0; i < metrics.size(); i++) {
      MetricComparison metric = metrics.get(i);
      MetricValue difference = metric.difference();
      rows.add(
          new String[] {
            metric.name(),
            number(metric.candidate()),
            number(metric.baseline()),
            number(difference),
            TableFormat.range(difference.interval()),
            metric.pValue().isPresent() ? TableFormat.number(metric.pValue().getAsDouble()) : NONE,
            holm.get(i) == null ? NONE : TableFormat.number(holm.get(i)),
            metric.verdict().name().toLowerCase(Locale.ROOT),
            remark(difference)
          });
    }
    return rows;
  }

  private static String number(MetricValue metric) {
    return metric.isDefined() ? TableFormat.number(metric.value()) : NONE;
  }

  private static String remark(MetricValue difference) {
    String why =
        difference.isDefined()
            ? difference.interval() == null ? difference.intervalReason() : ""
            : difference.reason();
    var words = new ArrayList<String>();
    if (!why.isEmpty()) {
      words.add(Words.reason(why));
    }
    difference.flags().forEach(flag -> words.add(Words.reason(flag)));
    return String.join(", ", words);
  }
}
