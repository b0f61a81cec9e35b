package dev.touchstone.metrics.ranking;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.Moments;
import java.util.ArrayList;
import java.util.List;

/** Puts a report together: means over queries, which are independent, with their intervals. */
final class RankingAssembly {
  private final RankingSums sums;
  private final String reason;

  RankingAssembly(RankingSums sums) {
    this.sums = sums;
    this.reason = sums.queries == 0 ? "empty" : sums.invalidRows > 0 ? "invalid_score" : null;
  }

  RankingReport report() {
    var metrics = new ArrayList<MetricValue>();
    metrics.add(mean("mrr", sums.reciprocalRanks, sums.withoutRelevant));
    List<Integer> cutoffs = sums.options.cutoffs();
    for (int m = 0; m < RankingSums.AT.size(); m++) {
      String name = RankingSums.AT.get(m);
      long leftOut = name.equals("ndcg") ? sums.withoutGain : sums.withoutRelevant;
      for (int c = 0; c < cutoffs.size(); c++) {
        metrics.add(mean(name + "_at_" + cutoffs.get(c), sums.atCutoff.get(m).get(c), leftOut));
      }
    }
    return new RankingReport(
        sums.rows,
        sums.queries,
        sums.withoutRelevant,
        sums.withoutGain,
        sums.invalidRows,
        cutoffs,
        metrics);
  }

  private MetricValue mean(String name, Moments queries, long leftOut) {
    if (reason != null) {
      return MetricValue.undefined(name, reason);
    }
    if (queries.weight() == 0) {
      return MetricValue.undefined(name, "no_relevant_documents");
    }
    double level = sums.options.level();
    double count = queries.weight();
    var metric = queries.metric(name, count, 0, 1, level);
    if (name.startsWith("hit_rate")) {
      // a share of queries; chances between 0 and 1 vary less than hits, so it is wide enough
      metric = metric.withInterval(Intervals.wilson(metric.value(), count, level));
    }
    return leftOut > 0 ? metric.withFlag("queries_left_out") : metric;
  }
}
