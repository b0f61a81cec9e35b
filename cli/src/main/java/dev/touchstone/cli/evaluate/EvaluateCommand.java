package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.Questions;
import dev.touchstone.metrics.compare.CompareOptions;
import dev.touchstone.metrics.compare.PairedBootstrap;
import dev.touchstone.metrics.shared.TaskReport;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
      "  touchstone evaluate new.csv --baseline old.csv --id-column id --format table",
      "  touchstone evaluate preds.csv --task multiclass --score-columns 'p_*'",
      "  touchstone evaluate preds.csv --task regression --label-column y --score-column yhat",
      "  touchstone evaluate preds.csv --task ranking --query-column q --at 10",
      "  touchstone evaluate preds.csv --task regression --format html > report.html",
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

  @Mixin private InputFlags input = new InputFlags();

  @Mixin private ComparisonFlags comparison = new ComparisonFlags();

  @Mixin private TaskOptions task = new TaskOptions();

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
      names = "--honest",
      description =
          "Also choose every operating point on one half of the ids, by hash, and report it on the"
              + " other; needs --id-column.")
  private boolean honest;

  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      description =
          "Resample the rows N times (2 to 100000): intervals of AP and ROC AUC; with --baseline"
              + " also of the difference in AP, both models by the same rows.")
  private Integer replicates;

  @Option(
      names = "--stratified",
      description =
          "With --bootstrap: resample positives and negatives apart, their numbers as they are,"
              + " for when they were fixed by design. Not for the difference to a baseline.")
  private boolean stratified;

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
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw usage(option + " needs another --task than binary");
      }
    }
    BinaryOptions options = options();
    Input read = input.candidate();
    Input baseline = comparison.baseline(input);
    CompareOptions comparing = comparison.options(options);
    BinaryBootstrap.Options resampling = resampling(options);
    if (resampling != null && !stratified) {
      comparing =
          comparing.withBootstrap(new PairedBootstrap.Options(replicates, seed, options.threads()));
    }
    CompareOptions compared = comparing;
    if (honest && !input.hasIds()) {
      throw usage("--honest halves the rows by id: give --id-column");
    }
    return guarded(
        read.name(), progress -> run(read, baseline, options, compared, resampling, progress));
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

  private int evaluateTask() {
    for (var option : spec.commandLine().getParseResult().matchedOptions()) {
      if (!task.allowed().contains(option.longestName())) {
        throw usage(option.longestName() + " is not for --task " + task.task);
      }
    }
    TaskInput read = input.ofTask(task);
    int some = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    var evaluation = new TaskEvaluation(task, read, decisionThreshold, level, some);
    try {
      evaluation.check();
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    return guarded(read.name(), progress -> runTask(read, evaluation, progress));
  }

  private void runTask(TaskInput source, TaskEvaluation evaluation, Progress progress)
      throws IOException {
    var cost = new LinkedHashMap<String, Object>();
    var clock = new Clock(cost);
    progress.doing("reading " + source.name());
    TaskEvaluation.Ready ready = evaluation.read();
    clock.took("read_seconds");
    if (ready.rows() == 0) {
      progress.note(source.name() + ": no rows: every metric is null");
    }
    progress.doing("evaluating " + ready.rows() + " rows");
    TaskReport report = ready.evaluation().of(null);
    clock.took("compute_seconds");
    var sections = new ArrayList<Section>();
    if (ready.folds() != null) {
      progress.doing("evaluating folds");
      sections.add(TaskFolds.of(source.name(), ready, report, level));
      clock.took("folds_seconds");
    }

    var buffered = new BufferedOutputStream(out, 1 << 16);
    String name = title == null ? source.name() : title;
    var provenance = new LinkedHashMap<String, Object>();
    provenance.put("engine", "touchstone " + version());
    provenance.put("files", Input.sources(source.all()));
    provenance.putAll(evaluation.asked());
    switch (format) {
      case json -> TaskFormat.writeJson(buffered, report, sections, provenance, cost);
      case table -> TaskFormat.writeTables(buffered, name, report, sections, level);
      case html ->
          TaskHtml.write(
              buffered, name, report, ready.picture().apply(report), sections, level, provenance);
      default -> throw new IllegalStateException();
    }
    buffered.flush();
  }

  private void run(
      Input source,
      Input baseline,
      BinaryOptions options,
      CompareOptions comparing,
      BinaryBootstrap.Options resampling,
      Progress progress)
      throws IOException {
    var cost = new LinkedHashMap<String, Object>();
    var clock = new Clock(cost);
    progress.doing("reading " + source.name());
    Predictions read = source.reading().get();
    Predictions predictions = read.withoutDuplicates(source.name());
    List<SliceColumn> slicing = input.slicing(predictions);
    PairedPredictions pairs = null;
    if (baseline != null) {
      progress.doing("reading " + baseline.name());
      Predictions others = baseline.reading().get().withoutDuplicates(baseline.name());
      pairs = comparison.pair(others, baseline.name(), predictions, source.name());
    }
    clock.took("read_seconds");
    if (read.rows() == 0) {
      progress.note(source.name() + ": no rows: every metric is null");
    }

    progress.doing("evaluating " + predictions.rows() + " predictions");
    BinaryReport report = SliceReports.evaluate(predictions, options);
    var slices = SliceReports.of(predictions, slicing, input.maxSlices(), options);
    clock.took("compute_seconds");
    if (slices.leftOut() > 0) {
      progress.note(slices.leftOut() + " slices left out: --max-slices " + input.maxSlices());
    }
    var sections = new ArrayList<Section>();
    if (pairs != null) {
      progress.doing("comparing with " + baseline.name());
      var compared = Comparison.of(baseline.name(), pairs, comparing, options);
      if (!compared.coverage().complete()) {
        progress.note(baseline.name() + ": " + compared.joined() + ": compared on those alone");
      }
      sections.add(compared);
      clock.took("comparison_seconds");
    }
    SliceColumn foldOfRow = input.folds(predictions);
    if (foldOfRow != null) {
      progress.doing("evaluating folds");
      var folds = Folds.of(source.name(), predictions, foldOfRow, options);
      sections.add(
          pairs == null
              ? folds
              : folds.against(source.name(), pairs, input.folds(pairs.candidate()), options));
      clock.took("folds_seconds");
    }
    HonestPoints halves = null;
    if (honest) {
      progress.doing("choosing thresholds on one half, reporting on the other");
      halves = HonestPoints.of(predictions, report, options);
      clock.took("honest_seconds");
    }
    if (resampling != null) {
      progress.doing("resampling " + resampling.replicates() + " times");
      sections.add(Bootstrap.of(predictions, resampling));
      clock.took("bootstrap_seconds");
    }
    cost.put("threads", options.threads());

    var provenance = provenance(source, baseline, read, predictions, options, slices);
    var evaluated =
        new Evaluated(
            title == null ? source.name() : title,
            predictions,
            report,
            slices.slices(),
            halves,
            sections,
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
      Input source,
      Input baseline,
      Predictions read,
      Predictions evaluated,
      BinaryOptions options,
      SliceReports slices)
      throws IOException {
    var provenance = new LinkedHashMap<String, Object>();
    provenance.put("engine", "touchstone " + version());
    provenance.put("files", source.sources());
    provenance.put("columns", source.columns());
    if (baseline != null) {
      provenance.put("baseline_files", baseline.sources());
      provenance.put("baseline_columns", baseline.columns());
    }
    provenance.put("positive_label", input.rule().positiveLabel());
    provenance.put("rows_read", (long) read.rows());
    provenance.put("duplicate_ids", (long) read.rows() - evaluated.rows());
    provenance.put("score_type", evaluated.scoreType());
    provenance.put("decision_threshold", options.decisionThreshold());
    provenance.put("thresholds", options.thresholds());
    provenance.put("level", options.level());
    provenance.put("slices_left_out", slices.leftOut());
    return provenance;
  }

  private static String version() {
    String version = EvaluateCommand.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** Seconds that each part took, one after another. */
  private static final class Clock {
    private final Map<String, Object> cost;
    private long since = System.nanoTime();

    Clock(Map<String, Object> cost) {
      this.cost = cost;
    }

    void took(String part) {
      long now = System.nanoTime();
      cost.put(part, (now - since) / 1e9);
      since = now;
    }
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
      if (stratified) {
        throw usage("--stratified is a way to resample: give --bootstrap");
      }
      return null;
    }
    try {
      return new BinaryBootstrap.Options(
          replicates, seed, options.threads(), options.level(), stratified);
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
}
