package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.ComparisonJson;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.compare.CompareOptions;
import dev.touchstone.metrics.compare.DecisionFlips;
import dev.touchstone.metrics.compare.JoinCoverage;
import dev.touchstone.metrics.compare.McNemar;
import dev.touchstone.metrics.compare.PairedComparison;
import dev.touchstone.metrics.compare.PairedReport;
import java.util.Map;

/**
 * The candidate against a baseline, on the examples that both have.
 *
 * @param baseline what the baseline is called
 * @param coverage how many examples that are
 * @param pairedBy {@code id} or {@code row}
 * @param report the comparison
 * @param options how it was made
 * @param baselineReport the baseline on those examples, for its curves
 */
record Comparison(
    String baseline,
    JoinCoverage coverage,
    String pairedBy,
    PairedReport report,
    CompareOptions options,
    BinaryReport baselineReport)
    implements Section {

  /** Compares what was paired. */
  static Comparison of(
      String baseline, PairedPredictions pairs, CompareOptions options, BinaryOptions evaluation) {
    return new Comparison(
        baseline,
        pairs.coverage(),
        pairs.pairedBy(),
        PairedComparison.compare(
            pairs.baseline().scoredByPosition(), pairs.candidate().scoredByPosition(), options),
        options,
        SliceReports.evaluate(pairs.baseline(), evaluation));
  }

  @Override
  public String name() {
    return "comparison";
  }

  private ComparedMetrics metrics() {
    return new ComparedMetrics(report.metrics(), options.level());
  }

  @Override
  public Map<String, Object> json() {
    return ComparisonJson.of(baseline, coverage, pairedBy, report, report.metrics(), options);
  }

  /** How much of both files was compared, in words. */
  String joined() {
    return TableFormat.count(coverage.joined())
        + " of "
        + TableFormat.count(coverage.candidateRows())
        + " examples are among the baseline's "
        + TableFormat.count(coverage.baselineRows());
  }

  @Override
  public String table() {
    return "compared with "
        + baseline
        + "\n"
        + joined()
        + ", paired by "
        + pairedBy
        + "\n"
        + metrics().table()
        + decisions();
  }

  private String decisions() {
    McNemar test = report.mcnemar();
    DecisionFlips flips = report.flips();
    return "both right "
        + TableFormat.count(test.bothRight())
        + ", only the baseline "
        + TableFormat.count(test.baselineOnly())
        + ", only the candidate "
        + TableFormat.count(test.candidateOnly())
        + ", neither "
        + TableFormat.count(test.neither())
        + "; McNemar mid-p "
        + TableFormat.number(test.midP())
        + "\n"
        + TableFormat.count(flips.total())
        + " decisions flip: "
        + TableFormat.count(flips.raised())
        + " raised, "
        + TableFormat.count(flips.lowered())
        + " lowered; "
        + TableFormat.count(flips.mended())
        + " mended, "
        + TableFormat.count(flips.broken())
        + " broken\n";
  }

  @Override
  public void html(Markup page) {
    page.element("h2", "Compared with " + baseline);
    page.element("p", joined() + ", paired by " + pairedBy + ".");
    metrics().html(page);
    page.open("p");
    decisions().lines().forEach(line -> page.text(line + ".").empty("br"));
    page.close().line();
  }
}
