package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.sampling.RowOrder;
import dev.touchstone.metrics.shared.Moments;
import dev.touchstone.metrics.shared.Weighting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Two models of a multiclass, multilabel or regression task on the same examples, joined by id.
 *
 * <p>A difference of means has the standard error of the mean paired difference ({@code paired_t},
 * m - 1 degrees of freedom, m the effective rows). Those of RMSE and of micro F1 have that of their
 * influence values ({@code paired_influence_t}): e² / (2 RMSE), and (2 both - F1 marked) / mean of
 * marked, with "marked" the labels that are true plus those that are predicted. Sums are exact: no
 * result depends on the order of rows.
 *
 * @param coverage how many examples both have
 * @param n examples compared, those of weight 0 excluded
 * @param metrics accuracy, log_loss and brier; subset_accuracy, hamming_loss and micro_f1; or mae,
 *     mse and rmse
 * @param mcnemar of rows that are wholly right, in examples whatever their weights; null for
 *     regression and where a score is NaN
 */
public record TaskComparison(
    JoinCoverage coverage, long n, List<MetricComparison> metrics, McNemar mcnemar) {
  /** Copies the list. */
  public TaskComparison {
    metrics = List.copyOf(metrics);
  }

  /**
   * Compares.
   *
   * @throws IllegalArgumentException when an id occurs twice in one set, or its truth or weight
   *     differs between the two; when only one set has weights
   */
  public static TaskComparison of(TaskRows baseline, TaskRows candidate, double level) {
    if (baseline.kind != candidate.kind) {
      throw new IllegalArgumentException(
          "both models must have the same task, got " + baseline.kind + ", " + candidate.kind);
    }
    if ((baseline.weights == null) != (candidate.weights == null)) {
      throw new IllegalArgumentException("both models must have weights, or none");
    }
    return new Work(baseline, candidate, level).compare();
  }

  private static final class Work {
    private final TaskRows a;
    private final TaskRows b;
    private final double level;
    private int[] rowsA;
    private int[] rowsB;
    private final List<MetricComparison> metrics = new ArrayList<>();
    private final Weighting weighting = Weighting.of();
    private int[] counted;

    Work(TaskRows a, TaskRows b, double level) {
      this.a = a;
      this.b = b;
      this.level = level;
    }

    TaskComparison compare() {
      join();
      weighting.begin(a.weights != null);
      int n = 0;
      counted = new int[rowsA.length];
      for (int i = 0; i < rowsA.length; i++) {
        long units = units(i);
        weighting.add(units);
        if (units > 0) {
          counted[n++] = i;
        }
      }
      counted = Arrays.copyOf(counted, n);
      switch (a.kind) {
        case MULTICLASS -> {
          mean("accuracy", Direction.HIGHER_IS_BETTER, 0, "invalid_score");
          mean("log_loss", Direction.LOWER_IS_BETTER, 1, "not_probabilities");
          mean("brier", Direction.LOWER_IS_BETTER, 2, "not_probabilities");
        }
        case MULTILABEL -> {
          mean("subset_accuracy", Direction.HIGHER_IS_BETTER, 0, "invalid_score");
          mean("hamming_loss", Direction.LOWER_IS_BETTER, 1, "invalid_score");
          microF1();
        }
        default -> {
          mean("mae", Direction.LOWER_IS_BETTER, 0, "invalid_value");
          mean("mse", Direction.LOWER_IS_BETTER, 1, "invalid_value");
          rmse();
        }
      }
      var coverage = new JoinCoverage(a.size(), b.size(), rowsA.length);
      return new TaskComparison(coverage, n, metrics, mcnemar());
    }

    private long units(int i) {
      return a.weights == null ? 1 : Weighting.units(a.weights[rowsA[i]], i);
    }

    private void join() {
      RowOrder left = order(a, "baseline");
      RowOrder right = order(b, "candidate");
      int most = Math.min(left.size(), right.size());
      rowsA = new int[most];
      rowsB = new int[most];
      int joined = 0;
      for (int i = 0, j = 0; i < left.size() && j < right.size(); ) {
        int order = Long.compareUnsigned(left.key(i), right.key(j));
        if (order == 0) {
          rowsA[joined] = left.row(i);
          rowsB[joined] = right.row(j);
          agree(rowsA[joined], rowsB[joined]);
          joined++;
        }
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
      }
      rowsA = Arrays.copyOf(rowsA, joined);
      rowsB = Arrays.copyOf(rowsB, joined);
    }

    private void agree(int rowA, int rowB) {
      boolean truth = a.truths[rowA] == b.truths[rowB];
      if (!truth || a.weights != null && a.weights[rowA] != b.weights[rowB]) {
        throw new IllegalArgumentException(
            (truth ? "weight" : "label")
                + " of an example must be the same in both sets, but differs for example "
                + a.ids[rowA]);
      }
    }

    private static RowOrder order(TaskRows rows, String name) {
      var order = RowOrder.ascending(Arrays.copyOf(rows.ids, rows.size()));
      for (int place = 1; place < order.size(); place++) {
        if (order.key(place - 1) == order.key(place)) {
          throw new IllegalArgumentException(
              "ids must be unique, but example "
                  + order.key(place)
                  + " occurs twice in the "
                  + name);
        }
      }
      return order;
    }

    private double ofA(int figure, int i) {
      return a.figures[figure][rowsA[i]];
    }

    private double ofB(int figure, int i) {
      return b.figures[figure][rowsB[i]];
    }

    /** Why a figure can't be compared, or null. */
    private String reason(int figure, String invalid) {
      if (rowsA.length == 0) {
        return "empty";
      }
      for (int i = 0; i < rowsA.length; i++) {
        if (Double.isNaN(ofA(figure, i)) || Double.isNaN(ofB(figure, i))) {
          return invalid;
        }
      }
      return counted.length == 0 ? "zero_weight" : null;
    }

    private interface Value {
      double of(int row);
    }

    private Moments moments(Value value) {
      var moments = Moments.of();
      for (int i : counted) {
        moments.add(value.of(i), units(i));
      }
      return moments;
    }

    private double mean(int figure, boolean candidate) {
      return moments(i -> candidate ? ofB(figure, i) : ofA(figure, i)).mean();
    }

    private void mean(String name, Direction direction, int figure, String invalid) {
      String reason = reason(figure, invalid);
      if (reason != null) {
        metrics.add(MetricComparison.undefined(name, direction, reason, 0));
        return;
      }
      var difference = moments(i -> ofB(figure, i) - ofA(figure, i));
      add(
          name,
          direction,
          mean(figure, false),
          mean(figure, true),
          difference.mean(),
          difference,
          "paired_t");
    }

    private void rmse() {
      var direction = Direction.LOWER_IS_BETTER;
      String reason = reason(1, "invalid_value");
      if (reason != null) {
        metrics.add(MetricComparison.undefined("rmse", direction, reason, 0));
        return;
      }
      double first = Math.sqrt(mean(1, false));
      double second = Math.sqrt(mean(1, true));
      // the root has no derivative at 0
      var influence =
          first > 0 && second > 0
              ? moments(i -> ofB(1, i) / (2 * second) - ofA(1, i) / (2 * first))
              : Moments.of();
      add("rmse", direction, first, second, second - first, influence, "paired_influence_t");
    }

    private void microF1() {
      var direction = Direction.HIGHER_IS_BETTER;
      String reason = reason(2, "invalid_score");
      double markedA = reason == null ? mean(3, false) : 0;
      double markedB = reason == null ? mean(3, true) : 0;
      if (reason == null && !(markedA > 0 && markedB > 0)) {
        reason = "no_positives";
      }
      if (reason != null) {
        metrics.add(MetricComparison.undefined("micro_f1", direction, reason, 0));
        return;
      }
      double first = 2 * mean(2, false) / markedA;
      double second = 2 * mean(2, true) / markedB;
      var influence =
          moments(
              i ->
                  (2 * ofB(2, i) - second * ofB(3, i)) / markedB
                      - (2 * ofA(2, i) - first * ofA(3, i)) / markedA);
      add("micro_f1", direction, first, second, second - first, influence, "paired_influence_t");
    }

    private void add(
        String name,
        Direction direction,
        double first,
        double second,
        double difference,
        Moments varies,
        String method) {
      double rows = weighting.effectiveRows();
      if (!(rows >= 2) || varies.weight() == 0) {
        metrics.add(
            MetricComparison.withoutInterval(
                name,
                direction,
                first,
                second,
                difference,
                rows >= 2 ? "zero_error" : "too_few_rows",
                0));
        return;
      }
      metrics.add(
          MetricComparison.of(
              name,
              direction,
              first,
              second,
              difference,
              varies.standardError(rows),
              Intervals.t(level, rows - 1),
              MetricComparison.tTail(rows - 1),
              level,
              method,
              0));
    }

    private McNemar mcnemar() {
      if (a.kind == TaskRows.Kind.REGRESSION) {
        return null;
      }
      long[] cells = new long[4];
      for (int i : counted) {
        double first = ofA(0, i);
        double second = ofB(0, i);
        if (Double.isNaN(first) || Double.isNaN(second)) {
          return null;
        }
        cells[(int) (2 * first + second)]++;
      }
      return new McNemar(cells[3], cells[2], cells[1], cells[0]);
    }
  }
}
