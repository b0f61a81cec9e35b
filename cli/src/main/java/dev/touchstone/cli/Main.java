package dev.touchstone.cli;

import dev.touchstone.cli.runtime.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** The command {@code ./touchstone}. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input. */
@Command(
    name = "touchstone",
    description = "Evaluates models in training: proxies always, the full assay at checkpoints.",
    subcommands = {UpCommand.class},
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone demo                        a training run, evaluated while you watch",
      "  ./touchstone up                          the engine, for your own training jobs",
      "  ./touchstone evaluate preds.csv          the full metrics of a file, no Kafka",
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

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }

  static CommandLine commandLine() {
    CommandLine command = new CommandLine(new Main());
    command.setExecutionExceptionHandler(
        (exception, line, parsed) -> {
          if (exception instanceof UsageException || exception instanceof IllegalArgumentException) {
            System.err.println("touchstone: " + exception.getMessage());
            return ExitCode.USAGE;
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
