package dev.touchstone.cli.ask;

import picocli.CommandLine.Option;

/** How an answer is written. */
final class FormatOption {

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
      defaultValue = "table")
  private Format format;

  Format chosen() {
    return format;
  }
}
