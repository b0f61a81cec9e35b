package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Metrics of one confusion table, with intervals by linearisation: R = A / B has the variance sum
 * w² u² with u = (a - R b) / B (methods 3.4). Proportions get Wilson's interval with the effective
 * number of rows R (1 - R) / V, which without weights is the number of rows.
 */
final class DecisionMetrics {
  static final List<String> NAMES =
      List.of(
          "accuracy",
          "precision",
          "recall",
          "specificity",
          "f1",
          "balanced_accuracy",
          "mcc",
          "youden_j");

  private final ThresholdRow row;
  private final ThresholdRow squares;
  private final double level;

  /** {@code squares} holds the sums of squared weights in the same cells. */
  DecisionMetrics(ThresholdRow row, ThresholdRow squares, double level) {
    this.row = row;
    this.squares = squares;
    this.level = level;
  }

  void addTo(List<MetricValue> metrics, List<Double> betas) {
    double positives = row.tp() + row.fn();
    double negatives = row.fp() + row.tn();
    String absent = positives == 0 ? "no_positives" : negatives == 0 ? "no_negatives" : null;
    metrics.add(
        proportion(
            "accuracy",
            row.accuracy(),
            squares.tp() + squares.tn(),
            squares.fp() + squares.fn(),
            positives + negatives,
            null));
    metrics.add(
        proportion(
            "precision",
            row.precision(),
            squares.tp(),
            squares.fp(),
            row.tp() + row.fp(),
            "no_predicted_positives"));
    metrics.add(
        proportion("recall", row.recall(), squares.tp(), squares.fn(), positives, "no_positives"));
    metrics.add(
        proportion(
            "specificity",
            row.specificity(),
            squares.tn(),
            squares.fp(),
            negatives,
            "no_negatives"));
    metrics.add(fBeta("f1", 1));
    metrics.add(
        ranged(
            "balanced_accuracy",
            row.balancedAccuracy(),
            rates(positives, negatives) / 4,
            0,
            absent));
    metrics.add(ranged("mcc", row.mcc(), mccVariance(), -1, "zero_margin"));
    metrics.add(ranged("youden_j", row.youdenJ(), rates(positives, negatives), -1, absent));
    for (double beta : betas) {
      metrics.add(fBeta("f" + Questions.label(beta), beta));
    }
  }

  /** Hits of a trial weight; squares of hits and misses. */
  private MetricValue proportion(
      String name,
      OptionalDouble value,
      double hitSquares,
      double missSquares,
      double trials,
      String reason) {
    if (value.isEmpty()) {
      return MetricValue.undefined(name, reason);
    }
    return MetricValue.defined(
        name, value.getAsDouble(), wilson(value.getAsDouble(), hitSquares, missSquares, trials));
  }

  private Interval wilson(double r, double hitSquares, double missSquares, double trials) {
    double variance = (hitSquares * (1 - r) * (1 - r) + missSquares * r * r) / trials / trials;
    // at 0 and 1 the variance says nothing: there Kish's effective size
    double effective =
        variance > 0 ? r * (1 - r) / variance : trials * trials / (hitSquares + missSquares);
    return Intervals.wilson(Math.min(1, r), effective, level);
  }

  private MetricValue fBeta(String name, double beta) {
    var value = row.fBeta(beta);
    if (value.isEmpty()) {
      return MetricValue.undefined(name, "no_positives");
    }
    double f = value.getAsDouble();
    if (!(f > 0 && f < 1)) {
      return MetricValue.defined(name, f, "value_at_limit");
    }
    double b2 = beta * beta;
    double denominator = (1 + b2) * row.tp() + b2 * row.fn() + row.fp();
    double variance =
        (squares.tp() * StrictMath.pow((1 + b2) * (1 - f), 2)
                + squares.fn() * StrictMath.pow(b2 * f, 2)
                + squares.fp() * f * f)
            / denominator
            / denominator;
    return MetricValue.defined(
        name, f, Intervals.logit(f, Math.sqrt(variance), Intervals.z(level), level, "delta_logit"));
  }

  private MetricValue ranged(
      String name, OptionalDouble value, double variance, double least, String reason) {
    if (value.isEmpty()) {
      return MetricValue.undefined(name, reason);
    }
    return variance > 0
        ? MetricValue.defined(
            name,
            value.getAsDouble(),
            Intervals.normal(value.getAsDouble(), Math.sqrt(variance), least, 1, level, "delta"))
        : MetricValue.defined(name, value.getAsDouble(), "value_at_limit");
  }

  /** Var(recall) + Var(specificity). */
  private double rates(double positives, double negatives) {
    double recall = row.tp() / positives;
    double specificity = row.tn() / negatives;
    return (squares.tp() * StrictMath.pow(1 - recall, 2) + squares.fn() * recall * recall)
            / positives
            / positives
        + (squares.tn() * StrictMath.pow(1 - specificity, 2)
                + squares.fp() * specificity * specificity)
            / negatives
            / negatives;
  }

  /**
   * Total derivative over the four cells; MCC is homogeneous of degree 0, so no mean is taken off.
   */
  private double mccVariance() {
    if (row.mcc().isEmpty()) {
      return 0;
    }
    double m = row.mcc().getAsDouble();
    double a = row.tp() + row.fp();
    double b = row.tp() + row.fn();
    double c = row.tn() + row.fp();
    double d = row.tn() + row.fn();
    double root = Math.sqrt(a) * Math.sqrt(b) * Math.sqrt(c) * Math.sqrt(d);
    double byTp = row.tn() / root - m / 2 * (1 / a + 1 / b);
    double byTn = row.tp() / root - m / 2 * (1 / c + 1 / d);
    double byFp = -row.fn() / root - m / 2 * (1 / a + 1 / c);
    double byFn = -row.fp() / root - m / 2 * (1 / b + 1 / d);
    return squares.tp() * byTp * byTp
        + squares.tn() * byTn * byTn
        + squares.fp() * byFp * byFp
        + squares.fn() * byFn * byFn;
  }
}
