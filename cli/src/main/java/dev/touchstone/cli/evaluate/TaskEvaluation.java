package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.multiclass.MulticlassEvaluation;
import dev.touchstone.metrics.multiclass.MulticlassOptions;
import dev.touchstone.metrics.multiclass.MulticlassReport;
import dev.touchstone.metrics.multilabel.MultilabelEvaluation;
import dev.touchstone.metrics.multilabel.MultilabelOptions;
import dev.touchstone.metrics.multilabel.MultilabelReport;
import dev.touchstone.metrics.ranking.RankingEvaluation;
import dev.touchstone.metrics.ranking.RankingOptions;
import dev.touchstone.metrics.ranking.RankingReport;
import dev.touchstone.metrics.regression.RegressionEvaluation;
import dev.touchstone.metrics.regression.RegressionOptions;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.TaskReport;
import dev.touchstone.metrics.shared.Weighting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Reads the rows of a task other than the binary one and evaluates them. */
final class TaskEvaluation {
  private static final TaskColumn.Rule WEIGHT = TaskColumn.Rule.between(0, Weighting.LARGEST);
  private static final TaskColumn.Rule ZERO_ONE =
      new TaskColumn.Rule(x -> x == 0 || x == 1, "must be 0 or 1");

  private final TaskOptions options;
  private final TaskInput input;
  private final double decisionThreshold;
  private final double level;
  private final int threads;

  private SliceColumn folds;

  /** Evaluates rows. */
  interface Evaluation {
    /** The report of some rows; null stands for all. */
    TaskReport of(int[] rows);
  }

  /**
   * Rows that were read, ready to be evaluated.
   *
   * @param rows how many
   * @param evaluation of them
   * @param picture of a report on all rows, for a page
   * @param folds the fold of every row, or null
   */
  record Ready(
      int rows, Evaluation evaluation, Function<TaskReport, String> picture, SliceColumn folds) {}

  TaskEvaluation(
      TaskOptions options, TaskInput input, double decisionThreshold, double level, int threads) {
    this.options = options;
    this.input = input;
    this.decisionThreshold = decisionThreshold;
    this.level = level;
    this.threads = threads;
  }

  /**
   * Checks what can be checked without reading.
   *
   * @throws IllegalArgumentException for options that break their rule
   */
  void check() {
    if (!input.isArrays() && isOfClasses() && options.scoreColumns.isEmpty()) {
      throw new IllegalArgumentException(
          "--task " + options.task + " needs --score-columns, one a class (or p_*)");
    }
    if (!input.isArrays()
        && options.task == TaskOptions.Task.multilabel
        && options.labelColumns.isEmpty()) {
      throw new IllegalArgumentException("--task multilabel needs --label-columns, one a label");
    }
    if (input.isArrays() && options.task == TaskOptions.Task.ranking && options.queries == null) {
      throw new IllegalArgumentException("--task ranking needs --queries beside --scores");
    }
    regression();
    ranking();
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
  }

  private boolean isOfClasses() {
    return options.task == TaskOptions.Task.multiclass
        || options.task == TaskOptions.Task.multilabel;
  }

  private RegressionOptions regression() {
    var some = RegressionOptions.defaults().withZeroTruth(options.zeroTruth).withLevel(level);
    if (options.quantiles != null) {
      some = some.withPinballQuantiles(options.quantiles);
    }
    return options.errorQuantiles == null ? some : some.withErrorQuantiles(options.errorQuantiles);
  }

  private RankingOptions ranking() {
    var some =
        RankingOptions.defaults()
            .withGain(options.gain)
            .withRelevantAbove(options.relevantAbove)
            .withLevel(level);
    return options.at == null ? some : some.withCutoffs(options.at);
  }

  /**
   * Reads the rows.
   *
   * @throws BadInputException when a file cannot be read or a row breaks a rule
   */
  Ready read() {
    return switch (options.task) {
      case multiclass -> input.isArrays() ? multiclassArrays() : multiclassTables();
      case multilabel -> input.isArrays() ? multilabelArrays() : multilabelTables();
      case regression -> input.isArrays() ? regressionArrays() : regressionTables();
      case ranking -> input.isArrays() ? rankingArrays() : rankingTables();
      default -> throw new IllegalStateException(options.task.name());
    };
  }

