package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.Questions;

/** The same options on every slot that works on an evaluation: from the question alone. */
final class FullOptions {

  private FullOptions() {}

  static BinaryOptions of(Question question) {
    Question.Costs costs = question.costs();
    Questions points = Questions.defaults();
    return BinaryOptions.defaults()
        .withThresholds(question.thresholds())
        .withDecisionThreshold(question.decisionThreshold())
        .withQuestions(
            costs == null
                ? points
                : points.withCosts(costs.falsePositive(), costs.falseNegative()));
  }
}
