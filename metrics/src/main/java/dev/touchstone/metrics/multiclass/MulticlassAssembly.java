package dev.touchstone.metrics.multiclass;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.ClassAverages;
import dev.touchstone.metrics.shared.ClassRow;
import dev.touchstone.metrics.shared.ClassScore;
import dev.touchstone.metrics.shared.ColumnRanking;
import dev.touchstone.metrics.shared.Moments;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Puts a report together from counts and, where there are any, rankings. */
final class MulticlassAssembly {
  private final MulticlassCounts counts;
  private final MulticlassOptions options;
  private final ColumnRanking ranking;
  private final double total;
  private final double rows;
  private final List<ClassScore> scores = new ArrayList<>();
  private final String reason;

  /** {@code ranking} is null where it was not asked for. */
  MulticlassAssembly(MulticlassCounts counts, ColumnRanking ranking) {
    this.counts = counts;
    this.options = counts.options;
    this.total = counts.weighting.totalUnits();
    this.rows = counts.weighting.effectiveRows();
    this.reason = reason(counts);
    this.ranking =
        ranking != null
            ? ranking
            : ColumnRanking.undefined(options.classes(), reason != null ? reason : "not_requested");
    long[] support = counts.confusion.support();
    long[] predicted = counts.confusion.predicted();
    double unit = counts.weighting.unit();
    for (int k = 0; k < support.length; k++) {
      scores.add(
          new ClassScore(
              options.classNames().get(k),
              unit * support[k],
              unit * predicted[k],
              unit * counts.confusion.units(k, k)));
    }
  }

  /** Why nothing can be said at all, or null. */
  static String reason(MulticlassCounts counts) {
    if (counts.n == 0) {
      return "empty";
    }
    return counts.invalid > 0
        ? "invalid_score"
        : counts.weighting.totalUnits() == 0 ? "zero_weight" : null;
  }

  MulticlassReport report() {
    var metrics = new ArrayList<MetricValue>();
    addCountMetrics(metrics);
    addTopK(metrics);
    addProbabilityMetrics(metrics);
    metrics.addAll(ranking.averages());
    var absent = scores.stream().filter(s -> !s.isPresent()).map(ClassScore::name).toList();
    return new MulticlassReport(
        counts.n,
        counts.weighting.total(),
        counts.invalid,
        counts.tiedPredictions,
        counts.clipped,
        options.precision().clipEpsilon(),
        counts.unnormalized,
        options.classNames(),
        absent,
        metrics,
        classRows(),
        counts.confusion,
        counts.weighting.unit());
  }

  private void addCountMetrics(List<MetricValue> metrics) {
    if (reason != null) {
      metrics.add(MetricValue.undefined("accuracy", reason));
      metrics.add(MetricValue.undefined("balanced_accuracy", reason));
      ClassAverages.names().forEach(name -> metrics.add(MetricValue.undefined(name, reason)));
      metrics.add(MetricValue.undefined("cohen_kappa", reason));
      metrics.add(MetricValue.undefined("mcc", reason));
      return;
    }
    var matrix = counts.confusion;
    var delta = new CellDelta(matrix, rows);
    double accuracy = matrix.trace() / total;
    metrics.add(proportion("accuracy", accuracy));
    var averages = new ClassAverages(scores, options.zeroDivision()).metrics();
    metrics.add(balancedAccuracy(averages, delta));
    for (var average : averages) {
      metrics.add(withInterval(average, delta));
    }
    metrics.add(value("cohen_kappa", matrix.kappa(), "zero_margin", delta));
    metrics.add(value("mcc", matrix.mcc(), "zero_margin", delta));
  }

  /** Wilson's interval; a mean of chances varies less than that of hits, so it is wide enough. */
  private MetricValue proportion(String name, double value) {
    double inside = Math.min(1, value);
    var metric = MetricValue.defined(name, inside, Intervals.wilson(inside, rows, options.level()));
    return counts.tiedPredictions > 0 && name.equals("accuracy")
        ? metric.withFlag("tied_predictions")
        : metric;
  }