  // tables

  private List<String> columns(List<String> patterns) {
    var names = new ArrayList<String>();
    for (String pattern : patterns) {
      names.addAll(TaskTable.matching(input.files().get(0), input.formats().get(0), pattern));
    }
    return names;
  }

  private static List<TaskColumn> numbers(String role, List<String> names, TaskColumn.Rule rule) {
    return names.stream().map(name -> TaskColumn.numbers(role, name, rule)).toList();
  }

  private TaskColumn weightColumn() {
    return input.weightColumn() == null
        ? null
        : TaskColumn.numbers("weight", input.weightColumn(), WEIGHT);
  }

  private TaskTable readAll(List<TaskColumn> columns, TaskColumn weight) {
    var all = new ArrayList<>(columns);
    if (weight != null) {
      all.add(weight);
    }
    TaskColumn fold =
        input.foldsColumn() == null ? null : TaskColumn.text("fold", input.foldsColumn());
    if (fold != null) {
      all.add(fold);
    }
    var seen = new HashMap<String, TaskColumn>();
    for (TaskColumn column : all) {
      if (seen.put(column.name(), column) != null) {
        throw BadInputException.inFile(
            input.name(),
            "a column can serve one purpose, got two for "
                + BadInputException.quote(column.name()));
      }
    }
    TaskTable table = TaskTable.read(input.files(), input.formats(), all);
    if (fold != null) {
      int[] codes = IntStream.range(0, table.rows()).map(fold::code).toArray();
      folds = new SliceColumn(fold.name(), codes, fold.values());
    }
    return table;
  }

  private static double[] weights(TaskColumn weight, int rows) {
    return weight == null ? null : weight.numbers(rows);
  }

