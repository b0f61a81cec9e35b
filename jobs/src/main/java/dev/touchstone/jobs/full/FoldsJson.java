package dev.touchstone.jobs.full;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.compare.CrossValidation;
import dev.touchstone.metrics.compare.FoldMetric;
import dev.touchstone.metrics.compare.MetricComparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The section {@code folds} of a report. */
public final class FoldsJson {
  private FoldsJson() {}

  /**
   * The section.
   *
   * @param column that says the fold
   * @param names of the folds, in the order of their codes
   * @param metrics those to tell of
   * @param paired differences to a baseline fold by fold; null without one
   */
  public static Map<String, Object> of(
      String column,
      List<String> names,
      CrossValidation validation,
      List<FoldMetric> metrics,
      List<MetricComparison> paired) {
    return of(
        column,
        names,
        validation.reports().stream().map(SectionJson::size).toList(),
        metrics,
        paired);
  }

  /**
   * The section of any task.
   *
   * @param sizes of the folds: counts by name
   */
  public static Map<String, Object> of(
      String column,
      List<String> names,
      List<Map<String, Object>> sizes,
      List<FoldMetric> metrics,
      List<MetricComparison> paired) {
    var json = new LinkedHashMap<String, Object>();
    json.put("column", column);
    var folds = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < names.size(); i++) {
      var fold = new LinkedHashMap<String, Object>();
      fold.put("fold", names.get(i));
      fold.putAll(sizes.get(i));
      folds.add(fold);
    }
    json.put("folds", folds);
    var byName = new LinkedHashMap<String, Object>();
    for (FoldMetric metric : metrics) {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("per_fold", metric.perFold().stream().map(FoldsJson::foldValue).toList());
      fields.put("pooled", SectionJson.metric(metric.pooled()));
      fields.put("averaged", SectionJson.metric(metric.averaged()));
      byName.put(metric.name(), fields);
    }
    json.put("metrics", byName);
    if (paired != null) {
      json.put("paired", ComparisonJson.metrics(paired));
      json.put("p_adjustment", "holm");
    }
    return json;
  }

  /** A metric of one fold: its value, or the reason why there is none. */
  public static Map<String, Object> foldValue(MetricValue metric) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("value", SectionJson.value(metric));
    fields.put("reason", metric.reason());
    return fields;
  }
}
