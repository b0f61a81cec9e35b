package dev.touchstone.cli.cache;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What lies in the prediction cache, and what may go. */
@Command(
    name = "cache",
    description = "Shows, checks, prunes and exports the cached prediction sets.",
    subcommands = {
      ListCommand.class,
      VerifyCommand.class,
      PruneCommand.class,
      PinCommand.class,
      UnpinCommand.class,
      ExportCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone cache ls --format json",
      "  ./touchstone cache verify",
      "  ./touchstone cache pin 3fa9",
      "  ./touchstone cache prune --set cache.retention_hours=720 --dry-run",
      "  ./touchstone cache export 3fa9 --to predictions.csv"
    },
    mixinStandardHelpOptions = true)
public final class CacheCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }
}
