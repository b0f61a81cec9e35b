package dev.touchstone.metrics.multilabel;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.ClassAverages;
import dev.touchstone.metrics.shared.ClassRow;
import dev.touchstone.metrics.shared.ClassScore;
import dev.touchstone.metrics.shared.ColumnRanking;
import dev.touchstone.metrics.shared.Moments;
import dev.touchstone.metrics.shared.ZeroDivision;
import java.util.ArrayList;
import java.util.List;

/** Puts a report together from counts and, where there are any, rankings. */
final class MultilabelAssembly {
  private final MultilabelCounts counts;
  private final MultilabelOptions options;
  private final ColumnRanking ranking;
  private final String reason;
  private final double rows;

  /** {@code ranking} is null where it was not asked for. */
  MultilabelAssembly(MultilabelCounts counts, ColumnRanking ranking) {
    this.counts = counts;
    this.options = counts.options;
    this.reason = reason(counts);
    this.rows = counts.weighting.effectiveRows();
    this.ranking =
        ranking != null
            ? ranking
            : ColumnRanking.undefined(options.labels(), reason != null ? reason : "not_requested");
  }

  /** Why nothing can be said at all, or null. */
  static String reason(MultilabelCounts counts) {
    if (counts.n == 0) {
      return "empty";
    }
    return counts.invalid > 0
        ? "invalid_score"
        : counts.weighting.totalUnits() == 0 ? "zero_weight" : null;
  }

  MultilabelReport report() {
    var scores = new ArrayList<ClassScore>();
    double unit = counts.weighting.unit();
    for (int c = 0; c < options.labels(); c++) {
      scores.add(
          new ClassScore(
              options.labelNames().get(c),
              unit * counts.support[c],
              unit * counts.predicted[c],
              unit * counts.truePositives[c]));
    }
    var metrics = new ArrayList<MetricValue>();
    addRowMetrics(metrics);
    if (reason != null) {
      ClassAverages.names().forEach(name -> metrics.add(MetricValue.undefined(name, reason)));
    } else {
      metrics.addAll(new ClassAverages(scores, options.zeroDivision()).metrics());
    }
    metrics.addAll(ranking.averages());
    double weight = counts.weighting.total();
    return new MultilabelReport(
        counts.n,
        weight,
        counts.invalid,
        counts.rowsWithoutLabels,
        scores.stream().filter(s -> !s.isPresent()).map(ClassScore::name).toList(),
        metrics,
        ClassRow.of(
            scores,
            ranking,
            options.zeroDivision(),
            reason,
            weight > 0 ? rows / weight : 0,
            options.level()));
  }

  private void addRowMetrics(List<MetricValue> metrics) {
    if (reason != null) {
      for (var name : List.of("subset_accuracy", "hamming_loss", "samples_f1")) {
        metrics.add(MetricValue.undefined(name, reason));
      }
      return;
    }
    double level = options.level();
    double exact = (double) counts.exactUnits / counts.weighting.totalUnits();
    metrics.add(
        MetricValue.defined("subset_accuracy", exact, Intervals.wilson(exact, rows, level)));
    metrics.add(hammingLoss());
    metrics.add(samplesF1());
  }

  /** Wrong labels by all labels; the labels of one row are not independent, the rows are. */
  private MetricValue hammingLoss() {
    int labels = options.labels();
    double loss = counts.wrong.mean() / labels;
    double error = rows >= 2 ? counts.wrong.standardError(rows) / labels : 0;
    return Moments.withInterval(
        MetricValue.defined("hamming_loss", loss), error, rows, 0, 1, options.level());
  }

  private MetricValue samplesF1() {
    if (options.zeroDivision() == ZeroDivision.ZERO) {
      long empty = counts.weighting.totalUnits() - counts.samplesF1.weight();
      var all = Moments.of().combine(counts.samplesF1);
      all.add(0, empty);
      var metric = all.metric("samples_f1", rows, 0, 1, options.level());
      return empty > 0 ? metric.withFlag("zero_division") : metric;
    }
    if (counts.samplesF1.weight() == 0) {
      return MetricValue.undefined("samples_f1", "no_labels");
    }
    var metric =
        counts.samplesF1.metric(
            "samples_f1", counts.withLabels.effectiveRows(), 0, 1, options.level());
    return counts.rowsWithoutLabels > 0 ? metric.withFlag("rows_left_out") : metric;
  }
}
