package dev.touchstone.metrics.shared;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A table of a report.
 *
 * @param name snake_case
 * @param columns names, snake_case
 * @param rows one list a row, as long as {@code columns}: numbers, text, {@link
 *     dev.touchstone.metrics.MetricValue}s, or null for what is undefined
 */
public record Table(String name, List<String> columns, List<List<Object>> rows) {
  /** Copies; holds that rows are as long as the header. */
  public Table {
    columns = List.copyOf(columns);
    var copy = new ArrayList<List<Object>>();
    for (var row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            name + ": a row must have " + columns.size() + " cells, got " + row.size());
      }
      copy.add(Collections.unmodifiableList(new ArrayList<>(row)));
    }
    rows = Collections.unmodifiableList(copy);
  }
}
