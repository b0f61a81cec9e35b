package dev.touchstone.cli.evaluate;

import dev.touchstone.cli.evaluate.Plot.Point;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.multiclass.MulticlassReport;
import dev.touchstone.metrics.multilabel.MultilabelReport;
import dev.touchstone.metrics.ranking.RankingReport;
import dev.touchstone.metrics.shared.ClassRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** One drawing for each task other than the binary one; null where there is nothing to draw. */
final class TaskPictures {
  /** Classes or labels that are drawn, the largest. */
  static final int MOST_DRAWN = 30;

  private static final int BARS = 40;
  private static final double OUTER = 0.005;
  private static final double LARGEST = 0x1p251;

  private TaskPictures() {}

  /** Which of many are drawn: the largest, in their own order. */
  private static int[] largest(double[] sizes) {
    return IntStream.range(0, sizes.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -sizes[i]).thenComparing(i -> i))
        .limit(MOST_DRAWN)
        .sorted()
        .mapToInt(i -> i)
        .toArray();
  }

  private static String title(String words, int drawn, int all, String what) {
    return drawn == all
        ? words
        : words + ", the " + drawn + " largest of " + TableFormat.count(all) + " " + what;
  }

  /** Truth by row, prediction by column, shaded by the share of the row. */
  static String confusion(MulticlassReport report) {
    int k = report.classNames().size();
    double[] support = new double[k];
    for (int i = 0; i < k; i++) {
      support[i] = report.confusion().support()[i];
    }
    if (Arrays.stream(support).sum() == 0) {
      return null;
    }
    int[] drawn = largest(support);
    double[][] weights = new double[drawn.length][drawn.length];
    double[] rows = new double[drawn.length];
    for (int i = 0; i < drawn.length; i++) {
      rows[i] = report.unit() * support[drawn[i]];
      for (int j = 0; j < drawn.length; j++) {
        weights[i][j] = report.unit() * report.confusion().units(drawn[i], drawn[j]);
      }
    }
    return new HeatMap(
            title("Confusion, share of the true class", drawn.length, k, "classes"),
            Arrays.stream(drawn).mapToObj(report.classNames()::get).toList(),
            weights,
            rows)
        .inline();
  }

  /** F1 by label. */
  static String labels(MultilabelReport report) {
    double[] sizes = report.labels().stream().mapToDouble(row -> row.score().support()).toArray();
    int[] drawn = largest(sizes);
    var names = new ArrayList<String>();
    var values = new ArrayList<MetricValue>();
    for (int i : drawn) {
      ClassRow row = report.labels().get(i);
      names.add(row.score().name());
      values.add(row.f1());
    }
    return values.stream().noneMatch(MetricValue::isDefined)
        ? null
        : new BarList(title("F1 by label", drawn.length, sizes.length, "labels"), names, values)
            .inline();
  }

  /** What the first k hold, by k. */
  static String cutoffs(RankingReport report) {
    int last = report.cutoffs().get(report.cutoffs().size() - 1);
    var plot = new Plot("By cutoff", Axis.linear("k", 0, last + 1.0), Axis.unit("mean of queries"));
    String[] colours = {"a", "b", "c"};
    String[] names = {"ndcg", "map", "hit_rate"};
    boolean any = false;
    for (int m = 0; m < names.length; m++) {
      var points = new ArrayList<Point>();
      for (int k : report.cutoffs()) {
        MetricValue metric = report.metric(names[m] + "_at_" + k);
        if (metric.isDefined()) {
          var point = new Point(k, metric.value());
          points.add(point);
          plot.dot(colours[m], point, metric.name() + " " + TableFormat.number(metric.value()));
          if (metric.interval() != null) {
            plot.whisker(colours[m], k, metric.interval().low(), metric.interval().high());
          }
        }
      }
      any |= !points.isEmpty();
      plot.line(colours[m], Words.metric(names[m]), points);
    }
    return any ? plot.inline() : null;
  }

  /** How far predictions are off, but for half a per cent at either end. */
  static String errors(double[] truths, double[] predictions, double[] weights) {
    double[] errors = new double[truths.length];
    double[] some = new double[truths.length];
    int count = 0;
    for (int i = 0; i < errors.length; i++) {
      double error = predictions[i] - truths[i];
      double weight = weights == null ? 1 : weights[i];
      if (Math.abs(error) <= LARGEST && weight > 0) {
        errors[count] = error;
        some[count++] = weight;
      }
    }
    if (count == 0) {
      return null;
    }
    double[] sorted = Arrays.copyOf(errors, count);
    Arrays.sort(sorted);
    int cut = (int) (OUTER * count);
    double low = Math.min(0, sorted[cut]);
    double high = Math.max(0, sorted[count - 1 - cut]);
    if (!(high - low > 0)) {
      low = -1;
      high = 1;
    }
    double[] bars = new double[BARS];
    double all = 0;
    double outside = 0;
    for (int i = 0; i < count; i++) {
      all += some[i];
      if (errors[i] < low || errors[i] > high) {
        outside += some[i];
        continue;
      }
      int bar = (int) Math.floor((errors[i] - low) / (high - low) * BARS);
      bars[Math.max(0, Math.min(BARS - 1, bar))] += some[i];
    }
    double most = Arrays.stream(bars).max().orElseThrow() / all;
    var plot =
        new Plot(
            "Errors",
            Axis.linear("prediction - truth", low, high),
            Axis.linear("share of rows", 0, 1.05 * most));
    double width = (high - low) / BARS;
    for (int i = 0; i < BARS; i++) {
      if (bars[i] > 0) {
        plot.bar("a", low + i * width, low + (i + 1) * width, bars[i] / all);
      }
    }
    plot.faint(List.of(new Point(0, 0), new Point(0, 1.05 * most)));
    plot.named("a", "errors" + (outside > 0 ? ", " + share(outside / all) + " beyond" : ""));
    return plot.inline();
  }

  private static String share(double share) {
    return TableFormat.percent(share);
  }
}
