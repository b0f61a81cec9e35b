package dev.touchstone.cli.cache;

import picocli.CommandLine.Command;

/** Keeps a set from being pruned. */
@Command(
    name = "pin",
    description = "Keeps a set from being pruned.",
    footerHeading = "%nExamples:%n",
    footer = {"  ./touchstone cache pin 3fa9"},
    mixinStandardHelpOptions = true)
final class PinCommand extends Pinning {

  PinCommand() {
    super(true);
  }
}
