package dev.touchstone.cli.plan;

import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.touchstone.cli.cache.CacheOptions;
import dev.touchstone.cli.evaluate.BadInputException;
import dev.touchstone.cli.evaluate.ColumnScan;
import dev.touchstone.cli.evaluate.LabelRule;
import dev.touchstone.cli.evaluate.Progress;
import dev.touchstone.jobs.cache.CacheDirectory;
import dev.touchstone.jobs.cache.CachedSet;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanOptions;
import dev.touchstone.metrics.sampling.PlanTask;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code touchstone plan}: which examples proxies are computed on. Exit codes: 0 the plan was
 * written, 1 it could not be, 2 wrong usage, 3 bad input.
 */
@Command(
    name = "plan",
    description = "Makes a sampling plan from labels and, better, the scores of a reference model.",
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone plan --labels eval.parquet --id-column id --score-column p \\",
      "      --budget 20000 --out plan.json",
      "  ./touchstone plan --labels eval.csv --id-column id --reference-scores old.csv \\",
      "      --segment-column country --budget 20000 --out plan.json",
      "  ./touchstone plan --run fraud-7 --checkpoint step-800 --budget 20000 --out plan.json",
      "  ./touchstone plan --from-report report.json --out next-plan.json",
      "",
      "The file is described in docs/sampling-plans.md. The same seed and a larger budget",
      "keep every example of the smaller plan. Exit codes: 0 written, 2 wrong usage,",
      "3 bad input (file, row, rule and value on stderr)."
    })
public final class PlanCommand implements Callable<Integer> {
  private static final int CANNOT_WRITE = 1;
  private static final int BAD_INPUT = 3;

