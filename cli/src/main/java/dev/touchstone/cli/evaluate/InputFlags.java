package dev.touchstone.cli.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Options that say what is read: files or arrays, and what their columns are for. */
final class InputFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "Tables with a header: .csv, .tsv (also .gz) or .parquet. Several are one set.")
  private List<Path> files = List.of();

  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description = "csv, tsv or parquet; by default the extension decides.")
  private String inputFormat;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      defaultValue = "label",
      description = "Column of the truth, 0 or 1. Default: ${DEFAULT-VALUE}.")
  private String labelColumn;

  @Option(
      names = "--score-column",
      paramLabel = "NAME",
      defaultValue = "score",
      description = "Column of the predictions. Default: ${DEFAULT-VALUE}.")
  private String scoreColumn;

  @Option(
      names = "--weight-column",
      paramLabel = "NAME",
      description = "Column of weights, numbers of at least 0.")
  private String weightColumn;

  @Option(
      names = "--id-column",
      paramLabel = "NAME",
      description = "Column that names the rows: one that comes twice counts once.")
  private String idColumn;

  @Option(
      names = "--slice-columns",
      paramLabel = "A,B,A*B",
      split = ",",
      description = "Columns to report by; A*B groups by both at once.")
  private List<String> sliceColumns = List.of();

  @Option(
      names = "--max-slices",
      paramLabel = "N",
      defaultValue = "100",
      description = "Slices a column, the largest first. Default: ${DEFAULT-VALUE}.")
  private int maxSlices;

  @Option(names = "--labels", paramLabel = "Y.npy", description = "Truth as a NumPy array.")
  private Path labels;

  @Option(names = "--scores", paramLabel = "S.npy", description = "Predictions as a NumPy array.")
  private Path scores;

  @Option(names = "--weights", paramLabel = "W.npy", description = "Weights as a NumPy array.")
  private Path weights;

  @Option(
      names = "--positive-label",
      paramLabel = "VALUE",
      description = "The label of the positive class; every other one is negative.")
  private String positiveLabel;

  @Option(
      names = "--folds-column",
      paramLabel = "NAME",
      description =
          "Column that says in which fold a row was held out: metrics by fold, pooled and averaged.")
  private String foldsColumn;

  /** What to evaluate. */
  Input candidate() {
    if (maxSlices < 1) {
      throw usage("--max-slices must be at least 1, got " + maxSlices);
    }
    if (!arrays()) {
      requireTables();
      ColumnNames columns = columnNames();
      var named = roles(columns);
      named.put("slices", sliceColumns);
      if (foldsColumn != null) {
        named.put("folds", foldsColumn);
      }
      return tables(files, columns, named);
    }
    requireArrays();
    return array(scores);
  }

  /** What to evaluate under another task than the binary one. */
  TaskInput ofTask(TaskOptions task) {
    if (arrays() || task.queries != null) {
      requireArrays();
      return new TaskInput(
          scores.toString(), List.of(), List.of(), null, null, null, labels, scores, weights, null);
    }
    requireTables();
    return new TaskInput(
        nameOf(files),
        files,
        files.stream().map(this::formatOf).toList(),
        labelColumn,
        scoreColumn,
        weightColumn,
        null,
        null,
        null,
        foldsColumn);
  }

  private void requireTables() {
    if (files.isEmpty()) {
      throw usage("give a table (preds.csv, preds.parquet), or --labels and --scores");
    }
  }

  private void requireArrays() {
    if (!files.isEmpty()) {
      throw usage("give tables, or --labels and --scores, got both");
    }
    if (labels == null || scores == null) {
      throw usage("--labels and --scores belong together");
    }
    for (String option :
        List.of(
            "--label-column",
            "--score-column",
            "--label-columns",
            "--score-columns",
            "--query-column",
            "--weight-column",
            "--id-column",
            "--slice-columns",
            "--folds-column",
            "--input-format")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw usage(option + " is for tables; arrays have no columns");
      }
    }
  }

  private static String nameOf(List<Path> files) {
    return files.size() == 1 ? files.get(0).toString() : files.size() + " files";
  }

  /**
   * The same examples as another model scored them: tables with the same columns but for slices and
   * folds, or scores for the same arrays of labels and weights.
   *
   * @param others the files
   * @param otherScore their score column where it has another name, or null
   */
  Input baseline(List<Path> others, String otherScore) {
    if (!arrays()) {
      String score = otherScore == null ? scoreColumn : otherScore;
      ColumnNames columns = columns(score, List.of(), null);
      return tables(others, columns, roles(columns));
    }
    if (otherScore != null) {
      throw usage("--baseline-score-column is for tables; arrays have no columns");
    }
    if (others.size() != 1) {
      throw usage("--baseline must be one array as --scores is, got " + others.size());
    }
    return array(others.get(0));
  }

  /** Whether rows are named. */
  boolean hasIds() {
    return idColumn != null;
  }

  /** Which labels are positive. */
  LabelRule rule() {
    return positiveLabel == null ? LabelRule.zeroOne() : LabelRule.positive(positiveLabel);
  }

  /** Slices a column. */
  int maxSlices() {
    return maxSlices;
  }

  /** The fold of every row, or null unless asked for. */
  SliceColumn folds(Predictions predictions) {
    return foldsColumn == null ? null : byName(predictions).get(foldsColumn);
  }

  /** The groups asked for, crosses included. */
  List<SliceColumn> slicing(Predictions predictions) {
    var byName = byName(predictions);
    var columns = new ArrayList<SliceColumn>();
    for (String wanted : sliceColumns) {
      String[] parts = wanted.split("\\*");
      SliceColumn column = byName.get(parts[parts.length - 1]);
      for (int i = parts.length - 2; i >= 0; i--) {
        column = SliceColumn.cross(byName.get(parts[i]), column);
      }
      columns.add(column);
    }
    return columns;
  }

  private static Map<String, SliceColumn> byName(Predictions predictions) {
    var byName = new LinkedHashMap<String, SliceColumn>();
    predictions.slices().forEach(column -> byName.put(column.name(), column));
    return byName;
  }

  private boolean arrays() {
    return labels != null || scores != null || weights != null;
  }

  private Input array(Path values) {
    var arrays = new ArrayList<>(List.of(labels, values));
    if (weights != null) {
      arrays.add(weights);
    }
    LabelRule rule = rule();
    return new Input(
        values.toString(),
        arrays,
        null,
        () -> {
          for (Path array : arrays) {
            PredictionFiles.guard(array, () -> null);
          }
          return PredictionFiles.guard(
              values, () -> NpyPredictions.read(labels, values, weights, rule));
        });
  }

  private static Map<String, Object> roles(ColumnNames columns) {
    var named = new LinkedHashMap<String, Object>();
    named.put("label", columns.label());
    named.put("score", columns.score());
    named.put("weight", columns.weight());
    named.put("id", columns.id());
    return named;
  }

  private Input tables(List<Path> tables, ColumnNames columns, Map<String, Object> named) {
    var formats = new ArrayList<PredictionFiles.Format>();
    for (Path file : tables) {
      formats.add(formatOf(file));
    }
    LabelRule rule = rule();
    return new Input(
        nameOf(tables),
        tables,
        named,
        () -> PredictionFiles.readTables(tables, formats, columns, rule));
  }

  private PredictionFiles.Format formatOf(Path file) {
    if (inputFormat != null) {
      try {
        return PredictionFiles.Format.valueOf(inputFormat.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw usage("--input-format must be csv, tsv or parquet, got " + inputFormat);
      }
    }
    PredictionFiles.Format byName = PredictionFiles.Format.of(file.toString());
    if (byName == null) {
      throw usage(
          file.toString().endsWith(".npy")
              ? "arrays are given as --labels y.npy --scores s.npy, got " + file
              : "the extension must be .csv, .tsv or .parquet, or --input-format say what it is,"
                  + " got "
                  + file);
    }
    return byName;
  }

  private ColumnNames columnNames() {
    Set<String> slices = new LinkedHashSet<>();
    for (String wanted : sliceColumns) {
      for (String part : wanted.split("\\*", -1)) {
        if (part.isEmpty()) {
          throw usage("--slice-columns must name columns, got \"" + wanted + "\"");
        }
        slices.add(part);
      }
    }
    return columns(scoreColumn, slices, foldsColumn);
  }

  private ColumnNames columns(String score, Collection<String> slices, String folds) {
    // the fold is a group like any other, and may be a slice too
    var groups = new LinkedHashSet<>(slices);
    if (folds != null) {
      groups.add(folds);
    }
    try {
      return new ColumnNames(labelColumn, score, weightColumn, idColumn, new ArrayList<>(groups));
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  /** Wrong usage: exit code 2. */
  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
