package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.Suite;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Average precision and ROC AUC of every column of a table of scores against the rest, by the exact
 * binary kernels, and their averages:
 *
 * <ul>
 *   <li>macro: unweighted mean over the columns present in the truth;
 *   <li>weighted: mean weighted by support;
 *   <li>micro: all (row, column) pairs in one ranking, tied scores of different columns included.
 * </ul>
 *
 * <p>A mean of ROC AUCs is undefined ({@code no_negatives}) where a present column holds every row.
 * Columns have the intervals of the binary report; micro values have none, as the pairs of a row
 * are not independent. In memory: one column at a time, and for micro one byte (and with weights
 * eight) a pair more. Linear in pairs.
 *
 * @param averagePrecision one a column
 * @param rocAuc one a column
 * @param averages macro, weighted and micro average precision, then ROC AUC
 */
public record ColumnRanking(
    List<MetricValue> averagePrecision, List<MetricValue> rocAuc, List<MetricValue> averages) {
  private static final String AP = "average_precision";
  private static final String AUC = "roc_auc";

  /** Copies the lists. */
  public ColumnRanking {
    averagePrecision = List.copyOf(averagePrecision);
    rocAuc = List.copyOf(rocAuc);
    averages = List.copyOf(averages);
  }

  /** Whether a row is of a column. */
  public interface Truth {
    /** True for a positive pair. */
    boolean holds(int row, int column);
  }

  /** Names of {@link #averages}, in its order. */
  public static List<String> averageNames() {
    var names = new ArrayList<String>();
    for (var metric : List.of(AP, AUC)) {
      for (var average : List.of("macro_", "weighted_", "micro_")) {
        names.add(average + metric);
      }
    }
    return names;
  }

  /** Everything undefined for one reason. */
  public static ColumnRanking undefined(int columns, String reason) {
    return new ColumnRanking(
        repeat(columns, MetricValue.undefined(AP, reason)),
        repeat(columns, MetricValue.undefined(AUC, reason)),
        averageNames().stream().map(name -> MetricValue.undefined(name, reason)).toList());
  }

  private static List<MetricValue> repeat(int columns, MetricValue value) {
    return java.util.Collections.nCopies(columns, value);
  }

  /**
   * Ranks every column.
   *
   * @param scores no NaN
   * @param weights one a row, or null
   * @param threads of the kernels; never changes a result
   */
  public static ColumnRanking of(
      ScoreTable scores, Truth truth, double[] weights, double level, int threads) {
    var options =
        BinaryOptions.defaults()
            .withThresholds(2)
            .withThreads(threads)
            .withLevel(level)
            .withProbabilityMetrics(false);
    var reports = new ArrayList<BinaryReport>();
    for (int c = 0; c < scores.columns(); c++) {
      reports.add(column(scores, truth, weights, c, options.withSuite(Suite.FULL)));
    }
    var pooled = pooled(scores, truth, weights, options.withSuite(Suite.RANKING));
    var averages = new ArrayList<MetricValue>();
    for (var metric : List.of(AP, AUC)) {
      averages.add(mean("macro_" + metric, reports, metric, r -> 1));
      averages.add(mean("weighted_" + metric, reports, metric, BinaryReport::weightPos));
      averages.add(micro("micro_" + metric, pooled.metric(metric)));
    }
    return new ColumnRanking(pick(reports, AP), pick(reports, AUC), averages);
  }

  private static List<MetricValue> pick(List<BinaryReport> reports, String metric) {
    Function<BinaryReport, MetricValue> of = r -> r.metric(metric);
    return reports.stream().map(of).toList();
  }

  private static BinaryReport column(
      ScoreTable scores, Truth truth, double[] weights, int column, BinaryOptions options) {
    int rows = scores.rows();
    byte[] labels = new byte[rows];
    for (int i = 0; i < rows; i++) {
      labels[i] = (byte) (truth.holds(i, column) ? 1 : 0);
    }
    if (scores.floats() == null) {
      double[] values = new double[rows];
      for (int i = 0; i < rows; i++) {
        values[i] = scores.doubles()[i * scores.columns() + column];
      }
      return BinaryEvaluation.evaluate(values, labels, weights, options);
    }
    float[] values = new float[rows];
    for (int i = 0; i < rows; i++) {
      values[i] = scores.floats()[i * scores.columns() + column];
    }
    return BinaryEvaluation.evaluate(values, labels, weights, options);
  }

  private static BinaryReport pooled(
      ScoreTable scores, Truth truth, double[] weights, BinaryOptions options) {
    int columns = scores.columns();
    byte[] labels = new byte[scores.rows() * columns];
    double[] pairWeights = weights == null ? null : new double[labels.length];
    for (int row = 0, i = 0; row < scores.rows(); row++) {
      for (int c = 0; c < columns; c++, i++) {
        labels[i] = (byte) (truth.holds(row, c) ? 1 : 0);
        if (pairWeights != null) {
          pairWeights[i] = weights[row];
        }
      }
    }
    return scores.floats() == null
        ? BinaryEvaluation.evaluate(scores.doubles(), labels, pairWeights, options)
        : BinaryEvaluation.evaluate(scores.floats(), labels, pairWeights, options);
  }

  private static MetricValue mean(
      String name,
      List<BinaryReport> reports,
      String metric,
      ToDoubleFunction<BinaryReport> weight) {
    double sum = 0;
    double weights = 0;
    for (var report : reports) {
      if (!(report.weightPos() > 0)) {
        continue;
      }
      var value = report.metric(metric);
      if (!value.isDefined()) {
        return MetricValue.undefined(name, value.reason());
      }
      double w = weight.applyAsDouble(report);
      sum += w * value.value();
      weights += w;
    }
    return weights > 0
        ? MetricValue.defined(name, Math.min(1, sum / weights), "not_available")
        : MetricValue.undefined(name, reports.get(0).metric(metric).reason());
  }

  private static MetricValue micro(String name, MetricValue pooled) {
    return pooled.isDefined()
        ? new MetricValue(name, pooled.value(), null, null, "pairs_not_independent", pooled.flags())
        : MetricValue.undefined(name, pooled.reason());
  }
}
