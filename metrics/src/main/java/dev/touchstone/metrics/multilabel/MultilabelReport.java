package dev.touchstone.metrics.multilabel;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.ClassRow;
import dev.touchstone.metrics.shared.Table;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything a multilabel evaluation answers.
 *
 * @param n rows, invalid ones included
 * @param weightTotal sum of weights of valid rows (their number without weights)
 * @param invalidRows rows with a NaN score
 * @param rowsWithoutLabels rows with no label, true or predicted: without an F1 of their own
 * @param absentLabels names of labels that the truth does not hold: macro averages leave them out
 * @param metrics every metric once, in a fixed order
 * @param labels one a label, by index
 */
public record MultilabelReport(
    long n,
    double weightTotal,
    long invalidRows,
    long rowsWithoutLabels,
    List<String> absentLabels,
    List<MetricValue> metrics,
    List<ClassRow> labels)
    implements TaskReport {
  /** Copies the lists. */
  public MultilabelReport {
    absentLabels = List.copyOf(absentLabels);
    metrics = List.copyOf(metrics);
    labels = List.copyOf(labels);
  }

  @Override
  public String task() {
    return "multilabel";
  }

  @Override
  public Map<String, Object> facts() {
    var facts = new LinkedHashMap<String, Object>();
    facts.put("labels", (long) labels.size());
    facts.put("absent_labels", absentLabels);
    facts.put("weight_total", weightTotal);
    facts.put("invalid_rows", invalidRows);
    facts.put("rows_without_labels", rowsWithoutLabels);
    return facts;
  }

  @Override
  public List<Table> tables() {
    return List.of(ClassRow.table("labels", "label", labels));
  }
}
