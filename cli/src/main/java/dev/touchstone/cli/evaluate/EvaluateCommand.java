package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.Questions;
import dev.touchstone.metrics.shared.TaskReport;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code touchstone evaluate}: the exact report of predictions in files. The report goes to stdout
 * and nothing else does. Exit codes: 0 report written (what is undefined is null with a reason), 2
 * wrong usage, 3 bad input.
 */
@Command(
    name = "evaluate",
    description = "Evaluates predictions in files: the full tier's math, without Kafka or Flink.",
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    synopsisHeading = "%nUsage%n",
    customSynopsis = {
      "  touchstone evaluate FILE... [options]",
      "  touchstone evaluate --labels Y.npy --scores S.npy [--weights W.npy] [options]"
    },
    descriptionHeading = "%n",
    parameterListHeading = "%n",
    optionListHeading = "%n",
    footerHeading = "%nExamples%n",
    footer = {
      "  touchstone evaluate preds.csv",
      "  touchstone evaluate preds.parquet --score-column p --format table",
      "  touchstone evaluate --labels y.npy --scores s.npy > report.json",
      "  touchstone evaluate part-*.parquet --slice-columns country,device",
      "  touchstone evaluate preds.csv --task multiclass --score-columns 'p_*'",
      "  touchstone evaluate preds.csv --task regression --label-column y --score-column yhat",
      "  touchstone evaluate preds.csv --task ranking --query-column q --at 10",
      "  touchstone evaluate preds.csv --format html --title \"Fraud, step 800\" > report.html",
      "",
      "Labels are 0 or 1 (also false and true). The report is JSON, schema",
      "touchstone.report/1; what is undefined is null beside a machine-readable",
      "reason. Exit codes: 0 report written, 2 wrong usage, 3 bad input (file, row,",
      "rule and value on stderr)."
    })
public final class EvaluateCommand implements Callable<Integer> {
  /** The report was written. */
  public static final int OK = 0;

  /** The report or a plot could not be written. */
  public static final int CANNOT_WRITE = 1;

  /** A file or a row breaks a rule. */
  public static final int BAD_INPUT = 3;

  /** How the report is written. */
  enum Format {
    json,
    table,
    html
  }

  @Spec private CommandSpec spec;

