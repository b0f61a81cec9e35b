package dev.touchstone.metrics.regression;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.Table;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything a regression evaluation answers.
 *
 * @param n rows, invalid ones included
 * @param weightTotal sum of weights of valid rows (their number without weights)
 * @param invalidRows rows whose truth or prediction is not finite or above 2^250 in magnitude
 * @param zeroTruthRows rows whose truth is 0, or so near that the ratio of the error is none
 * @param quantileMethod {@code exact} or {@code histogram}
 * @param metrics every metric once, in a fixed order
 */
public record RegressionReport(
    long n,
    double weightTotal,
    long invalidRows,
    long zeroTruthRows,
    String quantileMethod,
    List<MetricValue> metrics)
    implements TaskReport {
  /** Copies the list. */
  public RegressionReport {
    metrics = List.copyOf(metrics);
  }

  @Override
  public String task() {
    return "regression";
  }

  @Override
  public Map<String, Object> facts() {
    var facts = new LinkedHashMap<String, Object>();
    facts.put("weight_total", weightTotal);
    facts.put("invalid_rows", invalidRows);
    facts.put("zero_truth_rows", zeroTruthRows);
    facts.put("quantile_method", quantileMethod);
    return facts;
  }

  @Override
  public List<Table> tables() {
    return List.of();
  }
}
