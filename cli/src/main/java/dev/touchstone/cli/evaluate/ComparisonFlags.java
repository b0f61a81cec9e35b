package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.compare.CompareOptions;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of the comparison with another model on the same examples. */
final class ComparisonFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--baseline",
      paramLabel = "FILE",
      description =
          "Predictions of another model on the same examples, to compare with: paired by"
              + " --id-column. May be given more than once.")
  private List<Path> files = List.of();

  @Option(
      names = "--baseline-score-column",
      paramLabel = "NAME",
      description = "The baseline's score column. Default: as --score-column.")
  private String scoreColumn;

  @Option(
      names = "--baseline-threshold",
      paramLabel = "T",
      description = "The baseline's decision threshold. Default: as --decision-threshold.")
  private Double threshold;

  @Option(
      names = "--pair-by-row",
      description = "Pair with the baseline row by row, in place of --id-column.")
  private boolean byRow;

  /** The baseline to read, or null when there is none. */
  Input baseline(InputFlags input) {
    if (files.isEmpty()) {
      for (String option :
          List.of("--baseline-score-column", "--baseline-threshold", "--pair-by-row")) {
        if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
          throw usage(option + " is for a comparison: give --baseline");
        }
      }
      return null;
    }
    if (byRow && input.hasIds()) {
      throw usage("--pair-by-row and --id-column are two ways to pair, got both");
    }
    if (!byRow && !input.hasIds()) {
      throw usage(
          "--baseline is paired by --id-column; for files with the same rows in the same order,"
              + " say --pair-by-row");
    }
    return input.baseline(files, scoreColumn);
  }

  /** How to compare. */
  CompareOptions options(BinaryOptions evaluation) {
    double own = threshold == null ? evaluation.decisionThreshold() : threshold;
    try {
      return CompareOptions.defaults()
          .withLevel(evaluation.level())
          .withThresholds(own, evaluation.decisionThreshold());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  /** Pairs what was read. */
  PairedPredictions pair(
      Predictions baseline, String baselineName, Predictions candidate, String candidateName) {
    if (!byRow) {
      return PairedPredictions.byId(baseline, baselineName, candidate, candidateName);
    }
    if (baseline.rows() != candidate.rows()) {
      throw usage(
          "--pair-by-row needs files with the same rows, got "
              + baseline.rows()
              + " in "
              + baselineName
              + " and "
              + candidate.rows()
              + " in "
              + candidateName);
    }
    return PairedPredictions.byRow(baseline, baselineName, candidate, candidateName);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
