package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.BootstrapJson;
import dev.touchstone.metrics.binary.BinaryBootstrap;
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

  @Override
  public String name() {
    return "bootstrap";
  }

  @Override
  public Map<String, Object> json() {
    return BootstrapJson.of(options, result);
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
    BootstrapJson.spreads(result)
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
    BootstrapJson.spreads(result)
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
