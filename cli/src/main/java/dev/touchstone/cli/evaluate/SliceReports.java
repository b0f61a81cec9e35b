package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.ReportJson;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The reports of the groups of rows.
 *
 * @param slices column by column, larger groups first, equal ones by name
 * @param leftOut groups beyond the limit, the smallest ones
 */
record SliceReports(List<ReportJson.Slice> slices, int leftOut) {
  SliceReports {
    slices = List.copyOf(slices);
  }

  /**
   * Evaluates every group of every column on its own.
   *
   * @param most groups a column
   */
  static SliceReports of(
      Predictions all, List<SliceColumn> columns, int most, BinaryOptions options) {
    var slices = new ArrayList<ReportJson.Slice>();
    int leftOut = 0;
    for (SliceColumn column : columns) {
      int[][] rows = rowsByCode(column);
      List<Integer> order =
          IntStream.range(0, rows.length)
              .boxed()
              .sorted(
                  Comparator.<Integer>comparingInt(code -> -rows[code].length)
                      .thenComparing(column::slice))
              .toList();
      leftOut += Math.max(0, order.size() - most);
      for (int code : order.subList(0, Math.min(most, order.size()))) {
        slices.add(
            new ReportJson.Slice(
                column.slice(code), evaluate(all.withoutSlices().select(rows[code]), options)));
      }
    }
    return new SliceReports(slices, leftOut);
  }

  /** Evaluates rows in the precision their scores were declared in. */
  static BinaryReport evaluate(Predictions rows, BinaryOptions options) {
    return rows.floatScores() != null
        ? BinaryEvaluation.evaluate(rows.floatScores(), rows.labels(), rows.weights(), options)
        : BinaryEvaluation.evaluate(rows.doubleScores(), rows.labels(), rows.weights(), options);
  }

  private static int[][] rowsByCode(SliceColumn column) {
    int[] sizes = new int[column.values().size()];
    for (int code : column.codes()) {
      sizes[code]++;
    }
    int[][] rows = new int[sizes.length][];
    Arrays.setAll(rows, code -> new int[sizes[code]]);
    int[] filled = new int[sizes.length];
    for (int row = 0; row < column.codes().length; row++) {
      int code = column.codes()[row];
      rows[code][filled[code]++] = row;
    }
    return rows;
  }
}
