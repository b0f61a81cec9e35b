package dev.touchstone.cli.plan;

import dev.touchstone.cli.evaluate.TextTable;
import dev.touchstone.metrics.sampling.ExpectedError;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanStratum;
import java.util.Locale;

/** A plan for people: its strata, and what it is worth. */
final class PlanTable {
  private PlanTable() {}

  static String of(PlanMaker.Made made) {
    PlanFile file = made.file();
    var rule = file.rule();
    double[] shares = made.influenceShares();
    boolean influence = shares.length > 0;
    var table = new TextTable("<>>>>>" + (influence ? ">" : ""));
    row(
        table,
        influence,
        "stratum",
        "from",
        "population",
        "rate",
        "expected",
        "sampled",
        "influence");
    for (int h = 0; h < rule.strata().size(); h++) {
      PlanStratum s = rule.strata().get(h);
      row(
          table,
          influence,
          s.name(),
          s.from() == Double.NEGATIVE_INFINITY ? "" : number("%.6g", s.from()),
          number("%,d", s.population()),
          number("%.5f", s.rate()),
          number("%,.1f", s.expectedSample()),
          number("%,d", file.size(h)),
          influence ? number("%.1f %%", 100 * shares[h]) : "");
    }
    row(
        table,
        influence,
        "all",
        "",
        number("%,d", rule.population()),
        number("%.5f", rule.expectedSample() / rule.population()),
        number("%,.1f", rule.expectedSample()),
        number("%,d", file.size()),
        influence ? "100.0 %" : "");
    var text = new StringBuilder(table.render());
    if (!made.errors().isEmpty()) {
      text.append("\nExpected standard error, were the reference model evaluated on the sample:\n");
      var errors = new TextTable("<>>>");
      errors.row("metric", "this plan", "uniform, same size", "ratio");
      for (ExpectedError error : made.errors()) {
        errors.row(
            error.metric(),
            number("%.6f", error.planned()),
            number("%.6f", error.uniform()),
            error.planned() == 0 ? "" : number("%.1f", error.uniform() / error.planned()));
      }
      text.append(errors.render());
    }
    return text.toString();
  }

  private static void row(TextTable table, boolean influence, String... cells) {
    table.row(influence ? cells : java.util.Arrays.copyOf(cells, cells.length - 1));
  }

  private static String number(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }
}
