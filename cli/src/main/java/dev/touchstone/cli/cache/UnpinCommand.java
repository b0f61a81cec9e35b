package dev.touchstone.cli.cache;

import picocli.CommandLine.Command;

/** Lets a pinned set be pruned again. */
@Command(
    name = "unpin",
    description = "Lets a pinned set be pruned again.",
    mixinStandardHelpOptions = true)
final class UnpinCommand extends Pinning {

  UnpinCommand() {
    super(false);
  }
}
