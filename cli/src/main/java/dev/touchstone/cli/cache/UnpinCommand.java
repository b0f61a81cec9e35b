package dev.touchstone.cli.cache;

import picocli.CommandLine.Command;

/** Lets a pinned set be pruned again. */
@Command(
    name = "unpin",
    description = "Lets a pinned set be pruned again.",
    footerHeading = "%nExamples:%n",
    footer = {"  ./touchstone cache unpin 3fa9"},
    mixinStandardHelpOptions = true)
final class UnpinCommand extends Pinning {

  UnpinCommand() {
    super(false);
  }
}
