package dev.touchstone.metrics.ranking;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.Table;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything a ranking evaluation answers.
 *
 * @param n rows: documents of all queries
 * @param queries queries with a document
 * @param queriesWithoutRelevant queries without a relevant document: left out of all but NDCG
 * @param queriesWithoutGain queries whose every relevance is 0: left out of NDCG
 * @param invalidRows rows with a NaN score
 * @param cutoffs the k of "at k", ascending
 * @param metrics every metric once, in a fixed order
 */
public record RankingReport(
    long n,
    long queries,
    long queriesWithoutRelevant,
    long queriesWithoutGain,
    long invalidRows,
    List<Integer> cutoffs,
    List<MetricValue> metrics)
    implements TaskReport {
  /** Copies the lists. */
  public RankingReport {
    cutoffs = List.copyOf(cutoffs);
    metrics = List.copyOf(metrics);
  }

  @Override
  public String task() {
    return "ranking";
  }

  @Override
  public Map<String, Object> facts() {
    var facts = new LinkedHashMap<String, Object>();
    facts.put("queries", queries);
    facts.put("queries_without_relevant", queriesWithoutRelevant);
    facts.put("queries_without_gain", queriesWithoutGain);
    facts.put("invalid_rows", invalidRows);
    return facts;
  }

  /** One table, {@code cutoffs}: a row a k. */
  @Override
  public List<Table> tables() {
    var columns = new ArrayList<String>();
    columns.add("k");
    columns.addAll(RankingSums.AT);
    var rows = new ArrayList<List<Object>>();
    for (int k : cutoffs) {
      var row = new ArrayList<Object>();
      row.add((long) k);
      RankingSums.AT.forEach(name -> row.add(metric(name + "_at_" + k)));
      rows.add(row);
    }
    return List.of(new Table("cutoffs", columns, rows));
  }
}
