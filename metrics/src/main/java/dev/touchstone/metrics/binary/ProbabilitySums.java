package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;

/**
 * Log loss, Brier score, their spread, and the sums of equal-width calibration bins, exactly: each
 * term is rounded once (to 2^-52 and the like, times the unit of weight) and added as an integer.
 */
final class ProbabilitySums {
  /** Units of a loss in 1. A loss is below 37, so 64 of them stay within a long. */
  static final double UNIT = 0x1p52;

  /** Units of a squared loss. */
  static final double SQUARE_UNIT = 0x1p44;

  /** Units of a probability in a calibration bin: a block of 4,096 stays within a long. */
  private static final double BIN_UNIT = 0x1p50;

  private static final int RUN = 64;

  private final int binCount;
  private final Sum128 logLoss = Sum128.zero();
  private final Sum128 squaredLogLoss = Sum128.zero();
  private final Sum128 brier = Sum128.zero();
  private final Sum128 squaredBrier = Sum128.zero();
  private long clipped;
  private long outside;
  // [bin * 2 + label]: weights, sum w p, sum w p²
  private final long[] weights;
  private final Sum128[] scores;
  private final Sum128[] squares;
  private final long[] blockScores;
  private final long[] blockSquares;

  ProbabilitySums(int binCount) {
    this.binCount = binCount;
    weights = new long[2 * binCount];
    scores = zeros(2 * binCount);
    squares = zeros(2 * binCount);
    blockScores = new long[2 * binCount];
    blockSquares = new long[2 * binCount];
  }

  private static Sum128[] zeros(int count) {
    var sums = new Sum128[count];
    java.util.Arrays.setAll(sums, i -> Sum128.zero());
    return sums;
  }

  /** Adds float32 rows; scores outside [0, 1] are counted and left out, NaN is left out. */
  void accept(RowBlock rows) {
    if (rows.weighted) {
      for (int i = 0; i < rows.size; i++) {
        float p = Float.intBitsToFloat(rows.bits[i]);
        if (rows.weights[i] > 0 && p == p) {
          accept(p, rows.labels[i], rows.weights[i], ScorePrecision.FLOAT32);
        }
      }
      return;
    }
    double eps = ScorePrecision.FLOAT32.clipEpsilon();
    for (int from = 0; from < rows.size; from += RUN) {
      int to = Math.min(rows.size, from + RUN);
      long loss = 0;
      long lossSquares = 0;
      long errors = 0;
      long errorSquares = 0;
      for (int i = from; i < to; i++) {
        double p = Float.intBitsToFloat(rows.bits[i]);
        if (!(p >= 0 && p <= 1)) {
          outside += p == p ? 1 : 0;
          continue;
        }
        int label = rows.labels[i];
        double ofOther = label == 0 ? p : 1 - p;
        double error = ofOther * ofOther;
        errors += (long) (error * UNIT + 0.5);
        errorSquares += (long) (error * error * UNIT + 0.5);
        double kept = Math.min(Math.max(p, eps), 1 - eps);
        clipped += kept == p ? 0 : 1;
        // 1 - p is exact: a float32 of at least 2^-23 has no bit below 2^-46
        double term = -Ln.ofNormal(label == 0 ? 1 - kept : kept);
        loss += (long) (term * UNIT + 0.5);
        lossSquares += (long) (term * term * SQUARE_UNIT + 0.5);
        int at = bin(p) << 1 | label;
        weights[at]++;
        blockScores[at] += (long) (p * BIN_UNIT + 0.5);
        blockSquares[at] += (long) (p * p * BIN_UNIT + 0.5);
      }
      logLoss.add(loss);
      squaredLogLoss.add(lossSquares);
      brier.add(errors);
      squaredBrier.add(errorSquares);
    }
    for (int at = 0; at < 2 * binCount; at++) {
      scores[at].add(blockScores[at]);
      squares[at].add(blockSquares[at]);
      blockScores[at] = 0;
      blockSquares[at] = 0;
    }
  }

