package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.SectionJson;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.compare.CompareOptions;
import dev.touchstone.metrics.compare.DecisionFlips;
import dev.touchstone.metrics.compare.JoinCoverage;
import dev.touchstone.metrics.compare.McNemar;
import dev.touchstone.metrics.compare.PairedComparison;
import dev.touchstone.metrics.compare.PairedReport;
import java.util.LinkedHashMap;
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
    var json = new LinkedHashMap<String, Object>();
    json.put("baseline", baseline);
    json.put("join", join());
    json.put("metrics", metrics().json());
    json.put("p_adjustment", "holm");
    json.put("threshold", options.candidateThreshold());
    json.put("baseline_threshold", options.baselineThreshold());
    json.put("mcnemar", mcnemar(report.mcnemar()));
    json.put("flips", flips(report.flips()));
    return json;
  }

  private Map<String, Object> join() {
    var join = new LinkedHashMap<String, Object>();
    join.put("paired_by", pairedBy);
    join.put("rows", coverage.candidateRows());
    join.put("baseline_rows", coverage.baselineRows());
    join.put("joined", coverage.joined());
    join.put("share", coverage.share());
    join.put("complete", coverage.complete());
    join.put("n", report.n());
    join.put("n_pos", report.nPos());
    return join;
  }

  private static Map<String, Object> mcnemar(McNemar test) {
    var json = new LinkedHashMap<String, Object>();
    json.put("both_right", test.bothRight());
    json.put("baseline_only", test.baselineOnly());
    json.put("candidate_only", test.candidateOnly());
    json.put("neither", test.neither());
    json.put("p_value", test.midP());
    json.put("p_method", "mid_p");
    json.put("exact_p", test.exactP());
    json.put("chi_squared", test.chiSquared());
    json.put("asymptotic_p", test.asymptoticP());
    return json;
  }

  private Map<String, Object> flips(DecisionFlips flips) {
    var json = new LinkedHashMap<String, Object>();
    json.put("total", flips.total());
    json.put("raised", flips.raised());
    json.put("lowered", flips.lowered());
    json.put("mended", flips.mended());
    json.put("broken", flips.broken());
    json.put("positive_raised", flips.positiveRaised());
    json.put("positive_lowered", flips.positiveLowered());
    json.put("negative_raised", flips.negativeRaised());
    json.put("negative_lowered", flips.negativeLowered());
    json.put("rate", SectionJson.metric(flips.rate(options.level())));
    return json;
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
