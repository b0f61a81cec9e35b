package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ranking.RankingReport;
import dev.touchstone.metrics.shared.Table;
import dev.touchstone.metrics.shared.TaskReport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The report of a task other than the binary one as a page that needs nothing else. */
final class TaskHtml {
  private TaskHtml() {}

  /** The metrics that are read first. */
  static List<MetricValue> headline(TaskReport report) {
    List<String> names =
        switch (report.task()) {
          case "multiclass" -> List.of("accuracy", "balanced_accuracy", "macro_f1", "log_loss");
          case "multilabel" -> List.of("micro_f1", "macro_f1", "subset_accuracy", "hamming_loss");
          case "regression" -> List.of("rmse", "mae", "r2", "bias");
          case "ranking" -> ofLastCutoff((RankingReport) report);
          default -> throw new IllegalArgumentException("no such task: " + report.task());
        };
    return names.stream().map(report::metric).toList();
  }

  private static List<String> ofLastCutoff(RankingReport report) {
    int k = report.cutoffs().get(report.cutoffs().size() - 1);
    return List.of("ndcg_at_" + k, "map_at_" + k, "mrr", "hit_rate_at_" + k);
  }

  /**
   * Writes the page.
   *
   * @param picture a drawing, or null where there is nothing to draw
   */
  static void write(
      OutputStream to,
      String title,
      TaskReport report,
      String picture,
      List<Section> sections,
      double level,
      Map<String, Object> provenance)
      throws IOException {
    Markup page = HtmlFormat.begin(title);
    page.element(
        "p", TableFormat.count(report.n()) + " rows, task " + report.task(), "class", "sub");
    HtmlFormat.tiles(page, headline(report));
    if (picture != null) {
      page.open("div", "class", "plots one").line().raw(picture).close().line();
    }
    sections.forEach(section -> section.html(page));
    report.tables().forEach(table -> table(page, table));
    HtmlFormat.metrics(page, report.metrics(), level);
    page.element("h2", "Counts").open("dl");
    report
        .facts()
        .forEach(
            (name, fact) ->
                page.element("dt", name.replace('_', ' '))
                    .element("dd", TaskFormat.cell(fact))
                    .line());
    page.close().line();
    HtmlFormat.provenance(page, provenance);
    page.close().close().line();
    to.write(page.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void table(Markup page, Table table) {
    if (table.rows().isEmpty()) {
      return;
    }
    String name = Words.metric(table.name());
    page.element("h2", Character.toUpperCase(name.charAt(0)) + name.substring(1));
    page.open("div", "class", "scroll").open("table");
    HtmlFormat.head(page, table.columns().stream().map(Words::metric).toArray(String[]::new));
    int shown = Math.min(TaskFormat.MOST_ROWS, table.rows().size());
    for (List<Object> row : table.rows().subList(0, shown)) {
      page.open("tr");
      for (Object cell : row) {
        if (cell instanceof MetricValue metric && !metric.isDefined()) {
          page.element("td", "–", "title", metric.reason());
        } else if (cell instanceof MetricValue metric && metric.interval() != null) {
          page.open("td").text(TaskFormat.cell(metric));
          page.element("span", TableFormat.range(metric.interval()), "class", "range").close();
        } else {
          page.element("td", TaskFormat.cell(cell));
        }
      }
      page.close().line();
    }
    page.close().close().close().line();
    if (shown < table.rows().size()) {
      page.element(
          "p",
          "and " + TableFormat.count(table.rows().size() - shown) + " more rows, in --format json",
          "class",
          "sub");
    }
  }
}