  /** Adds one row. */
  void accept(double p, int label, long weight, ScorePrecision precision) {
    if (!(p >= 0 && p <= 1)) {
      outside++;
      return;
    }
    double eps = precision.clipEpsilon();
    double ofOther = label == 0 ? p : 1 - p;
    double error = ofOther * ofOther;
    brier.addProduct((long) (error * UNIT + 0.5), weight);
    squaredBrier.addProduct((long) (error * error * UNIT + 0.5), weight);
    double kept = Math.min(Math.max(p, eps), 1 - eps);
    clipped += kept == p ? 0 : 1;
    double term;
    if (precision == ScorePrecision.FLOAT32) {
      term = -Ln.ofNormal(label == 0 ? 1 - kept : kept);
    } else {
      // fdlibm by specification, hence the same bits everywhere
      term = -(label == 0 ? StrictMath.log1p(-kept) : StrictMath.log(kept));
    }
    logLoss.addProduct((long) (term * UNIT + 0.5), weight);
    squaredLogLoss.addProduct((long) (term * term * SQUARE_UNIT + 0.5), weight);
    int at = bin(p) << 1 | label;
    weights[at] += weight;
    scores[at].addProduct((long) (p * BIN_UNIT + 0.5), weight);
    squares[at].addProduct((long) (p * p * BIN_UNIT + 0.5), weight);
  }

  private int bin(double p) {
    return Math.min((int) (p * binCount), binCount - 1);
  }

  void combine(ProbabilitySums other) {
    logLoss.combine(other.logLoss);
    squaredLogLoss.combine(other.squaredLogLoss);
    brier.combine(other.brier);
    squaredBrier.combine(other.squaredBrier);
    clipped += other.clipped;
    outside += other.outside;
    for (int at = 0; at < 2 * binCount; at++) {
      weights[at] += other.weights[at];
      scores[at].combine(other.scores[at]);
      squares[at].combine(other.squares[at]);
    }
  }

  int binCount() {
    return binCount;
  }

  /** Mean log loss over a total weight in weight units. */
  double logLoss(double totalUnits) {
    return logLoss.toDouble() / UNIT / totalUnits;
  }

  double meanSquaredLogLoss(double totalUnits) {
    return squaredLogLoss.toDouble() / SQUARE_UNIT / totalUnits;
  }

  double brier(double totalUnits) {
    return brier.toDouble() / UNIT / totalUnits;
  }

  double meanSquaredBrier(double totalUnits) {
    return squaredBrier.toDouble() / UNIT / totalUnits;
  }

  long clipped() {
    return clipped;
  }

  /** Rows with a score that is a number outside [0, 1]. */
  long outside() {
    return outside;
  }

  /** Units of weight in an equal-width bin. */
  long weight(int bin, int label) {
    return weights[2 * bin + label];
  }

  double scores(int bin, int label) {
    return scores[2 * bin + label].toDouble() / BIN_UNIT;
  }

  double squares(int bin, int label) {
    return squares[2 * bin + label].toDouble() / BIN_UNIT;
  }

  void write(ByteWriter out) {
    out.writeSum(logLoss).writeSum(squaredLogLoss).writeSum(brier).writeSum(squaredBrier);
    out.writeCount(clipped).writeCount(outside);
    for (int at = 0; at < 2 * binCount; at++) {
      out.writeCount(weights[at]).writeSum(scores[at]).writeSum(squares[at]);
    }
  }

  static ProbabilitySums read(ByteReader in, int binCount) {
    var sums = new ProbabilitySums(binCount);
    sums.logLoss.combine(in.readSum());
    sums.squaredLogLoss.combine(in.readSum());
    sums.brier.combine(in.readSum());
    sums.squaredBrier.combine(in.readSum());
    sums.clipped = in.readCount();
    sums.outside = in.readCount();
    for (int at = 0; at < 2 * binCount; at++) {
      sums.weights[at] = in.readCount();
      sums.scores[at].combine(in.readSum());
      sums.squares[at].combine(in.readSum());
    }
    return sums;
  }
}