  // doubles as short as they can be, the same on every JDK
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER).build();

  @Spec private CommandSpec spec;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "The examples: .csv, .tsv (also .gz) or .parquet, with a header.")
  private Path labels;

  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description = "csv, tsv or parquet; by default the extension decides.")
  private String inputFormat;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      defaultValue = "binary",
      description = "binary, multiclass or regression. Default: ${DEFAULT-VALUE}.")
  private String task;

  @Option(
      names = "--id-column",
      paramLabel = "NAME",
      description = "Column of example ids, whole numbers. Default: the row, counted from 0.")
  private String idColumn;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      defaultValue = "label",
      description = "Column of labels, classes or targets. Default: ${DEFAULT-VALUE}.")
  private String labelColumn;

  @Option(
      names = "--positive-label",
      paramLabel = "VALUE",
      description = "The label of the positive class; every other one is negative.")
  private String positiveLabel;

  @Option(
      names = "--score-column",
      paramLabel = "NAME",
      description =
          "Column of reference scores (binary), in the file of labels or in that of"
              + " --reference-scores (there by default: score).")
  private String scoreColumn;

  @Option(
      names = "--reference-scores",
      paramLabel = "FILE",
      description =
          "Reference scores in a file of their own: by --id-column, or row by row without.")
  private Path referenceScores;

  @Option(
      names = "--segment-column",
      paramLabel = "NAME",
      description = "Column whose values are sampled apart; with --run or --set-key a slice.")
  private String segmentColumn;

  @Option(names = "--run", paramLabel = "R", description = "Labels and scores from the cache: run.")
  private String run;

  @Option(names = "--checkpoint", paramLabel = "C", description = "… and model checkpoint.")
  private String checkpoint;

  @Option(
      names = "--set-key",
      paramLabel = "KEY",
      description = "Labels and scores from the cache: key of a set or its beginning.")
  private String set;

  @Option(
      names = "--from-report",
      paramLabel = "FILE",
      description =
          "The plan that a full report proposes (asked with propose_plan_budget), with examples of"
              + " the cached set that it is about, or of --labels with the same scores.")
  private Path fromReport;

  @Mixin private CacheOptions cache = new CacheOptions();

  @Option(
      names = "--budget",
      paramLabel = "N",
      description =
          "Examples that the sample is to have, in expectation. Required but with --from-report.")
  private Long budget;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of the sample. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--positives-cap",
      paramLabel = "P",
      defaultValue = "20000",
      description = "All positives are kept up to so many. Default: ${DEFAULT-VALUE}.")
  private long positivesCap;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The plan; - for stdout, the table then goes to stderr.")
  private String out;

  @Option(names = "--quiet", description = "No table, and no messages but errors.")
  private boolean quiet;

  private final PrintStream stdout;
  private final PrintStream stderr;

  /** Writes to the process's stdout and stderr. */
  public PlanCommand() {
    this(System.out, System.err);
  }

  PlanCommand(PrintStream stdout, PrintStream stderr) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  @Override
  public Integer call() {
    boolean cached = run != null || checkpoint != null || set != null;
    if (fromReport != null) {
      refuseWithReport(cached);
    } else if (cached == (labels != null)) {
      throw usage("give --labels, or --run and --checkpoint, or --set-key");
    } else if (budget == null) {
      throw usage("Missing required option: '--budget=N'");
    }
    PlanOptions options = fromReport == null ? options() : null;
    try (var progress = new Progress(stderr, quiet)) {
      var made =
          fromReport != null
              ? ofReport(progress)
              : cached ? ofCache(options, progress) : ofTable(options, progress);
      write(made);
      if (!quiet) {
        (out.equals("-") ? stderr : stdout).print(PlanTable.of(made));
      }
      return 0;
    } catch (BadInputException e) {
      stderr.println(e.getMessage());
      return BAD_INPUT;
    } catch (IllegalArgumentException e) {
      stderr.println((labels == null ? "" : labels + ": ") + e.getMessage());
      return BAD_INPUT;
    } catch (IOException e) {
      stderr.println("touchstone: " + e.getMessage());
      return CANNOT_WRITE;
    } catch (OutOfMemoryError e) {
      stderr.println(
          "the plan does not fit in "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + " MiB of memory; give the JVM more (TOUCHSTONE_JAVA_OPTS=-Xmx8g)");
      return BAD_INPUT;
    }
  }

  private PlanOptions options() {
    try {
      return PlanOptions.of(seed, budget).withPositivesCap(positivesCap);
    } catch (IllegalArgumentException e) {
      throw usage("--" + e.getMessage().replace("positives cap", "positives-cap"));
    }
  }

  private void refuseWithReport(boolean cached) {
    for (String option : List.of("--budget", "--seed", "--positives-cap", "--segment-column")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw usage(option + " is not for --from-report; the report says it itself");
      }
    }
    if (cached) {
      throw usage("--run, --checkpoint and --set-key are not for --from-report: it names its set");
    }
    if (labels != null && scoreColumn == null && referenceScores == null) {
      throw usage("--labels with --from-report needs --score-column or --reference-scores");
    }
  }

  private PlanMaker.Made ofReport(Progress progress) throws IOException {
    ReportedPlan reported = ReportedPlan.read(fromReport);
    PlanFile file;
    if (labels != null) {
      file = PlanMaker.apply(reported.rule(), tableExamples(reported.rule().task(), progress));
    } else {
      CacheDirectory directory = cache.directory();
      var examples = CachedExamples.of(directory, directory.find(reported.setKey()), null);
      progress.doing("reading set " + reported.setKey());
      file = PlanMaker.apply(reported.rule(), examples);
    }
    return new PlanMaker.Made(file, reported.errors(), new double[0]);
  }

  private PlanMaker.Made ofTable(PlanOptions options, Progress progress) {
    PlanTask kind;
    try {
      kind = PlanTask.of(task);
    } catch (IllegalArgumentException e) {
      throw usage("--" + e.getMessage());
    }
    var examples = tableExamples(kind, progress);
    boolean scored = scoreColumn != null || referenceScores != null;
    return PlanMaker.make(kind, scored, segmentColumn != null, options, examples);
  }

  private PlanMaker.Examples<RuntimeException> tableExamples(PlanTask kind, Progress progress) {
    boolean scored = scoreColumn != null || referenceScores != null;
    if (scored && kind != PlanTask.BINARY) {
      throw usage("--score-column and --reference-scores are for --task binary, got " + task);
    }
    if (positiveLabel != null && kind != PlanTask.BINARY) {
      throw usage("--positive-label is for --task binary, got " + task);
    }
    requireDistinct();
    ReferenceScores others = null;
    if (referenceScores != null) {
      progress.doing("reading " + referenceScores);
      others = reference();
    }
    var examples =
        new TableExamples(
            kind,
            labels,
            inputFormat,
            idColumn,
            labelColumn,
            referenceScores == null ? scoreColumn : null,
            segmentColumn,
            positiveLabel == null ? LabelRule.zeroOne() : LabelRule.positive(positiveLabel),
            others);
    return to -> {
      progress.doing("reading " + labels);
      examples.forEach(to);
    };
  }

  private void requireDistinct() {
    var seen = new ArrayList<String>();
    for (String name : new String[] {labelColumn, idColumn, segmentColumn, ownScoreColumn()}) {
      if (name != null && seen.contains(name)) {
        throw usage("a column can serve one purpose, got two for " + BadInputException.quote(name));
      }
      seen.add(name);
    }
  }

  private String ownScoreColumn() {
    return referenceScores == null ? scoreColumn : null;
  }

  private ReferenceScores reference() {
    var scores = new ReferenceScores();
    var columns = new ArrayList<ColumnScan.Column>();
    columns.add(
        new ColumnScan.Column(
            "reference score",
            scoreColumn == null ? "score" : scoreColumn,
            ColumnScan.Kind.NUMBER));
    if (idColumn != null) {
      columns.add(new ColumnScan.Column("id", idColumn, ColumnScan.Kind.WHOLE));
    }
    ColumnScan.read(
        referenceScores,
        null,
        columns,
        row -> scores.add(idColumn == null ? scores.size() : row.whole(1), row.number(0)));
    return scores;
  }

  private PlanMaker.Made ofCache(PlanOptions options, Progress progress) throws IOException {
    for (String option :
        List.of(
            "--input-format",
            "--task",
            "--id-column",
            "--label-column",
            "--positive-label",
            "--score-column",
            "--reference-scores")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw usage(option + " is for --labels; a cached set says it itself");
      }
    }
    if (set == null ? run == null || checkpoint == null : run != null || checkpoint != null) {
      throw usage("give --run and --checkpoint, or --set-key");
    }
    CacheDirectory directory = cache.directory();
    CachedSet found =
        set != null ? directory.find(set) : CachedExamples.find(directory, run, checkpoint);
    var examples = CachedExamples.of(directory, found, segmentColumn);
    return PlanMaker.make(
        examples.task(),
        examples.task() == PlanTask.BINARY,
        segmentColumn != null,
        options,
        to -> {
          progress.doing("reading set " + found.setKey());
          examples.forEach(to);
        });
  }

  private void write(PlanMaker.Made made) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(made.file().toMap());
    if (out.equals("-")) {
      stdout.write(bytes);
      stdout.println();
      stdout.flush();
      if (stdout.checkError()) {
        throw new IOException("the plan could not be written to stdout");
      }
      return;
    }
    Path file = Path.of(out);
    Path draft = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.write(draft, bytes);
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new IOException("the plan could not be written: " + e, e);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
