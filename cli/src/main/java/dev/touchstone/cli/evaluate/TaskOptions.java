package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.ranking.Gain;
import dev.touchstone.metrics.regression.ZeroTruth;
import dev.touchstone.metrics.shared.ZeroDivision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Options of {@code --task} other than binary. */
final class TaskOptions {
  /** What is predicted. */
  enum Task {
    binary,
    multiclass,
    multilabel,
    regression,
    ranking
  }

  /** Options of every one of those tasks. */
  private static final Set<String> COMMON =
      Set.of(
          "--task",
          "--label-column",
          "--score-column",
          "--weight-column",
          "--folds-column",
          "--input-format",
          "--labels",
          "--scores",
          "--weights",
          "--level",
          "--format",
          "--title",
          "--threads",
          "--quiet");

  private static final List<String> OF_CLASSES =
      List.of("--score-columns", "--classes", "--zero-division");

  @Option(
      names = "--task",
      paramLabel = "TASK",
      defaultValue = "binary",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  Task task;

  @Option(
      names = "--score-columns",
      paramLabel = "A,B,C",
      split = ",",
      description =
          "multiclass, multilabel: one column a class, in order; p_* takes all that start so.")
  List<String> scoreColumns = List.of();

  @Option(
      names = "--label-columns",
      paramLabel = "A,B,C",
      split = ",",
      description = "multilabel: one 0/1 column a label, in the order of the scores.")
  List<String> labelColumns = List.of();

  @Option(
      names = "--classes",
      paramLabel = "A,B,C",
      split = ",",
      description =
          "Names of the classes or labels. Default: the columns, without what they share.")
  List<String> classes = List.of();

  @Option(
      names = "--top-k",
      paramLabel = "K,K",
      split = ",",
      description = "multiclass: k of the top-k accuracies. Default: 2,3,5.")
  List<Integer> topK;

  @Option(
      names = "--zero-division",
      paramLabel = "RULE",
      defaultValue = "UNDEFINED",
      description = "What was never predicted has a precision that is UNDEFINED or ZERO.")
  ZeroDivision zeroDivision;

  @Option(
      names = "--quantiles",
      paramLabel = "Q,Q",
      split = ",",
      description = "regression: quantiles of the pinball losses. Default: 0.1,0.5,0.9.")
  List<Double> quantiles;

  @Option(
      names = "--error-quantiles",
      paramLabel = "Q,Q",
      split = ",",
      description = "regression: quantiles of the error. Default: 0.05,0.25,0.5,0.75,0.95.")
  List<Double> errorQuantiles;

  @Option(
      names = "--zero-truth",
      paramLabel = "RULE",
      defaultValue = "EXCLUDE",
      description =
          "regression: a truth of 0 leaves MAPE out of that row: EXCLUDE, UNDEFINED or"
              + " EPSILON.")
  ZeroTruth zeroTruth;

  @Option(
      names = "--query-column",
      paramLabel = "NAME",
      defaultValue = "query",
      description = "ranking: column of the query; rows in any order. Default: ${DEFAULT-VALUE}.")
  String queryColumn;

  @Option(
      names = "--queries",
      paramLabel = "Q.npy",
      description = "ranking: queries as a NumPy array of whole numbers.")
  Path queries;

  @Option(
      names = "--at",
      paramLabel = "K,K",
      split = ",",
      description = "ranking: the k of NDCG@k and the rest. Default: 1,5,10.")
  List<Integer> at;

  @Option(
      names = "--gain",
      paramLabel = "GAIN",
      defaultValue = "EXPONENTIAL",
      description = "ranking: EXPONENTIAL (2^relevance - 1) or LINEAR.")
  Gain gain;

  @Option(
      names = "--relevant-above",
      paramLabel = "R",
      defaultValue = "0",
      description = "ranking: relevant iff the relevance is above it. Default: ${DEFAULT-VALUE}.")
  double relevantAbove;

  /** Whether the task is one of those of this class. */
  boolean isGiven() {
    return task != Task.binary;
  }

  /** Options that belong to the task. */
  Set<String> allowed() {
    var names = new ArrayList<>(COMMON);
    switch (task) {
      case multiclass -> {
        names.addAll(OF_CLASSES);
        names.add("--top-k");
      }
      case multilabel -> {
        names.addAll(OF_CLASSES);
        names.add("--label-columns");
        names.add("--decision-threshold");
      }
      case regression -> names.addAll(List.of("--quantiles", "--error-quantiles", "--zero-truth"));
      case ranking ->
          names.addAll(
              List.of("--query-column", "--queries", "--at", "--gain", "--relevant-above"));
      default -> throw new IllegalStateException(task.name());
    }
    return Set.copyOf(names);
  }

  /** Options that only tasks other than the binary one have. */
  static Set<String> notForBinary() {
    return Set.of(
        "--score-columns",
        "--label-columns",
        "--classes",
        "--top-k",
        "--zero-division",
        "--quantiles",
        "--error-quantiles",
        "--zero-truth",
        "--query-column",
        "--queries",
        "--at",
        "--gain",
        "--relevant-above");
  }
}
