package dev.touchstone.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What {@code ./touchstone} does itself: here for the help and for completion. */
abstract class LauncherCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(hidden = true)
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    spec.commandLine()
        .getErr()
        .println("touchstone: " + spec.name() + " is a command of the launcher ./touchstone");
    return ExitCode.USAGE;
  }

  /** Benchmarks are a module of their own. */
  @Command(
      name = "bench",
      description = "Runs a benchmark; bare: lists them.",
      mixinStandardHelpOptions = true,
      footerHeading = "%nExamples:%n",
      footer = {"  ./touchstone bench", "  ./touchstone bench billion"})
  static final class Bench extends LauncherCommand {}

  /** Tests are Maven's and pytest's. */
  @Command(
      name = "test",
      description =
          "Runs every test of the project; wants Python 3.11 for the checks from outside.",
      mixinStandardHelpOptions = true,
      footerHeading = "%nExamples:%n",
      footer = {
        "  ./touchstone test",
        "  ./touchstone test frameworks     the Python client in all frameworks"
      })
  static final class Test extends LauncherCommand {}

  /** The launcher builds what is stale anyway. */
  @Command(
      name = "build",
      description = "Builds the project, as every command does where something is stale.",
      mixinStandardHelpOptions = true,
      footerHeading = "%nExamples:%n",
      footer = "  ./touchstone build")
  static final class Build extends LauncherCommand {}
}
