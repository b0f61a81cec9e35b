package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.OperatingPoint;
import dev.touchstone.metrics.binary.Questions;
import java.util.List;

/** The same options on every slot that works on an evaluation: from the question alone. */
final class FullOptions {

  private static final BinaryOptions RANKINGS =
      BinaryOptions.defaults().withProbabilityMetrics(false);

  /** Metrics that cost a logarithm a row, and are computed only where one of them is asked for. */
  private static final List<String> OF_PROBABILITIES =
      ofTwoRows(RANKINGS).metrics().stream()
          .filter(metric -> "not_requested".equals(metric.reason()))
          .map(MetricValue::name)
          .toList();

  private FullOptions() {}

  static BinaryOptions of(Question question) {
    Question.Costs costs = question.costs();
    Questions points = Questions.defaults();
    return BinaryOptions.defaults()
        .withThresholds(question.thresholds())
        .withDecisionThreshold(question.decisionThreshold())
        .withProbabilityMetrics(
            question.metrics().isEmpty()
                || question.metrics().stream().anyMatch(OF_PROBABILITIES::contains))
        .withQuestions(
            costs == null
                ? points
                : points.withCosts(costs.falsePositive(), costs.falseNegative()));
  }

  /** The metrics that a binary report has for this question. */
  static List<String> names(Question question) {
    return ofTwoRows(of(question)).metrics().stream().map(MetricValue::name).toList();
  }

  /** The operating points that a binary report has for this question. */
  static List<OperatingPoint> operatingPoints(Question question) {
    return ofTwoRows(of(question)).operatingPoints();
  }

  private static BinaryReport ofTwoRows(BinaryOptions options) {
    return BinaryEvaluation.evaluate(new float[] {0.25f, 0.75f}, new byte[] {0, 1}, null, options);
  }

  /** The report with the metrics that were asked for. */
  static BinaryReport select(BinaryReport report, Question question) {
    if (question.metrics().isEmpty()) {
      return report;
    }
    return new BinaryReport(
        report.n(),
        report.nPos(),
        report.weightTotal(),
        report.weightPos(),
        report.invalidScores(),
        report.clippedCount(),
        report.clipEpsilon(),
        report.metrics().stream().filter(metric -> question.asksFor(metric.name())).toList(),
        report.sweep(),
        report.curve(),
        report.operatingPoints(),
        report.calibration());
  }
}
