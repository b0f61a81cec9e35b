package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;

/**
 * Log loss, Brier score, their spread, and the sums of equal-width calibration bins, exactly: each
 * term is rounded once (to 2^-52 and the like, times the unit of weight) and added as an integer.
 *
 * <p>Of float32 rows without weights only the losses are summed here, and the errors of those whose
 * coarse bin lies in two calibration bins; {@link CalibrationSums} has the rest from moments.
 */
final class ProbabilitySums {
  /** Units of a loss in 1. A loss is below 37, so 64 of them stay within a long. */
  static final double UNIT = 0x1p52;

  /** Units of a squared loss; a loss is cut to 2^-22 first. */
  static final double SQUARE_UNIT = 0x1p44;

  /** Units of a probability in a calibration bin. */
  private static final int BIN_BITS = 50;

  private static final double BIN_UNIT = 0x1p50;

  private static final int RUN = 64;

  /** Bits of the least probability that is kept, 2^-23, and of the most, 1 - 2^-23. */
  static final int LEAST = 0x3400_0000;

  static final int MOST = 0x3F7F_FFFE;

  private final int binCount;
  private final Sum128 logLoss = Sum128.zero();
  private final Sum128 squaredLogLoss = Sum128.zero();
  private final Sum128 squaredBrier = Sum128.zero();
  private long clipped;
  private long outside;
  // [bin * 2 + label]: weights, sum w p, sum w p²
  private final long[] weights;
  private final Sum128[] scores;
  private final Sum128[] squares;
  private final boolean[] split;
  private WeightedLosses spread; // null without weights

  ProbabilitySums(int binCount) {
    this.binCount = binCount;
    weights = new long[2 * binCount];
    scores = zeros(2 * binCount);
    squares = zeros(2 * binCount);
    split = split(binCount);
  }

  /** Called before the first row; rows with weights need sums of their own for the spread. */
  void begin(boolean weighted) {
    spread = weighted ? new WeightedLosses() : null;
  }

  private static Sum128[] zeros(int count) {
    var sums = new Sum128[count];
    java.util.Arrays.setAll(sums, i -> Sum128.zero());
    return sums;
  }

  /** Whether a coarse bin lies in more than one calibration bin. */
  boolean splits(int coarseBin) {
    return split[coarseBin];
  }

  private static boolean[] split(int binCount) {
    boolean[] split = new boolean[CoarseCounts.BINS];
    for (int bin = 1; bin < binCount; bin++) {
      int near = ScoreKey.of((float) bin / binCount) >>> 16;
      for (int coarse = near - 1; coarse <= near + 1; coarse++) {
        float first = ScoreKey.toFloat(coarse << 16);
        float last = ScoreKey.toFloat(coarse << 16 | 0xFFFF);
        split[coarse] = bin(first, binCount) != bin(last, binCount);
      }
    }
    return split;
  }

  /** The equal-width bin of a probability. */
  static int bin(double p, int binCount) {
    return Math.min((int) (p * binCount), binCount - 1);
  }

  /**
   * Adds float32 rows; scores outside [0, 1] are counted and left out, NaN is left out.
   *
   * @param plain no weights, and every score is in [0, 1]
   */
  void accept(RowBlock rows, boolean plain) {
    if (rows.weighted) {
      for (int i = 0; i < rows.size; i++) {
        float p = Float.intBitsToFloat(rows.bits[i]);
        if (rows.weights[i] > 0 && p == p) {
          accept(p, rows.labels[i], rows.weights[i], ScorePrecision.FLOAT32);
        }
      }
    } else if (plain) {
      for (int from = 0; from < rows.size; from += RUN) {
        addLosses(rows, from, Math.min(rows.size, from + RUN));
      }
      for (int i = 0; i < rows.size; i++) {
        if (split[rows.bits[i] >>> 16 | 1 << 15]) {
          addError(Float.intBitsToFloat(rows.bits[i]), rows.labels[i], 1);
        }
      }
    } else {
      for (int i = 0; i < rows.size; i++) {
        float p = Float.intBitsToFloat(rows.bits[i]);
        if (p == p
            && addLoss(p, rows.labels[i], 1, ScorePrecision.FLOAT32)
            && split[ScoreKey.of(p) >>> 16]) {
          addError(p, rows.labels[i], 1);
        }
      }
    }
  }

