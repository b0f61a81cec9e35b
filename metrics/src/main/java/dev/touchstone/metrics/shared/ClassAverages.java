package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.MetricValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Precision, recall and F1 over classes.
 *
 * <ul>
 *   <li>macro: unweighted mean over the classes <em>present in the truth</em> (scikit-learn also
 *       averages classes that were only predicted: give it {@code labels=} the present ones);
 *   <li>weighted: mean weighted by support;
 *   <li>micro: from pooled counts of all classes.
 * </ul>
 *
 * <p>F1 and recall of a present class are always defined. A precision is not where nothing was
 * predicted of a class; then macro and weighted precision are undefined too ({@code
 * no_predicted_positives}), unless {@link ZeroDivision#ZERO} is asked for. Without any present
 * class everything is undefined ({@code no_positives}).
 */
public final class ClassAverages {
  private final List<ClassScore> classes;
  private final List<ClassScore> present;
  private final ZeroDivision zeroDivision;
  private final boolean neverPredicted;

  /** Averages over these classes, absent ones included. */
  public ClassAverages(List<ClassScore> classes, ZeroDivision zeroDivision) {
    this.classes = List.copyOf(classes);
    this.present = classes.stream().filter(ClassScore::isPresent).toList();
    this.zeroDivision = zeroDivision;
    this.neverPredicted = present.stream().anyMatch(c -> c.predicted() == 0);
  }

  /** Names of what {@link #metrics} gives, in its order. */
  public static List<String> names() {
    var names = new ArrayList<String>();
    for (var average : List.of("macro", "weighted", "micro")) {
      for (var metric : List.of("precision", "recall", "f1")) {
        names.add(average + "_" + metric);
      }
    }
    return names;
  }

  /** Macro, weighted and micro precision, recall and F1. */
  public List<MetricValue> metrics() {
    if (present.isEmpty()) {
      return names().stream().map(name -> MetricValue.undefined(name, "no_positives")).toList();
    }
    ToDoubleFunction<ClassScore> precision =
        c -> c.predicted() > 0 ? c.truePositives() / c.predicted() : 0;
    ToDoubleFunction<ClassScore> recall = c -> c.truePositives() / c.support();
    ToDoubleFunction<ClassScore> f1 = c -> 2 * c.truePositives() / (c.support() + c.predicted());
    var metrics = new ArrayList<MetricValue>();
    for (boolean weighted : new boolean[] {false, true}) {
      String prefix = weighted ? "weighted_" : "macro_";
      metrics.add(needsPredicted(prefix + "precision", mean(precision, weighted)));
      metrics.add(defined(prefix + "recall", mean(recall, weighted)));
      metrics.add(defined(prefix + "f1", mean(f1, weighted)));
    }
    double support = total(ClassScore::support);
    double predicted = total(ClassScore::predicted);
    double hits = total(ClassScore::truePositives);
    metrics.add(
        new ClassScore("all", support, predicted, hits).precision(zeroDivision).isDefined()
            ? pooledPrecision(predicted, hits)
            : MetricValue.undefined("micro_precision", "no_predicted_positives"));
    metrics.add(defined("micro_recall", hits / support));
    metrics.add(defined("micro_f1", 2 * hits / (support + predicted)));
    return metrics;
  }

  private static MetricValue pooledPrecision(double predicted, double hits) {
    return predicted > 0
        ? defined("micro_precision", hits / predicted)
        : defined("micro_precision", 0).withFlag("zero_division");
  }

  private static MetricValue defined(String name, double value) {
    return MetricValue.defined(name, Math.min(1, value), "not_available");
  }

  private MetricValue needsPredicted(String name, double value) {
    if (!neverPredicted) {
      return defined(name, value);
    }
    return zeroDivision == ZeroDivision.ZERO
        ? defined(name, value).withFlag("zero_division")
        : MetricValue.undefined(name, "no_predicted_positives");
  }

  private double mean(ToDoubleFunction<ClassScore> value, boolean weighted) {
    double sum = 0;
    double weights = 0;
    for (var c : present) {
      double weight = weighted ? c.support() : 1;
      sum += weight * value.applyAsDouble(c);
      weights += weight;
    }
    return sum / weights;
  }

  private double total(ToDoubleFunction<ClassScore> part) {
    return classes.stream().mapToDouble(part).reduce(0, Double::sum);
  }
}
