package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.metrics.MetricValue;
import java.util.List;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Lets tasks pass whose prediction set can answer the question; the others end FAILED. */
public final class CheckQuestion extends ProcessFunction<EvaluationTask, EvaluationTask> {

  private static final long serialVersionUID = 1L;

  private final OutputTag<Outcome> outcomes;

  public CheckQuestion(OutputTag<Outcome> outcomes) {
    this.outcomes = outcomes;
  }

  @Override
  public void processElement(EvaluationTask task, Context context, Collector<EvaluationTask> out) {
    String problem = task.isWithdrawal() ? null : problem(task);
    if (problem == null) {
      out.collect(task);
      return;
    }
    context.output(
        outcomes,
        Outcome.without(
            task.trigger(),
            Outcome.State.FAILED,
            problem,
            task.manifest().status().set(),
            task.requestHash(),
            context.timerService().currentProcessingTime()));
  }

  /** Why the set has no answer; null: it has. */
  static String problem(EvaluationTask task) {
    Question question = task.trigger().question();
    SetIdentity set = task.manifest().status().set();
    List<String> metrics;
    try {
      metrics = metrics(set, question);
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
    for (String metric : question.metrics()) {
      if (!metrics.contains(metric)) {
        return "metrics must be of task "
            + set.task()
            + ", got "
            + metric
            + "; there are "
            + String.join(", ", metrics);
      }
    }
    if (set.task() != Task.BINARY) {
      String binaryOnly =
          question.honestPoints()
              ? "honest_points"
              : question.costs() != null
                  ? "false_positive_cost and false_negative_cost"
                  : question.baseline() != null && question.allFolds()
                      ? "baseline with all_folds"
                      : null;
      if (binaryOnly != null) {
        return binaryOnly + " must be asked of task BINARY only, got " + set.task();
      }
    }
    if (question.slices() != null) {
      List<String> columns = task.manifest().status().slices();
      for (String grouping : question.slices().by()) {
        for (String column : Question.Slices.columns(grouping)) {
          if (!columns.contains(column)) {
            return "slices must be columns of the prediction set, got "
                + column
                + "; there are "
                + (columns.isEmpty() ? "none" : String.join(", ", columns));
          }
        }
      }
    }
    return null;
  }

  private static List<String> metrics(SetIdentity set, Question question) {
    return set.task() == Task.BINARY
        ? FullOptions.names(question)
        : TaskPass.of(set, question).report().metrics().stream().map(MetricValue::name).toList();
  }
}
