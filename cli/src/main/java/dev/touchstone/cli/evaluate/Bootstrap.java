package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.binary.BinaryBootstrap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The row-exact bootstrap of the ranking metrics.
 *
 * @param options how it was drawn
 * @param result how the metrics varied
 */
record Bootstrap(BinaryBootstrap.Options options, BinaryBootstrap.Result result)
    implements Section {

  /** Resamples rows. */
  static Bootstrap of(Predictions rows, BinaryBootstrap.Options options) {
    return new Bootstrap(
        options,
        rows.floatScores() != null
            ? BinaryBootstrap.of(rows.floatScores(), rows.labels(), rows.weights(), options)
            : BinaryBootstrap.of(rows.doubleScores(), rows.labels(), rows.weights(), options));
  }

  /** Spreads by the metric's name. */
  Map<String, BinaryBootstrap.Spread> spreads() {
    var spreads = new LinkedHashMap<String, BinaryBootstrap.Spread>();
    spreads.put("average_precision", result.averagePrecision());
    spreads.put("roc_auc", result.rocAuc());
    return spreads;
  }

  @Override
  public String name() {
    return "bootstrap";
  }

  @Override
  public Map<String, Object> json() {
    var json = new LinkedHashMap<String, Object>();
    json.put("replicates", options.replicates());
    json.put("seed", options.seed());
    json.put("level", options.level());
    json.put("stratified", options.stratified());
    spreads()
        .forEach(
            (metric, spread) -> {
              var fields = new LinkedHashMap<String, Object>();
              boolean any = !Double.isNaN(spread.standardError());
              fields.put("used", spread.used());
              fields.put("dropped", spread.dropped());
              fields.put("standard_error", any ? spread.standardError() : null);
              fields.put("reason", any ? null : "too_few_defined_replicates");
              fields.put("percentile", json(spread.percentile()));
              fields.put("bca", json(spread.bca()));
              json.put(metric, fields);
            });
    return json;
  }

  private static Map<String, Object> json(Interval interval) {
    if (interval == null) {
      return null;
    }
    var fields = new LinkedHashMap<String, Object>();
    fields.put("ci_low", interval.low());
    fields.put("ci_high", interval.high());
    fields.put("ci_method", interval.method());
    fields.put("target", interval.target().name().toLowerCase(Locale.ROOT));
    return fields;
  }

  @Override
  public String table() {
    var table = new TextTable("<>>><");
    table.row(
        "bootstrap, " + replicates(),
        "dropped",
        "standard error",
        TableFormat.percent(options.level()) + " percentile",
        "BCa");
    spreads()
        .forEach(
            (metric, spread) ->
                table.row(
                    metric,
                    TableFormat.count(spread.dropped()),
                    standardError(spread),
                    TableFormat.range(spread.percentile()),
                    TableFormat.range(spread.bca())));
    return table.render();
  }

  @Override
  public void html(Markup page) {
    page.element("h2", "Bootstrap").open("div", "class", "scroll").open("table");
    HtmlFormat.head(
        page,
        replicates(),
        "standard error",
        TableFormat.percent(options.level()) + " percentile",
        "BCa");
    spreads()
        .forEach(
            (metric, spread) -> {
              page.open("tr").element("td", Words.metric(metric));
              page.element("td", standardError(spread));
              page.element("td", TableFormat.range(spread.percentile()));
              page.element("td", TableFormat.range(spread.bca())).close().line();
            });
    page.close().close().close().line();
  }

  private String replicates() {
    return TableFormat.count(options.replicates())
        + (options.stratified() ? " stratified replicates" : " replicates");
  }

  private static String standardError(BinaryBootstrap.Spread spread) {
    return Double.isNaN(spread.standardError()) ? "–" : TableFormat.number(spread.standardError());
  }
}
