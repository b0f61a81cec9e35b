package dev.touchstone.jobs.full;

import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.sampling.NeymanProposal;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanOptions;
import dev.touchstone.metrics.sampling.PlanRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a report proposes to sample in the next run: strata and rates of least variance for a
 * budget, from the counts of the first pass. Its bands begin where bins of the pass do, which are
 * narrower than 1 % of a score. Without the examples themselves: a count has no ids, and the cache
 * has them.
 */
final class ProposedPlan {

  private static final long SEED = 1;

  private ProposedPlan() {}

  /**
   * The section {@code proposed_plan}: {@code budget}, and {@code plan} with {@code
   * expected_errors}, or the {@code reason} why there is none.
   */
  static Map<String, Object> section(CoarseCounts counts, int budget) {
    var section = new LinkedHashMap<String, Object>();
    section.put("budget", budget);
    var scores = new ArrayList<Double>();
    var positives = new ArrayList<Long>();
    var negatives = new ArrayList<Long>();
    counts.forEachBin(
        (from, ofZero, ofOne) -> {
          scores.add((double) from);
          negatives.add(ofZero);
          positives.add(ofOne);
        });
    long rows = sum(positives) + sum(negatives);
    if (rows < counts.n()) {
      section.put("reason", "rows_without_score_or_weight");
      return section;
    }
    if (sum(positives) == 0 || sum(negatives) == 0) {
      section.put("reason", "one_class");
      return section;
    }
    double[] values = scores.stream().mapToDouble(Double::doubleValue).toArray();
    long[] ones = array(positives);
    long[] zeros = array(negatives);
    PlanRule rule;
    try {
      rule = NeymanProposal.of(values, ones, zeros, PlanOptions.of(SEED, budget));
    } catch (IllegalArgumentException e) { // a budget below the number of strata
      section.put("reason", e.getMessage());
      return section;
    }
    section.put("plan", PlanFile.toMap(rule));
    List<Map<String, Object>> errors = new ArrayList<>();
    for (var error : NeymanProposal.expectedErrors(rule, values, ones, zeros)) {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("metric", error.metric());
      fields.put("planned", error.planned());
      fields.put("uniform", error.uniform());
      errors.add(fields);
    }
    section.put("expected_errors", errors);
    return section;
  }

  private static long sum(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  private static long[] array(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).toArray();
  }
}
