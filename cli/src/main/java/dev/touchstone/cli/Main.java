package dev.touchstone.cli;

import dev.touchstone.cli.ask.ReportCommand;
import dev.touchstone.cli.ask.RunsCommand;
import dev.touchstone.cli.ask.WatchCommand;
import dev.touchstone.cli.cache.CacheCommand;
import dev.touchstone.cli.demo.DemoCommand;
import dev.touchstone.cli.evaluate.EvaluateCommand;
import dev.touchstone.cli.plan.PlanCommand;
import dev.touchstone.cli.runtime.EmbeddedEngine;
import dev.touchstone.cli.runtime.EngineOptions;
import dev.touchstone.cli.runtime.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code ./touchstone}. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input. */
@Command(
    name = "touchstone",
    description = "Evaluates models in training: proxies always, the full assay at checkpoints.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone demo                        a training run, evaluated while you watch",
      "  ./touchstone up                          the engine, for your own training jobs",
      "  ./touchstone evaluate preds.csv          the full metrics of a file, no Kafka",
      "  ./touchstone plan --labels eval.csv …    which examples proxies need",
      "  ./touchstone runs                        what a running engine knows",
      "  ./touchstone watch R                     a run as it goes, in the terminal",
      "  ./touchstone report --run R --checkpoint C --wait    a full evaluation of it",
      "  ./touchstone cache ls                    the prediction sets that are kept",
      "  source <(./touchstone completion bash)   completes commands and options"
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
public final class Main implements Runnable {

  /** Says what was built. */
  static final class Version implements CommandLine.IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"touchstone " + (version == null ? "(development)" : version)};
    }
  }

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  /** The demo brings its own Kafka on a port of its own; other settings are those of the file. */
  private static EmbeddedEngine startForDemo(Path data, int httpPort)
      throws IOException, InterruptedException {
    SettingsOptions settings = new SettingsOptions();
    try {
      return EmbeddedEngine.start(
          new EngineOptions(
              data, settings::source, settings.confDirectory(), httpPort, 0, 0, null));
    } catch (UsageException e) {
      throw new IOException(e.getMessage(), e);
    } catch (InterruptedException | IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the engine did not start: " + e.getMessage(), e);
    }
  }

  private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("demo", () -> new DemoCommand(Main::startForDemo));
    COMMANDS.put("up", UpCommand::new);
    COMMANDS.put("evaluate", EvaluateCommand::new);
    COMMANDS.put("plan", PlanCommand::new);
    COMMANDS.put("report", ReportCommand::new);
    COMMANDS.put("runs", RunsCommand::new);
    COMMANDS.put("watch", WatchCommand::new);
    COMMANDS.put("cache", CacheCommand::new);
    COMMANDS.put("completion", CompletionCommand::new);
    COMMANDS.put("bench", LauncherCommand.Bench::new);
    COMMANDS.put("test", LauncherCommand.Test::new);
    COMMANDS.put("build", LauncherCommand.Build::new);
  }

  /** Knows the command that is asked for, which is a quicker start, or else all of them. */
  static CommandLine commandLine(String... args) {
    CommandLine command = new CommandLine(new Main());
    if (args.length > 0 && COMMANDS.containsKey(args[0])) {
      command.addSubcommand(COMMANDS.get(args[0]).get());
    } else {
      COMMANDS.values().forEach(each -> command.addSubcommand(each.get()));
    }
    command.setExecutionExceptionHandler(
        (exception, line, parsed) -> {
          if (exception instanceof UsageException
              || exception instanceof IllegalArgumentException) {
            System.err.println("touchstone: " + exception.getMessage());
            return ExitCode.USAGE;
          }
          if (exception instanceof IOException) {
            System.err.println("touchstone: " + exception.getMessage());
            return ExitCode.SOFTWARE;
          }
          throw exception;
        });
    return command;
  }

  public static void main(String[] args) {
    int code = commandLine(args).execute(args);
    System.exit(code);
  }
}
