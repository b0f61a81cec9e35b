package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ExactSum;

/**
 * The sums of equal-width calibration bins and of squared errors over all rows, from what {@link
 * CoarseCounts} holds: moments of whole coarse bins, and the rows of those that calibration bins
 * cut in two. In units of weight.
 */
final class CalibrationSums {
  private final int binCount;
  // by bin * 2 + label
  private final long[] weights;
  private final double[] scores;
  private final double[] squares;
  private final double squaredErrors;
  private final double fourthPowers;

  CalibrationSums(CoarseCounts total) {
    var direct = total.probability();
    binCount = direct.binCount();
    weights = new long[2 * binCount];
    scores = new double[2 * binCount];
    squares = new double[2 * binCount];
    for (int at = 0; at < 2 * binCount; at++) {
      weights[at] = direct.weight(at >> 1, at & 1);
      scores[at] = direct.scores(at >> 1, at & 1);
      squares[at] = direct.squares(at >> 1, at & 1);
    }
    var errors = ExactSum.of(direct.squaredErrors());
    double fourths = direct.fourthPowers();
    if (total.sumsFromMoments()) {
      var moments = total.moments();
      int last = total.bin(1);
      for (int bin = total.bin(0); bin <= last; bin++) {
        int into = ProbabilitySums.bin(ScoreMoments.middle(bin), binCount) << 1;
        for (int label = 0; label < 2; label++) {
          long rows = total.rows(bin, label);
          if (rows > 0 && !direct.splits(bin)) {
            weights[into | label] += rows;
            scores[into | label] += moments.sum(bin, label, rows);
            squares[into | label] += moments.squares(bin, label, 0, rows);
            errors.add(moments.squares(bin, label, label, rows));
            fourths += moments.fourthPowers(bin, label, rows);
          }
        }
      }
    }
    squaredErrors = errors.value();
    fourthPowers = fourths;
  }

  int binCount() {
    return binCount;
  }

  /** Units of weight in an equal-width bin. */
  long weight(int bin, int label) {
    return weights[2 * bin + label];
  }

  /** Sum of scores. */
  double scores(int bin, int label) {
    return scores[2 * bin + label];
  }

  /** Sum of squared scores. */
  double squares(int bin, int label) {
    return squares[2 * bin + label];
  }

  /** Sum of (p - y)². */
  double squaredErrors() {
    return squaredErrors;
  }

  /** Sum of (p - y)⁴, to some digits: for a spread. */
  double fourthPowers() {
    return fourthPowers;
  }
}
