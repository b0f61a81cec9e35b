package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.FoldsJson;
import dev.touchstone.jobs.full.SectionJson;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.compare.FoldMetric;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Out-of-fold predictions of a task other than the binary one: every metric by fold, pooled and
 * averaged with the corrected resampled t interval.
 *
 * @param column that says the fold
 * @param names of the folds
 * @param reports one a fold
 * @param pooled over all rows
 * @param level confidence level of the averages
 */
record TaskFolds(
    String column, List<String> names, List<TaskReport> reports, TaskReport pooled, double level)
    implements Section {
  private static final int MOST_FOLDS = 1_000;

  /**
   * Evaluates the folds.
   *
   * @param file named in the message
   * @throws BadInputException for fewer than 2 folds or more than 1,000
   */
  static TaskFolds of(String file, TaskEvaluation.Ready ready, TaskReport pooled, double level) {
    var folds = FoldCodes.of(ready.folds());
    int count = folds.names().size();
    if (count < 2 || count > MOST_FOLDS) {
      throw BadInputException.inFile(
          file,
          "column "
              + BadInputException.quote(ready.folds().name())
              + ": folds must be 2 to "
              + MOST_FOLDS
              + ", got "
              + count);
    }
    var reports = new ArrayList<TaskReport>();
    for (int fold = 0; fold < count; fold++) {
      int code = fold;
      int[] rows = IntStream.range(0, ready.rows()).filter(i -> folds.codes()[i] == code).toArray();
      reports.add(ready.evaluation().of(rows));
    }
    return new TaskFolds(ready.folds().name(), folds.names(), reports, pooled, level);
  }

  private FoldMetric metric(MetricValue ofAll) {
    String name = ofAll.name();
    return FoldMetric.of(name, reports.stream().map(r -> r.metric(name)).toList(), ofAll, level);
  }

  @Override
  public String name() {
    return "folds";
  }

  @Override
  public Map<String, Object> json() {
    var json = new LinkedHashMap<String, Object>();
    json.put("column", column);
    var folds = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < names.size(); i++) {
      var fold = new LinkedHashMap<String, Object>();
      fold.put("fold", names.get(i));
      fold.put("n", reports.get(i).n());
      folds.add(fold);
    }
    json.put("folds", folds);
    var metrics = new LinkedHashMap<String, Object>();
    for (MetricValue ofAll : pooled.metrics()) {
      FoldMetric metric = metric(ofAll);
      var fields = new LinkedHashMap<String, Object>();
      fields.put("per_fold", metric.perFold().stream().map(FoldsJson::foldValue).toList());
      fields.put("pooled", SectionJson.metric(metric.pooled()));
      fields.put("averaged", SectionJson.metric(metric.averaged()));
      metrics.put(metric.name(), fields);
    }
    json.put("metrics", metrics);
    return json;
  }

  @Override
  public String table() {
    var rows = cells(name -> name);
    var table = new TextTable("<" + ">".repeat(rows.get(0).size() - 1));
    rows.forEach(row -> table.row(row.toArray(new String[0])));
    return "folds by " + column + "\n" + table.render();
  }

  @Override
  public void html(Markup page) {
    page.element("h2", "Folds by " + column).open("div", "class", "scroll").open("table");
    var rows = cells(Words::metric);
    HtmlFormat.head(page, rows.get(0).toArray(new String[0]));
    for (List<String> row : rows.subList(1, rows.size())) {
      page.open("tr");
      row.forEach(cell -> page.element("td", cell));
      page.close().line();
    }
    page.close().close().close().line();
  }

  // the head, a line a fold, pooled, averaged, and the interval of what is averaged
  private List<List<String>> cells(Function<String, String> word) {
    List<FoldMetric> shown = TaskHtml.headline(pooled).stream().map(this::metric).toList();
    var rows = new ArrayList<List<String>>();
    rows.add(row("fold", "n", shown, metric -> word.apply(metric.name())));
    for (int i = 0; i < names.size(); i++) {
      int fold = i;
      rows.add(
          row(
              names.get(i),
              TableFormat.count(reports.get(i).n()),
              shown,
              metric -> TaskFormat.cell(metric.perFold().get(fold))));
    }
    rows.add(
        row(
            "pooled",
            TableFormat.count(pooled.n()),
            shown,
            metric -> TaskFormat.cell(metric.pooled())));
    rows.add(row("averaged", "", shown, metric -> TaskFormat.cell(metric.averaged())));
    rows.add(
        row(
            TableFormat.percent(level) + " interval",
            "",
            shown,
            metric -> TableFormat.range(metric.averaged().interval())));
    return rows;
  }

  private static List<String> row(
      String name, String n, List<FoldMetric> metrics, Function<FoldMetric, String> cell) {
    var row = new ArrayList<>(List.of(name, n));
    metrics.forEach(metric -> row.add(cell.apply(metric)));
    return row;
  }
}