  @Mixin private TaskOptions task = new TaskOptions();

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
      names = "--thresholds",
      paramLabel = "N",
      defaultValue = "200",
      description = "Rows of the threshold sweep, 2 to 10000. Default: ${DEFAULT-VALUE}.")
  private int thresholds;

  @Option(
      names = "--decision-threshold",
      paramLabel = "T",
      defaultValue = "0.5",
      description = "Predicted positive iff score >= T. Default: ${DEFAULT-VALUE}.")
  private double decisionThreshold;

  @Option(
      names = "--level",
      paramLabel = "L",
      defaultValue = "0.95",
      description = "Confidence level of the intervals. Default: ${DEFAULT-VALUE}.")
  private double level;

  @Option(
      names = "--calibration-bins",
      paramLabel = "N",
      defaultValue = "15",
      description = "Bins of calibration errors and of the plot. Default: ${DEFAULT-VALUE}.")
  private int calibrationBins;

  @Option(
      names = "--cost-fp",
      paramLabel = "C",
      description = "What a false positive costs; with --cost-fn, the threshold of least cost.")
  private Double falsePositiveCost;

  @Option(names = "--cost-fn", paramLabel = "C", description = "What a false negative costs.")
  private Double falseNegativeCost;

  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      description = "Resample the rows N times (2 to 100000): intervals of AP and ROC AUC.")
  private Integer replicates;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of whatever is drawn. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "json",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Option(
      names = "--title",
      paramLabel = "TEXT",
      description = "What tables and pages call the evaluation. Default: the file.")
  private String title;

  @Option(
      names = "--plot",
      paramLabel = "DIR",
      description = "Also write the plots there: precision_recall.svg, roc.svg …")
  private Path plots;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Default: one for each core. Never changes a result.")
  private Integer threads;

  @Option(names = "--quiet", description = "No messages on stderr but errors.")
  private boolean quiet;

  private final OutputStream out;
  private final PrintStream err;

  /** Writes to the process's stdout and stderr. */
  public EvaluateCommand() {
    this(System.out, System.err);
  }

  /** Writes the report to {@code out} and everything else to {@code err}. */
  EvaluateCommand(OutputStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() {
    if (task.isGiven()) {
      return evaluateTask();
    }
    for (String option : TaskOptions.notForBinary()) {
      if (isGiven(option)) {
        throw usage(option + " needs another --task than binary");
      }
    }
    BinaryOptions options = options();
    LabelRule rule =
        positiveLabel == null ? LabelRule.zeroOne() : LabelRule.positive(positiveLabel);
    Input input = input(rule);
    BinaryBootstrap.Options resampling = resampling(options);
    return guarded(input.name, progress -> run(input, rule, options, resampling, progress));
  }

  /** Reading and writing, which may fail as files do. */
  private interface Work {
    void with(Progress progress) throws IOException;
  }

  private int guarded(String name, Work work) {
    try (var progress = new Progress(err, quiet)) {
      work.with(progress);
      return OK;
    } catch (BadInputException e) {
      err.println(e.getMessage());
      return BAD_INPUT;
    } catch (IOException e) {
      err.println("cannot write: " + e);
      return CANNOT_WRITE;
    } catch (OutOfMemoryError e) {
      err.println(
          name
              + ": does not fit in "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + " MiB of memory; give the JVM more (TOUCHSTONE_JAVA_OPTS=-Xmx8g)");
      return BAD_INPUT;
    }
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private int evaluateTask() {
    for (var option : spec.commandLine().getParseResult().matchedOptions()) {
      if (!task.allowed().contains(option.longestName())) {
        throw usage(option.longestName() + " is not for --task " + task.task);
      }
    }
    if (format == Format.html) {
      throw usage("--format html is not for --task " + task.task + " yet: json or table");
    }
    TaskInput input = taskInput();
    int some = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    var evaluation = new TaskEvaluation(task, input, decisionThreshold, level, some);
    try {
      evaluation.check();
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    return guarded(input.name(), progress -> runTask(input, evaluation, progress));
  }

  private void runTask(TaskInput input, TaskEvaluation evaluation, Progress progress)
      throws IOException {
    progress.doing("reading " + input.name());
    long start = System.nanoTime();
    TaskEvaluation.Ready ready = evaluation.read();
    long readNanos = System.nanoTime() - start;
    if (ready.rows() == 0) {
      progress.note(input.name() + ": no rows: every metric is null");
    }
    progress.doing("evaluating " + ready.rows() + " rows");
    start = System.nanoTime();
    TaskReport report = ready.evaluation().get();
    long computeNanos = System.nanoTime() - start;

    var buffered = new BufferedOutputStream(out, 1 << 16);
    if (format == Format.table) {
      TaskFormat.writeTables(buffered, title == null ? input.name() : title, report, level);
    } else {
      var provenance = new LinkedHashMap<String, Object>();
      provenance.put("engine", "touchstone " + version());
      provenance.put("files", sources(input.all()));
      provenance.putAll(evaluation.asked());
      var cost = new LinkedHashMap<String, Object>();
      cost.put("read_seconds", readNanos / 1e9);
      cost.put("compute_seconds", computeNanos / 1e9);
      TaskFormat.writeJson(buffered, report, provenance, cost);
    }
    buffered.flush();
  }

  private TaskInput taskInput() {
    boolean arrays = labels != null || scores != null || weights != null || task.queries != null;
    if (arrays) {
      arrayRules();
      return new TaskInput(
          scores.toString(), List.of(), List.of(), null, null, null, labels, scores, weights);
    }
    var formats = new ArrayList<PredictionFiles.Format>();
    tableRules();
    files.forEach(file -> formats.add(formatOf(file)));
    return new TaskInput(
        nameOf(files), files, formats, labelColumn, scoreColumn, weightColumn, null, null, null);
  }

  private void run(
      Input input,
      LabelRule rule,
      BinaryOptions options,
      BinaryBootstrap.Options resampling,
      Progress progress)
      throws IOException {
    progress.doing("reading " + input.name);
    long start = System.nanoTime();
    Predictions read = input.reading.get();
    Predictions predictions = read.withoutDuplicates(input.name);
    List<SliceColumn> slicing = slicing(predictions);
    long readNanos = System.nanoTime() - start;
    if (read.rows() == 0) {
      progress.note(input.name + ": no rows: every metric is null");
    }

    progress.doing("evaluating " + predictions.rows() + " predictions");
    start = System.nanoTime();
    BinaryReport report = SliceReports.evaluate(predictions, options);
    var slices = SliceReports.of(predictions, slicing, maxSlices, options);
    long computeNanos = System.nanoTime() - start;
    start = System.nanoTime();
    Bootstrap bootstrap = null;
    if (resampling != null) {
      progress.doing("resampling " + resampling.replicates() + " times");
      bootstrap = Bootstrap.of(predictions, resampling);
    }
    long bootstrapNanos = System.nanoTime() - start;
    if (slices.leftOut() > 0) {
      progress.note(slices.leftOut() + " slices left out: --max-slices " + maxSlices);
    }

    var provenance = provenance(input, read, predictions, rule, options, slices);
    var cost = new LinkedHashMap<String, Object>();
    cost.put("read_seconds", readNanos / 1e9);
    cost.put("compute_seconds", computeNanos / 1e9);
    if (resampling != null) {
      cost.put("bootstrap_seconds", bootstrapNanos / 1e9);
    }
    cost.put("threads", options.threads());

    var evaluated =
        new Evaluated(
            title == null ? input.name : title,
            predictions,
            report,
            slices.slices(),
            bootstrap,
            options,
            provenance,
            cost);
    if (plots != null) {
      writePlots(evaluated, progress);
    }
    var buffered = new BufferedOutputStream(out, 1 << 16);
    switch (format) {
      case json -> JsonFormat.write(buffered, evaluated);
      case table -> TableFormat.write(buffered, evaluated);
      case html -> HtmlFormat.write(buffered, evaluated);
      default -> throw new IllegalStateException();
    }
    buffered.flush();
  }

  private void writePlots(Evaluated evaluated, Progress progress) throws IOException {
    Files.createDirectories(plots);
    for (Map.Entry<String, Plot> plot : Plots.of(evaluated).entrySet()) {
      Path file = plots.resolve(plot.getKey() + ".svg");
      Files.writeString(file, plot.getValue().standalone());
      progress.note("wrote " + file);
    }
  }

  private Map<String, Object> provenance(
      Input input,
      Predictions read,
      Predictions evaluated,
      LabelRule rule,
      BinaryOptions options,
      SliceReports slices)
      throws IOException {
    var provenance = new LinkedHashMap<String, Object>();
    provenance.put("engine", "touchstone " + version());
    provenance.put("files", sources(input.files));
    provenance.put("columns", input.columns);
    provenance.put("positive_label", rule.positiveLabel());
    provenance.put("rows_read", (long) read.rows());
    provenance.put("duplicate_ids", (long) read.rows() - evaluated.rows());
    provenance.put("score_type", evaluated.scoreType());
    provenance.put("decision_threshold", options.decisionThreshold());
    provenance.put("thresholds", options.thresholds());
    provenance.put("level", options.level());
    provenance.put("slices_left_out", slices.leftOut());
    return provenance;
  }

  private static List<Map<String, Object>> sources(List<Path> files) throws IOException {
    var sources = new ArrayList<Map<String, Object>>();
    for (Path file : files) {
      var source = new LinkedHashMap<String, Object>();
      source.put("path", file.toString());
      source.put("bytes", Files.size(file));
      sources.add(source);
    }
    return sources;
  }

  private static String version() {
    String version = EvaluateCommand.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  // the groups asked for, crosses included
  private List<SliceColumn> slicing(Predictions predictions) {
    var byName = new LinkedHashMap<String, SliceColumn>();
    predictions.slices().forEach(column -> byName.put(column.name(), column));
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

  private BinaryOptions options() {
    try {
      int some = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
      return BinaryOptions.defaults()
          .withThresholds(thresholds)
          .withThreads(some)
          .withDecisionThreshold(decisionThreshold)
          .withLevel(level)
          .withCalibrationBins(calibrationBins)
          .withQuestions(questions());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private BinaryBootstrap.Options resampling(BinaryOptions options) {
    if (replicates == null) {
      return null;
    }
    if (weights != null || weightColumn != null) {
      throw usage("--bootstrap is for rows without weights");
    }
    try {
      return new BinaryBootstrap.Options(replicates, seed, options.threads(), options.level());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private Questions questions() {
    if ((falsePositiveCost == null) != (falseNegativeCost == null)) {
      throw usage("--cost-fp and --cost-fn belong together");
    }
    return falsePositiveCost == null
        ? Questions.defaults()
        : Questions.defaults().withCosts(falsePositiveCost, falseNegativeCost);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** What to read, settled before anything is read. */
  private record Input(
      String name,
      List<Path> files,
      Map<String, Object> columns,
      java.util.function.Supplier<Predictions> reading) {}

  private Input input(LabelRule rule) {
    if (maxSlices < 1) {
      throw usage("--max-slices must be at least 1, got " + maxSlices);
    }
    if (labels == null && scores == null && weights == null) {
      return tables(rule);
    }
    arrayRules();
    var arrays = new ArrayList<>(List.of(labels, scores));
    if (weights != null) {
      arrays.add(weights);
    }
    return new Input(
        scores.toString(),
        arrays,
        null,
        () -> {
          for (Path array : arrays) {
            PredictionFiles.guard(array, () -> null);
          }
          return PredictionFiles.guard(
              scores, () -> NpyPredictions.read(labels, scores, weights, rule));
        });
  }

  private void arrayRules() {
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
            "--input-format")) {
      if (isGiven(option)) {
        throw usage(option + " is for tables; arrays have no columns");
      }
    }
  }

  private void tableRules() {
    if (files.isEmpty()) {
      throw usage("give a table (preds.csv, preds.parquet), or --labels and --scores");
    }
  }

  private static String nameOf(List<Path> files) {
    return files.size() == 1 ? files.get(0).toString() : files.size() + " files";
  }

  private Input tables(LabelRule rule) {
    tableRules();
    var formats = new ArrayList<PredictionFiles.Format>();
    for (Path file : files) {
      formats.add(formatOf(file));
    }
    ColumnNames columns = columnNames();
    var named = new LinkedHashMap<String, Object>();
    named.put("label", columns.label());
    named.put("score", columns.score());
    named.put("weight", columns.weight());
    named.put("id", columns.id());
    named.put("slices", sliceColumns);
    return new Input(
        nameOf(files),
        files,
        named,
        () -> PredictionFiles.readTables(files, formats, columns, rule));
  }

  private PredictionFiles.Format formatOf(Path file) {
    if (inputFormat != null) {
      try {
        return PredictionFiles.Format.valueOf(inputFormat.toUpperCase(java.util.Locale.ROOT));
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
    try {
      return new ColumnNames(
          labelColumn, scoreColumn, weightColumn, idColumn, new ArrayList<>(slices));
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }
}
