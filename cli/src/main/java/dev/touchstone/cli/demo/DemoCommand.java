package dev.touchstone.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.cli.runtime.EngineLauncher;
import dev.touchstone.cli.runtime.EngineLauncher.Engine;
import dev.touchstone.schemas.Topics;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code touchstone demo}: an engine, a training job that feeds it, and what came out. Exit codes:
 * 0 everything was evaluated, 1 something failed or did not end in time, 2 wrong usage, 130
 * interrupted.
 */
@Command(
    name = "demo",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description = {
      "Trains a fraud model and evaluates it while it trains, in one process.",
      "",
      "Boosted trees learn from a generated stream of card payments. After each step the"
          + " validation set is scored once; the page shows proxy metrics at once and the full"
          + " report of each model checkpoint.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  ./touchstone demo",
      "  ./touchstone demo --once --data /tmp/demo > result.json",
      "  ./touchstone demo --data ./demo-data --seed 9 --rows 2000000"
    })
public final class DemoCommand implements Callable<Integer> {

  private static final int DEFAULT_PORT = 8080;
  private static final int FAILED = 1;
  private static final int INTERRUPTED = 130;
  private static final int NAMED_MISSING = 3;
  private static final Duration PROXY_GRACE = Duration.ofSeconds(10);
  private static final Duration SHUTDOWN_PATIENCE = Duration.ofSeconds(30);

