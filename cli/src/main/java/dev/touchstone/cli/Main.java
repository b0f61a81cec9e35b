package dev.touchstone.cli;

import dev.touchstone.cli.ask.ReportCommand;
import dev.touchstone.cli.ask.RunsCommand;
import dev.touchstone.cli.cache.CacheCommand;
import dev.touchstone.cli.demo.DemoCommand;
import dev.touchstone.cli.evaluate.EvaluateCommand;
import dev.touchstone.cli.runtime.EmbeddedEngine;
import dev.touchstone.cli.runtime.EngineOptions;
import dev.touchstone.cli.runtime.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code ./touchstone}. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input. */
@Command(
    name = "touchstone",
    description = "Evaluates models in training: proxies always, the full assay at checkpoints.",
    subcommands = {
      UpCommand.class,
      EvaluateCommand.class,
      CacheCommand.class,
      ReportCommand.class,
      RunsCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone demo                        a training run, evaluated while you watch",
      "  ./touchstone up                          the engine, for your own training jobs",
      "  ./touchstone evaluate preds.csv          the full metrics of a file, no Kafka",
      "  ./touchstone runs                        what a running engine knows",
      "  ./touchstone report --run R --checkpoint C --wait    a full evaluation of it",
      "  ./touchstone cache ls                    the prediction sets that are kept",
      "  ./touchstone test                        every test of the project"
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

  static CommandLine commandLine() {
    CommandLine command = new CommandLine(new Main());
    command.addSubcommand(new DemoCommand(Main::startForDemo));
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
    int code = commandLine().execute(args);
    System.exit(code);
  }
}