  private void addLosses(RowBlock rows, int from, int to) {
    long loss = 0;
    long lossSquares = 0;
    int changed = 0;
    for (int i = from; i < to; i++) {
      int bits = rows.bits[i];
      // no branch on what varies from row to row
      int kept = Math.max(LEAST, Math.min(MOST, bits));
      changed += -(kept ^ bits) >>> 31 | (kept ^ bits) >>> 31;
      // 1 - p is exact: a float32 of at least 2^-23 has no bit below 2^-46
      double p = Math.abs(1 - rows.labels[i] - (double) Float.intBitsToFloat(kept));
      long term = (long) (0.5 - UNIT * Ln.ofNormal(p));
      loss += term;
      lossSquares += (term >>> 30) * (term >>> 30);
    }
    clipped += changed;
    logLoss.add(loss);
    squaredLogLoss.add(lossSquares);
  }

  /**
   * The squared squared error in units of 2^-50, of which 24 bits are right: spread needs no more.
   */
  private static long fourthPower(long score, int label) {
    long error = Math.abs(score - ((long) label << BIN_BITS)) >>> 25;
    long square = error * error >>> 25;
    return square * square;
  }

  /** Adds one row, its error and all. */
  void accept(double p, int label, long weight, ScorePrecision precision) {
    if (addLoss(p, label, weight, precision)) {
      addError(p, label, weight);
    }
  }

  /** Adds the loss of one row; false if the score is no probability. */
  private boolean addLoss(double p, int label, long weight, ScorePrecision precision) {
    if (!(p >= 0 && p <= 1)) {
      outside++;
      return false;
    }
    double eps = precision.clipEpsilon();
    double kept = p < eps ? eps : p > 1 - eps ? 1 - eps : p;
    clipped += kept == p ? 0 : 1;
    double term;
    if (precision == ScorePrecision.FLOAT32) {
      term = -Ln.ofNormal(label == 0 ? 1 - kept : kept);
    } else {
      // fdlibm by specification, hence the same bits everywhere
      term = -(label == 0 ? StrictMath.log1p(-kept) : StrictMath.log(kept));
    }
    long loss = (long) (term * UNIT + 0.5);
    logLoss.addProduct(loss, weight);
    squaredLogLoss.addProduct((loss >>> 30) * (loss >>> 30), weight);
    if (spread != null) {
      spread.accept(term, (p - label) * (p - label), weight);
    }
    return true;
  }

  private void addError(double p, int label, long weight) {
    int at = bin(p, binCount) << 1 | label;
    long score = (long) (p * BIN_UNIT + 0.5);
    weights[at] += weight;
    scores[at].addProduct(score, weight);
    squares[at].addProduct((long) (p * p * BIN_UNIT + 0.5), weight);
    squaredBrier.addProduct(fourthPower(score, label), weight);
  }

  void combine(ProbabilitySums other) {
    logLoss.combine(other.logLoss);
    squaredLogLoss.combine(other.squaredLogLoss);
    squaredBrier.combine(other.squaredBrier);
    clipped += other.clipped;
    outside += other.outside;
    if (other.spread != null) {
      spread.combine(other.spread);
    }
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

  /** Sum of (p - y)² = p² - 2 p y + y² in units of weight, over the rows in the bins here. */
  double squaredErrors() {
    var sum = Sum128.zero();
    for (int at = 0; at < 2 * binCount; at++) {
      sum.combine(squares[at]);
      if ((at & 1) == 1) {
        sum.add(~(2 * scores[at].high() + (scores[at].low() >>> 63)), ~(2 * scores[at].low()));
        sum.add(1);
        sum.addProduct(weights[at], (long) BIN_UNIT);
      }
    }
    return Math.max(0, sum.toDouble()) / BIN_UNIT;
  }

  /** The same of (p - y)⁴. */
  double fourthPowers() {
    return squaredBrier.toDouble() / BIN_UNIT;
  }

  /** What varies with weights; null without them. */
  WeightedLosses spread() {
    return spread;
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
    out.writeSum(logLoss).writeSum(squaredLogLoss).writeSum(squaredBrier);
    out.writeCount(clipped).writeCount(outside);
    for (int at = 0; at < 2 * binCount; at++) {
      out.writeCount(weights[at]).writeSum(scores[at]).writeSum(squares[at]);
    }
    if (spread != null) {
      spread.write(out);
    }
  }

  static ProbabilitySums read(ByteReader in, int binCount, boolean weighted) {
    var sums = new ProbabilitySums(binCount);
    sums.logLoss.combine(in.readSum());
    sums.squaredLogLoss.combine(in.readSum());
    sums.squaredBrier.combine(in.readSum());
    sums.clipped = in.readCount();
    sums.outside = in.readCount();
    for (int at = 0; at < 2 * binCount; at++) {
      sums.weights[at] = in.readCount();
      sums.scores[at].combine(in.readSum());
      sums.squares[at].combine(in.readSum());
    }
    if (weighted) {
      sums.spread = WeightedLosses.read(in);
    }
    return sums;
  }
}