  /** The mean recall of the present classes, of which there must be two. */
  private MetricValue balancedAccuracy(List<MetricValue> averages, CellDelta delta) {
    if (counts.confusion.present() < 2) {
      return MetricValue.undefined("balanced_accuracy", "one_class");
    }
    double value =
        averages.stream()
            .filter(m -> m.name().equals("macro_recall"))
            .findFirst()
            .orElseThrow()
            .value();
    return withInterval(MetricValue.defined("balanced_accuracy", value), delta);
  }

  private MetricValue value(String name, OptionalDouble value, String why, CellDelta delta) {
    return value.isPresent()
        ? withInterval(MetricValue.defined(name, value.getAsDouble()), delta)
        : MetricValue.undefined(name, why);
  }

  private MetricValue withInterval(MetricValue metric, CellDelta delta) {
    // with one label a row, everything pooled is the accuracy, and so is the weighted recall
    if (!metric.isDefined()) {
      return metric;
    }
    if (metric.name().startsWith("micro_") || metric.name().equals("weighted_recall")) {
      return metric.withInterval(Intervals.wilson(metric.value(), rows, options.level()));
    }
    if (metric.flags().contains("zero_division")) {
      return metric;
    }
    double error =
        switch (metric.name()) {
          case "balanced_accuracy", "macro_recall" -> delta.macroRecall();
          case "macro_precision" -> delta.macroPrecision();
          case "macro_f1" -> delta.macroF1();
          case "weighted_precision" -> delta.weightedPrecision();
          case "weighted_f1" -> delta.weightedF1();
          case "cohen_kappa" -> delta.kappa();
          case "mcc" -> delta.mcc();
          default -> throw new IllegalStateException(metric.name());
        };
    // below that the derivative is rounding: every row agrees or none does
    if (!(error > 1e-12)) {
      return metric.withoutInterval("zero_variance");
    }
    boolean signed = metric.name().equals("cohen_kappa") || metric.name().equals("mcc");
    return metric.withInterval(
        Intervals.normal(
            metric.value(), error, signed ? -1 : 0, 1, options.level(), "delta_multinomial"));
  }

  private void addTopK(List<MetricValue> metrics) {
    for (int i = 0; i < options.topK().size(); i++) {
      String name = "top_" + options.topK().get(i) + "_accuracy";
      String why = scoresReason();
      if (why != null) {
        metrics.add(MetricValue.undefined(name, why));
        continue;
      }
      var metric = proportion(name, (counts.hits[i] + counts.chances[i].value()) / total);
      metrics.add(
          options.topK().get(i) == options.classes()
              ? metric.withFlag("k_is_all_classes")
              : metric);
    }
  }

  private String scoresReason() {
    return reason != null ? reason : counts.withoutScores > 0 ? "no_scores" : null;
  }

  private void addProbabilityMetrics(List<MetricValue> metrics) {
    String why = scoresReason();
    if (why == null && counts.outside > 0) {
      why = "score_outside_0_1";
    }
    boolean odd = counts.unnormalized > 0;
    if (why == null && odd && options.rowSumRule() == RowSumRule.REFUSE) {
      why = "row_sum_not_1";
    }
    if (why != null) {
      metrics.add(MetricValue.undefined("log_loss", why));
      metrics.add(MetricValue.undefined("brier", why));
      return;
    }
    var loss = mean("log_loss", counts.logLoss, Double.MAX_VALUE, odd);
    metrics.add(counts.clipped > 0 ? loss.withFlag("clipped") : loss);
    metrics.add(mean("brier", counts.brier, odd ? options.classes() : 2, odd));
  }

  private MetricValue mean(String name, Moments moments, double most, boolean odd) {
    var metric = moments.metric(name, rows, 0, most, options.level());
    return odd ? metric.withFlag("row_sum_not_1") : metric;
  }

  private List<ClassRow> classRows() {
    double weight = counts.weighting.total();
    return ClassRow.of(
        scores,
        ranking,
        options.zeroDivision(),
        reason,
        weight > 0 ? rows / weight : 0,
        options.level());
  }
}