  private ScoreTable scores(List<TaskColumn> columns, int rows) {
    int width = columns.size();
    if ((long) rows * width > PredictionsBuilder.MAX_ROWS) {
      throw BadInputException.inFile(
          input.name(),
          "at most "
              + PredictionsBuilder.MAX_ROWS
              + " scores can be evaluated in memory, got "
              + (long) rows * width);
    }
    if (columns.stream().allMatch(TaskColumn::isFloat32)) {
      float[] values = new float[rows * width];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) columns.get(i % width).number(i / width);
      }
      return ScoreTable.of(values, width);
    }
    double[] values = new double[rows * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = columns.get(i % width).number(i / width);
    }
    return ScoreTable.of(values, width);
  }

  /** Names given, or those of columns without the beginning that all share. */
  private List<String> names(List<String> columns, int count) {
    if (!options.classes.isEmpty()) {
      if (options.classes.size() != count) {
        throw BadInputException.inFile(
            input.name(),
            "--classes must name " + count + " classes, got " + options.classes.size());
      }
      return options.classes;
    }
    return columns == null
        ? IntStream.range(0, count).mapToObj(Integer::toString).toList()
        : withoutCommonPrefix(columns);
  }

  /** {@code p_cat, p_dog} are cat and dog: a prefix ends where a word does. */
  static List<String> withoutCommonPrefix(List<String> columns) {
    String first = columns.get(0);
    int common = 0;
    for (int i = 0; i < first.length() && columns.size() > 1; i++) {
      String prefix = first.substring(0, i + 1);
      if (!columns.stream().allMatch(c -> c.startsWith(prefix) && c.length() > prefix.length())) {
        break;
      }
      if (!Character.isLetterOrDigit(first.charAt(i))) {
        common = i + 1;
      }
    }
    int cut = common;
    return columns.stream().map(column -> column.substring(cut)).toList();
  }

  private Ready multiclassTables() {
    List<String> names = columns(options.scoreColumns);
    var scores = numbers("score", names, TaskColumn.Rule.NUMBER);
    var label = TaskColumn.text("label", input.labelColumn());
    var weight = weightColumn();
    var all = new ArrayList<>(scores);
    all.add(label);
    List<String> classes = names(names, names.size());
    MulticlassOptions some = multiclass(classes);
    TaskTable table = readAll(all, weight);
    var indexOf = new HashMap<String, Integer>();
    for (int k = 0; k < classes.size(); k++) {
      indexOf.put(TaskColumn.canonical(classes.get(k)), k);
    }
    int[] labels = new int[table.rows()];
    for (int i = 0; i < labels.length; i++) {
      String text = label.values().get(label.code(i));
      Integer index = indexOf.get(text);
      if (index == null) {
        throw BadInputException.inRow(
            input.name(), i + 1L, label.shownAs() + " " + mustBeAClass(classes, text));
      }
      labels[i] = index;
    }
    return multiclass(some, scores(scores, table.rows()), labels, weights(weight, table.rows()));
  }

  private static String mustBeAClass(List<String> classes, String text) {
    return "must be a class: "
        + String.join(", ", classes.subList(0, Math.min(10, classes.size())))
        + (classes.size() > 10 ? " …" : "")
        + "; got "
        + BadInputException.quote(text);
  }

  private MulticlassOptions multiclass(List<String> classes) {
    try {
      var some =
          MulticlassOptions.of(classes)
              .withZeroDivision(options.zeroDivision)
              .withLevel(level)
              .withThreads(threads);
      return options.topK == null ? some : some.withTopK(options.topK);
    } catch (IllegalArgumentException e) {
      throw BadInputException.inFile(input.name(), e.getMessage());
    }
  }

  private Ready multiclass(
      MulticlassOptions options, ScoreTable scores, int[] labels, double[] weights) {
    var some = options.withPrecision(scores.precision());
    return new Ready(
        labels.length,
        rows ->
            MulticlassEvaluation.evaluate(
                Picked.of(scores, rows), Picked.of(labels, rows), Picked.of(weights, rows), some),
        report -> TaskPictures.confusion((MulticlassReport) report),
        folds);
  }

  private Ready multilabelTables() {
    List<String> names = columns(options.scoreColumns);
    List<String> truthNames = columns(options.labelColumns);
    if (names.size() != truthNames.size()) {
      throw BadInputException.inFile(
          input.name(),
          "--label-columns and --score-columns must be as many, got "
              + truthNames.size()
              + " and "
              + names.size());
    }
    var scores = numbers("score", names, TaskColumn.Rule.NUMBER);
    var truths = numbers("label", truthNames, ZERO_ONE);
    var weight = weightColumn();
    var all = new ArrayList<>(scores);
    all.addAll(truths);
    MultilabelOptions some = multilabel(names(truthNames, truthNames.size()));
    TaskTable table = readAll(all, weight);
    int rows = table.rows();
    ScoreTable values = scores(scores, rows);
    byte[] labels = new byte[rows * truths.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) truths.get(i % truths.size()).number(i / truths.size());
    }
    return multilabel(some, values, labels, weights(weight, rows));
  }

  private MultilabelOptions multilabel(List<String> labels) {
    try {
      return MultilabelOptions.of(labels)
          .withThreshold(decisionThreshold)
          .withZeroDivision(options.zeroDivision)
          .withLevel(level)
          .withThreads(threads);
    } catch (IllegalArgumentException e) {
      throw BadInputException.inFile(input.name(), e.getMessage());
    }
  }

  private Ready multilabel(
      MultilabelOptions options, ScoreTable scores, byte[] labels, double[] weights) {
    var some = options.withPrecision(scores.precision());
    return new Ready(
        scores.rows(),
        rows ->
            MultilabelEvaluation.evaluate(
                Picked.of(scores, rows),
                Picked.of(labels, scores.columns(), rows),
                Picked.of(weights, rows),
                some),
        report -> TaskPictures.labels((MultilabelReport) report),
        folds);
  }

  private Ready regressionTables() {
    var truth = TaskColumn.numbers("label", input.labelColumn(), TaskColumn.Rule.NUMBER);
    var predicted = TaskColumn.numbers("score", input.scoreColumn(), TaskColumn.Rule.NUMBER);
    var weight = weightColumn();
    int rows = readAll(List.of(truth, predicted), weight).rows();
    return regression(truth.numbers(rows), predicted.numbers(rows), weights(weight, rows));
  }

  private Ready regression(double[] truths, double[] predictions, double[] weights) {
    var some = regression();
    return new Ready(
        truths.length,
        rows ->
            RegressionEvaluation.evaluate(
                Picked.of(truths, rows),
                Picked.of(predictions, rows),
                Picked.of(weights, rows),
                some),
        report -> TaskPictures.errors(truths, predictions, weights),
        folds);
  }

  private Ready rankingTables() {
    refuseWeights();
    var relevance = TaskColumn.numbers("label", input.labelColumn(), relevance());
    var score = TaskColumn.numbers("score", input.scoreColumn(), TaskColumn.Rule.NUMBER);
    var query = TaskColumn.text("query", options.queryColumn);
    int rows = readAll(List.of(relevance, score, query), null).rows();
    long[] ids = new long[rows];
    float[] relevances = new float[rows];
    for (int i = 0; i < rows; i++) {
      ids[i] = query.code(i);
      relevances[i] = (float) relevance.number(i);
    }
    keepQueriesWhole(query, rows);
    return ranking(ids, score.numbers(rows), relevances);
  }

  private void keepQueriesWhole(TaskColumn query, int rows) {
    int[] foldOf = new int[folds == null ? 0 : query.values().size()];
    for (int i = 0; i < rows && folds != null; i++) {
      int fold = folds.codes()[i];
      int known = foldOf[query.code(i)];
      if (known != 0 && known != fold + 1) {
        throw BadInputException.inRow(
            input.name(),
            i + 1L,
            "a query must lie in one fold, but "
                + BadInputException.quote(query.values().get(query.code(i)))
                + " is in "
                + BadInputException.quote(folds.values().get(known - 1))
                + " and "
                + BadInputException.quote(folds.values().get(fold)));
      }
      foldOf[query.code(i)] = fold + 1;
    }
  }

  private TaskColumn.Rule relevance() {
    return TaskColumn.Rule.between(0, options.gain.largestRelevance());
  }

  private void refuseWeights() {
    if (input.weightColumn() != null || input.weights() != null) {
      throw BadInputException.inFile(input.name(), "queries have no weights in --task ranking");
    }
  }

  private Ready ranking(long[] ids, double[] scores, float[] relevances) {
    var some = ranking();
    return new Ready(
        ids.length,
        rows ->
            RankingEvaluation.evaluate(
                Picked.of(ids, rows), Picked.of(scores, rows), Picked.of(relevances, rows), some),
        report -> TaskPictures.cutoffs((RankingReport) report),
        folds);
  }

  // arrays

  private <T> T guard(Path file, PredictionFiles.Reading<T> reading) {
    return PredictionFiles.guard(file, reading);
  }

  private static int rows(NpyArray array) {
    return array.length() / array.columns();
  }

  private static void sameRows(NpyArray first, NpyArray other) {
    if (rows(first) != rows(other)) {
      throw BadInputException.inFile(
          other.name(),
          "must have as many rows as "
              + first.name()
              + ", "
              + rows(first)
              + ", got "
              + rows(other));
    }
  }

  private double[] column(Path file, NpyArray like, String role, TaskColumn.Rule rule) {
    if (file == null) {
      return null;
    }
    return guard(
        file,
        () -> {
          NpyArray array = NpyArray.open(file);
          if (like != null) {
            sameRows(like, array);
          }
          double[] values = array.doubles();
          check(array, values, role, rule);
          return values;
        });
  }

  private static void check(NpyArray array, double[] values, String role, TaskColumn.Rule rule) {
    for (int i = 0; i < values.length; i++) {
      if (Double.isNaN(values[i]) || !rule.allows().test(values[i])) {
        throw BadInputException.inRow(
            array.name(),
            i / array.columns() + 1L,
            role
                + " "
                + rule.words()
                + ", got "
                + BadInputException.quote(Double.toString(values[i])));
      }
    }
  }

  private NpyArray scoreArray() {
    return guard(input.scores(), () -> NpyArray.openTable(input.scores()));
  }

  private ScoreTable scores(NpyArray array) throws IOException {
    if (array.type() == NpyArray.Type.FLOAT32) {
      float[] values = array.floats();
      for (int i = 0; i < values.length; i++) {
        if (Float.isNaN(values[i])) {
          throw BadInputException.inRow(
              array.name(), i / array.columns() + 1L, "score must be a number, got \"NaN\"");
        }
      }
      return ScoreTable.of(values, array.columns());
    }
    double[] values = array.doubles();
    check(array, values, "score", TaskColumn.Rule.NUMBER);
    return ScoreTable.of(values, array.columns());
  }

  private Ready multiclassArrays() {
    NpyArray array = scoreArray();
    int classes = array.columns();
    MulticlassOptions some = multiclass(names(null, classes));
    var whole =
        new TaskColumn.Rule(
            x -> x >= 0 && x < classes && x == Math.rint(x),
            "must be a class from 0 to " + (classes - 1));
    double[] labels = column(input.labels(), array, "label", whole);
    double[] weights = column(input.weights(), array, "weight", WEIGHT);
    int[] indexes = new int[labels.length];
    for (int i = 0; i < labels.length; i++) {
      indexes[i] = (int) labels[i];
    }
    return multiclass(some, guard(input.scores(), () -> scores(array)), indexes, weights);
  }

  private Ready multilabelArrays() {
    NpyArray array = scoreArray();
    MultilabelOptions some = multilabel(names(null, array.columns()));
    byte[] labels =
        guard(
            input.labels(),
            () -> {
              NpyArray truth = NpyArray.openTable(input.labels());
              sameRows(array, truth);
              if (truth.columns() != array.columns()) {
                throw BadInputException.inFile(
                    truth.name(),
                    "must have "
                        + array.columns()
                        + " columns as the scores have, got "
                        + truth.columns());
              }
              return truth.labels(LabelRule.zeroOne());
            });
    double[] weights = column(input.weights(), array, "weight", WEIGHT);
    return multilabel(some, guard(input.scores(), () -> scores(array)), labels, weights);
  }

  private Ready regressionArrays() {
    double[] predictions = column(input.scores(), null, "score", TaskColumn.Rule.NUMBER);
    NpyArray array = scoreArray();
    return regression(
        column(input.labels(), array, "label", TaskColumn.Rule.NUMBER),
        predictions,
        column(input.weights(), array, "weight", WEIGHT));
  }

  private Ready rankingArrays() {
    refuseWeights();
    double[] scores = column(input.scores(), null, "score", TaskColumn.Rule.NUMBER);
    NpyArray array = scoreArray();
    double[] relevance = column(input.labels(), array, "label", relevance());
    double[] queries =
        column(
            options.queries,
            array,
            "query",
            new TaskColumn.Rule(
                x -> Math.abs(x) <= 0x1p53 && x == Math.rint(x), "must be a whole number"));
    long[] ids = new long[queries.length];
    float[] relevances = new float[queries.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (long) queries[i];
      relevances[i] = (float) relevance[i];
    }
    return ranking(ids, scores, relevances);
  }

  /** What was asked for, for the provenance. */
  Map<String, Object> asked() {
    var asked = new java.util.LinkedHashMap<String, Object>();
    asked.put("task", options.task.name());
    asked.put("level", level);
    switch (options.task) {
      case multiclass -> asked.put("zero_division", options.zeroDivision.name());
      case multilabel -> {
        asked.put("zero_division", options.zeroDivision.name());
        asked.put("decision_threshold", decisionThreshold);
      }
      case regression -> asked.put("zero_truth", options.zeroTruth.name());
      default -> {
        asked.put("gain", options.gain.name());
        asked.put("relevant_above", options.relevantAbove);
      }
    }
    return asked;
  }
}
