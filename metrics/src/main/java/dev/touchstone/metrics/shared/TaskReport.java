package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.MetricValue;
import java.util.List;
import java.util.Map;

/** What every task's report can be asked, whatever the task: enough to print it. */
public interface TaskReport {
  /** {@code multiclass}, {@code multilabel}, {@code regression} or {@code ranking}. */
  String task();

  /** Rows, invalid ones included. */
  long n();

  /** Every metric once, in a fixed order. */
  List<MetricValue> metrics();

  /**
   * Counts and conventions that a reader of the metrics needs, by snake_case name in a fixed order:
   * numbers, text or lists of text.
   */
  Map<String, Object> facts();

  /** Tables, in a fixed order. */
  List<Table> tables();

  /** The metric of that name; an {@link IllegalArgumentException} names what there is instead. */
  default MetricValue metric(String name) {
    return metrics().stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no metric "
                        + name
                        + "; there are "
                        + metrics().stream().map(MetricValue::name).toList()));
  }
}