  @Option(
      names = "--once",
      description = "Run to the end, print one JSON object to stdout, exit 0. Progress: stderr.")
  private boolean once;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = {
        "Keep everything here; the same command goes on where it was.",
        "Default: a temporary directory, deleted at the end."
      })
  private Path data;

  @Option(
      names = "--port",
      description = {
        "Port of the page; 0 takes a free one.",
        "Default: " + DEFAULT_PORT + ", with --once a free one."
      })
  private Integer port;

  @Option(
      names = "--seed",
      defaultValue = "" + DemoSettings.DEFAULT_SEED,
      description = "Seed of data and learner. Default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "" + DemoSettings.DEFAULT_VALIDATION_ROWS,
      description = "Validation rows, scored at every step. Default: ${DEFAULT-VALUE}")
  private int rows;

  @Option(
      names = "--training-rows",
      paramLabel = "N",
      defaultValue = "" + DemoSettings.DEFAULT_TRAINING_ROWS,
      description = "Training rows. Default: ${DEFAULT-VALUE}")
  private int trainingRows;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "" + DemoSettings.DEFAULT_STEPS,
      description = "Evaluated steps. Default: ${DEFAULT-VALUE}")
  private int steps;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "" + DemoSettings.DEFAULT_CHECKPOINT_EVERY,
      description = "Steps between model checkpoints. Default: ${DEFAULT-VALUE}")
  private int checkpointEvery;

  @Option(
      names = "--pace",
      paramLabel = "SECONDS",
      description = {
        "Least time a step takes, so that there is something to watch.",
        "Default: 1, with --once 0."
      })
  private Double paceSeconds;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "How long to wait for reports after training. Default: ${DEFAULT-VALUE}")
  private int timeoutSeconds;

  @Spec private CommandSpec spec;

  private final EngineLauncher launcher;

  public DemoCommand(EngineLauncher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() throws IOException {
    DemoSettings settings = settings();
    boolean live = !once && System.console() != null;
    ProgressLine progress = new ProgressLine(once ? err() : out(), live);
    Path dir = data == null ? Files.createTempDirectory("touchstone-demo-") : data;
    CountDownLatch stopped = new CountDownLatch(1);
    Thread onInterrupt = interruptOnShutdown(Thread.currentThread(), stopped);
    try {
      return run(settings, dir, progress);
    } catch (InterruptedException e) {
      progress.line("stopped" + (data == null ? "" : "; the same command goes on from here"));
      return INTERRUPTED;
    } catch (IOException | IllegalStateException e) {
      progress.line("demo failed: " + e.getMessage());
      return FAILED;
    } finally {
      if (data == null) {
        deleteTree(dir);
      }
      stopped.countDown();
      forget(onInterrupt);
    }
  }

  private DemoSettings settings() {
    double pace = paceSeconds == null ? (once ? 0 : 1) : paceSeconds;
    try {
      if (!(pace >= 0 && pace <= 3_600)) {
        throw new IllegalArgumentException("--pace must be in [0, 3600] seconds, got " + pace);
      }
      if (timeoutSeconds < 1) {
        throw new IllegalArgumentException(
            "--timeout must be at least 1 second, got " + timeoutSeconds);
      }
      return DemoSettings.defaults()
          .withSeed(seed)
          .withRows(rows, trainingRows)
          .withSteps(steps, checkpointEvery)
          .withPace(Duration.ofNanos((long) (pace * 1e9)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private int run(DemoSettings settings, Path dir, ProgressLine progress)
      throws IOException, InterruptedException {
    progress.line("starting Kafka, Flink and the server over " + dir);
    try (Engine engine = launcher.start(dir, port == null ? (once ? 0 : DEFAULT_PORT) : port);
        Watch watch = new Watch(engine, progress)) {
      progress.line("page: " + engine.url());
      Path runDir = dir.resolve("training").resolve(settings.fingerprint());
      TrainingRun.Summary run =
          TrainingRun.run(
              settings, runDir, engine.bootstrap(), Topics.DEFAULT_PREFIX, watch::afterStep);
      if (run.alreadyFinished()) {
        progress.line("run " + run.runId() + " has finished before: not trained again");
      }
      List<String> missing = watch.awaitOutcomes(run, Duration.ofSeconds(timeoutSeconds));
      DemoReportCollector collector = watch.collector(run.runId());
      if (once) {
        out().println(pretty(collector.toJson(run)));
        out().flush();
      } else {
        run.checkpoints().stream()
            .map(collector::checkpoint)
            .map(DemoCommand::row)
            .forEach(progress::line);
      }
      if (!missing.isEmpty()) {
        progress.line("not evaluated within " + timeoutSeconds + " s: " + shortened(missing));
        return FAILED;
      }
      if (!once) {
        progress.line("everything is evaluated; look at " + engine.url() + " (Ctrl-C to stop)");
        new CountDownLatch(1).await();
      }
      return 0;
    }
  }

  /** The results as they come in, and the line that tells of them. */
  private static final class Watch implements AutoCloseable {

    private final Engine engine;
    private final ProgressLine line;
    private DemoReportCollector collector;
    private ReportFollower follower;

    Watch(Engine engine, ProgressLine line) {
      this.engine = engine;
      this.line = line;
    }

    void afterStep(TrainingRun.Progress progress) {
      DemoReportCollector results = collector(progress.runId());
      line.step(
          String.format(
              Locale.ROOT,
              "step %d/%d%s · %s · %.1f M predictions, %.2f M/s · %s",
              progress.step(),
              progress.steps(),
              progress.checkpoint() ? " (checkpoint)" : "",
              proxy(results),
              progress.predictionsEmitted() / 1e6,
              progress.predictionsPerSecond() / 1e6,
              engine.url()));
    }

    List<String> awaitOutcomes(TrainingRun.Summary run, Duration deadline)
        throws InterruptedException {
      DemoReportCollector results = collector(run.runId());
      return follower.await(
          run,
          deadline,
          PROXY_GRACE,
          () ->
              line.status(
                  String.format(
                      "trained · %s · %d/%d prediction sets complete, %d/%d reports · %s",
                      proxy(results),
                      results.completeSets(),
                      run.steps(),
                      results.endedEvaluations(),
                      run.checkpoints().size(),
                      engine.url())));
    }

    /**
     * Reading begins with the first call, when the run has its name; from the topics' beginning.
     */
    DemoReportCollector collector(String runId) {
      if (collector == null) {
        collector = new DemoReportCollector(Topics.withDefaultPrefix(), runId);
        follower = ReportFollower.start(collector, engine.bootstrap());
      }
      return collector;
    }

    private static String proxy(DemoReportCollector results) {
      return results
          .latestProxy("average_precision")
          .filter(proxy -> proxy.value() != null)
          .map(
              proxy ->
                  String.format(Locale.ROOT, "AP %.4f", proxy.value())
                      + (proxy.low() == null || proxy.high() == null
                          ? ""
                          : String.format(Locale.ROOT, " [%.4f, %.4f]", proxy.low(), proxy.high()))
                      + " at step "
                      + proxy.step())
          .orElse("no proxy yet");
    }

    @Override
    public void close() {
      if (follower != null) {
        follower.close();
      }
    }
  }

  private static String shortened(List<String> missing) {
    String first = String.join(", ", missing.subList(0, Math.min(NAMED_MISSING, missing.size())));
    int more = missing.size() - NAMED_MISSING;
    return more > 0 ? first + " and " + more + " more" : first;
  }

  private static String row(JsonNode checkpoint) {
    JsonNode metrics = checkpoint.path("report").path("metrics");
    return String.format(
        "%s  %-10s  AP %s  ROC AUC %s",
        checkpoint.path("checkpoint").asText(),
        checkpoint.path("state").asText("no outcome"),
        value(metrics, "average_precision"),
        value(metrics, "roc_auc"));
  }

  private static String value(JsonNode metrics, String name) {
    JsonNode value = metrics.path(name).path("value");
    return value.isNumber() ? String.format(Locale.ROOT, "%.6f", value.doubleValue()) : "-";
  }

  private static String pretty(ObjectNode json) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that can't be printed", e);
    }
  }

  /** Ctrl-C: the working thread is interrupted and gets the time to close what it opened. */
  private static Thread interruptOnShutdown(Thread worker, CountDownLatch stopped) {
    Thread hook =
        new Thread(
            () -> {
              worker.interrupt();
              try {
                stopped.await(SHUTDOWN_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "demo-shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    return hook;
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process is ending and the hook runs: nothing to forget
    }
  }

  private static void deleteTree(Path dir) throws IOException {
    try (Stream<Path> tree = Files.walk(dir)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
