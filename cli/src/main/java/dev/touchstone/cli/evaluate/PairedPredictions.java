package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.compare.JoinCoverage;
import java.util.Arrays;

/**
 * The examples that two models scored, in one order.
 *
 * @param baseline rows of the baseline
 * @param candidate rows of the same examples
 * @param coverage how many examples there were
 * @param pairedBy {@code id} or {@code row}
 */
record PairedPredictions(
    Predictions baseline, Predictions candidate, JoinCoverage coverage, String pairedBy) {

  /**
   * Pairs rows of one name; names are unique in either file.
   *
   * @throws BadInputException when label or weight of an example differ between the files, naming
   *     the id; when the files have rows but no id in common
   */
  static PairedPredictions byId(
      Predictions baseline, String baselineName, Predictions candidate, String candidateName) {
    int[] found = candidate.ids().rowsIn(baseline.ids());
    int[] theirs = new int[found.length];
    int[] mine = new int[found.length];
    int joined = 0;
    boolean asTheyAre = true;
    for (int row = 0; row < found.length; row++) {
      if (found[row] >= 0) {
        mine[joined] = row;
        theirs[joined] = found[row];
        asTheyAre &= found[row] == row;
        joined++;
      }
    }
    if (joined == 0 && baseline.rows() > 0 && candidate.rows() > 0) {
      throw BadInputException.inFile(baselineName, "has no id in common with " + candidateName);
    }
    var coverage = new JoinCoverage(baseline.rows(), candidate.rows(), joined);
    asTheyAre &= coverage.complete();
    var paired =
        new PairedPredictions(
            asTheyAre ? baseline : baseline.select(Arrays.copyOf(theirs, joined)),
            asTheyAre ? candidate : candidate.select(Arrays.copyOf(mine, joined)),
            coverage,
            "id");
    paired.requireAgreement(baselineName, candidateName);
    return paired;
  }

  /**
   * Pairs row by row.
   *
   * @throws BadInputException when label or weight of a row differ between the files
   */
  static PairedPredictions byRow(
      Predictions baseline, String baselineName, Predictions candidate, String candidateName) {
    if (baseline.rows() != candidate.rows()) {
      throw new IllegalArgumentException("rows are paired one by one");
    }
    int rows = candidate.rows();
    var paired =
        new PairedPredictions(baseline, candidate, new JoinCoverage(rows, rows, rows), "row");
    paired.requireAgreement(baselineName, candidateName);
    return paired;
  }

  private void requireAgreement(String baselineName, String candidateName) {
    int row = Arrays.mismatch(baseline.labels(), candidate.labels());
    if (row >= 0) {
      throw differs(
          "label",
          baseline.labels()[row],
          candidate.labels()[row],
          row,
          baselineName,
          candidateName);
    }
    for (int i = 0; i < baseline.rows(); i++) {
      if (baseline.weight(i) != candidate.weight(i)) {
        throw differs(
            "weight", baseline.weight(i), candidate.weight(i), i, baselineName, candidateName);
      }
    }
  }

  private BadInputException differs(
      String what, Number theirs, Number mine, int row, String baselineName, String candidateName) {
    String rule = what + " must be as in " + candidateName + ", " + mine + ", got " + theirs;
    return pairedBy.equals("row")
        ? BadInputException.inRow(baselineName, row + 1L, rule)
        : BadInputException.inFile(
            baselineName, rule + " for id " + BadInputException.quote(candidate.ids().get(row)));
  }
}
