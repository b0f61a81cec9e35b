package dev.touchstone.jobs.full;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.compare.CompareOptions;
import dev.touchstone.metrics.compare.DecisionFlips;
import dev.touchstone.metrics.compare.JoinCoverage;
import dev.touchstone.metrics.compare.McNemar;
import dev.touchstone.metrics.compare.MetricComparison;
import dev.touchstone.metrics.compare.MultipleTests;
import dev.touchstone.metrics.compare.PairedReport;
import dev.touchstone.metrics.compare.TaskComparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The section {@code comparison} of a report. The verdict on a metric reads its own interval;
 * {@code p_value_holm} is for a claim about several of them at once.
 */
public final class ComparisonJson {
  private ComparisonJson() {}

  /**
   * The section.
   *
   * @param baseline what the baseline is called
   * @param coverage how many examples both have
   * @param pairedBy {@code id} or {@code row}
   * @param options how it was made
   */
  public static Map<String, Object> of(
      String baseline,
      JoinCoverage coverage,
      String pairedBy,
      PairedReport report,
      List<MetricComparison> metrics,
      CompareOptions options) {
    var json = new LinkedHashMap<String, Object>();
    json.put("baseline", baseline);
    var join = join(coverage, pairedBy, report.n());
    join.put("n_pos", report.nPos());
    json.put("join", join);
    json.put("metrics", metrics(metrics));
    json.put("p_adjustment", "holm");
    json.put("threshold", options.candidateThreshold());
    json.put("baseline_threshold", options.baselineThreshold());
    json.put("mcnemar", report.mcnemar() == null ? null : mcnemar(report.mcnemar()));
    json.put("flips", report.flips() == null ? null : flips(report.flips(), options.level()));
    return json;
  }

  /**
   * The section of a task other than the binary one, paired by id.
   *
   * @param metrics those to tell of
   */
  public static Map<String, Object> of(
      String baseline, TaskComparison comparison, List<MetricComparison> metrics) {
    var json = new LinkedHashMap<String, Object>();
    json.put("baseline", baseline);
    json.put("join", join(comparison.coverage(), "id", comparison.n()));
    json.put("metrics", metrics(metrics));
    json.put("p_adjustment", "holm");
    json.put("mcnemar", comparison.mcnemar() == null ? null : mcnemar(comparison.mcnemar()));
    return json;
  }

  /** One object a metric. */
  public static List<Map<String, Object>> metrics(List<MetricComparison> metrics) {
    List<Double> holm = holm(metrics);
    var all = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < metrics.size(); i++) {
      MetricComparison metric = metrics.get(i);
      MetricValue difference = metric.difference();
      var fields = new LinkedHashMap<String, Object>();
      fields.put("metric", metric.name());
      fields.put("direction", metric.direction().name().toLowerCase(Locale.ROOT));
      fields.put("value", SectionJson.value(metric.candidate()));
      fields.put("baseline", SectionJson.value(metric.baseline()));
      fields.put("difference", SectionJson.value(difference));
      SectionJson.interval(fields, difference);
      fields.put("p_value", metric.pValue().isPresent() ? metric.pValue().getAsDouble() : null);
      fields.put("p_value_holm", holm.get(i));
      fields.put("verdict", metric.verdict().name());
      all.add(fields);
    }
    return all;
  }

  /** Holm's adjusted p-values over the metrics that have one; null for the others. */
  public static List<Double> holm(List<MetricComparison> metrics) {
    double[] given =
        metrics.stream()
            .filter(metric -> metric.pValue().isPresent())
            .mapToDouble(metric -> metric.pValue().getAsDouble())
            .toArray();
    double[] adjusted = MultipleTests.holm(given);
    var all = new ArrayList<Double>();
    int next = 0;
    for (MetricComparison metric : metrics) {
      all.add(metric.pValue().isPresent() ? (Double) adjusted[next++] : null);
    }
    return all;
  }

  private static Map<String, Object> join(JoinCoverage coverage, String pairedBy, long n) {
    var join = new LinkedHashMap<String, Object>();
    join.put("paired_by", pairedBy);
    join.put("rows", coverage.candidateRows());
    join.put("baseline_rows", coverage.baselineRows());
    join.put("joined", coverage.joined());
    join.put("share", coverage.share());
    join.put("complete", coverage.complete());
    join.put("n", n);
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

  private static Map<String, Object> flips(DecisionFlips flips, double level) {
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
    json.put("rate", SectionJson.metric(flips.rate(level)));
    return json;
  }
}
