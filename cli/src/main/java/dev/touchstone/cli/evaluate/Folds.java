package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.FoldsJson;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.compare.CrossValidation;
import dev.touchstone.metrics.compare.FoldMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Out-of-fold predictions: every metric by fold, pooled and averaged, and the difference to a
 * baseline fold by fold.
 *
 * @param column that says the fold
 * @param names of the folds: by number where all are numbers, else by text
 * @param validation metrics of the folds, in that order
 * @param paired differences to the baseline; null without one
 */
record Folds(String column, List<String> names, CrossValidation validation, ComparedMetrics paired)
    implements Section {
  private static final List<String> SHOWN =
      List.of("average_precision", "roc_auc", "log_loss", "brier", "f1", "accuracy");

  Folds {
    names = List.copyOf(names);
  }

  /**
   * Evaluates the folds.
   *
   * @param file named in the message
   * @param column the fold of every row
   * @throws BadInputException for fewer than 2 folds or more than 1,000
   */
  static Folds of(String file, Predictions rows, SliceColumn column, BinaryOptions options) {
    var folds = FoldCodes.of(column);
    return new Folds(
        column.name(), folds.names(), validate(file, rows, folds.codes(), column, options), null);
  }

  private static CrossValidation validate(
      String file, Predictions rows, int[] codes, SliceColumn column, BinaryOptions options) {
    try {
      return CrossValidation.evaluate(rows.scoredByPosition(), codes, options);
    } catch (IllegalArgumentException e) {
      throw BadInputException.inFile(
          file, "column " + BadInputException.quote(column.name()) + ": " + e.getMessage());
    }
  }

  /**
   * The same with the differences to a baseline on the examples that both have.
   *
   * @param column the fold of every row of the candidate that was paired
   */
  Folds against(String file, PairedPredictions pairs, SliceColumn column, BinaryOptions options) {
    int[] codes = FoldCodes.of(column).codes();
    var theirs = validate(file, pairs.baseline(), codes, column, options);
    var mine =
        pairs.coverage().complete()
            ? validation
            : validate(file, pairs.candidate(), codes, column, options);
    return new Folds(
        this.column,
        names,
        validation,
        new ComparedMetrics(CrossValidation.compare(theirs, mine, Map.of()), options.level()));
  }

  @Override
  public String name() {
    return "folds";
  }

  @Override
  public Map<String, Object> json() {
    return FoldsJson.of(
        column, names, validation, validation.metrics(), paired == null ? null : paired.metrics());
  }

  @Override
  public String table() {
    var table = new TextTable("<>>" + ">".repeat(SHOWN.size()));
    cells(name -> name).forEach(row -> table.row(row.toArray(new String[0])));
    String text = "folds by " + column + "\n" + table.render();
    return paired == null
        ? text
        : text + "\nmean difference of the folds, corrected resampled t\n" + paired.table();
  }

  @Override
  public void html(Markup page) {
    page.element("h2", "Folds by " + column).open("div", "class", "scroll").open("table");
    var rows = cells(Words::metric);
    page.open("thead").open("tr");
    rows.get(0).forEach(cell -> page.element("th", cell, "scope", "col"));
    page.close().close().open("tbody").line();
    for (List<String> row : rows.subList(1, rows.size())) {
      page.open("tr");
      row.forEach(cell -> page.element("td", cell));
      page.close().line();
    }
    page.close().close().close().line();
    if (paired != null) {
      page.element("p", "Mean difference of the folds to the baseline, corrected resampled t.");
      paired.html(page);
    }
  }

  // the head, a line a fold, pooled, averaged, and the interval of what is averaged
  private List<List<String>> cells(Function<String, String> word) {
    List<FoldMetric> shown = SHOWN.stream().map(validation::metric).toList();
    var rows = new ArrayList<List<String>>();
    var head = new ArrayList<>(List.of("fold", "n", "positive"));
    SHOWN.forEach(name -> head.add(word.apply(name)));
    rows.add(head);
    for (int i = 0; i < names.size(); i++) {
      int fold = i;
      rows.add(row(names.get(i), validation.reports().get(i), shown, m -> m.perFold().get(fold)));
    }
    rows.add(row("pooled", validation.pooled(), shown, FoldMetric::pooled));
    rows.add(row("averaged", null, shown, FoldMetric::averaged));
    var interval = new ArrayList<>(List.of(level() + " interval", "", ""));
    shown.forEach(metric -> interval.add(TableFormat.range(metric.averaged().interval())));
    rows.add(interval);
    return rows;
  }

  private String level() {
    return TableFormat.percent(validation.level());
  }

  private static List<String> row(
      String name,
      BinaryReport report,
      List<FoldMetric> metrics,
      Function<FoldMetric, MetricValue> value) {
    var row = new ArrayList<String>();
    row.add(name);
    row.add(report == null ? "" : TableFormat.count(report.n()));
    row.add(report == null ? "" : TableFormat.count(report.nPos()));
    for (FoldMetric metric : metrics) {
      MetricValue one = value.apply(metric);
      row.add(one.isDefined() ? TableFormat.number(one.value()) : "–");
    }
    return row;
  }
}
