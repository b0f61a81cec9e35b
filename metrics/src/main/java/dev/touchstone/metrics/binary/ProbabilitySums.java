package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;

/**
 * Log loss and Brier score as exact sums: each term is rounded once to 2^-52 (times the weight's
 * unit) and added as an integer.
 */
final class ProbabilitySums {
  /** Units of a term in 1. A term is below 37, so 64 of them stay within a long. */
  static final double UNIT = 0x1p52;

  private static final int RUN = 64;

  private final Sum128 logLoss;
  private final Sum128 brier;
  private long clipped;
  private long outside;

  ProbabilitySums() {
    this(Sum128.zero(), Sum128.zero(), 0, 0);
  }

  private ProbabilitySums(Sum128 logLoss, Sum128 brier, long clipped, long outside) {
    this.logLoss = logLoss;
    this.brier = brier;
    this.clipped = clipped;
    this.outside = outside;
  }

  /** Adds float32 rows; scores outside [0, 1] are counted and left out, NaN is left out. */
  void accept(RowBlock rows) {
    if (rows.weighted) {
      acceptWeighted(rows);
      return;
    }
    double eps = ScorePrecision.FLOAT32.clipEpsilon();
    for (int from = 0; from < rows.size; from += RUN) {
      int to = Math.min(rows.size, from + RUN);
      long loss = 0;
      long squares = 0;
      for (int i = from; i < to; i++) {
        double p = Float.intBitsToFloat(rows.bits[i]);
        if (!(p >= 0 && p <= 1)) {
          outside += p == p ? 1 : 0;
          continue;
        }
        double ofOther = rows.labels[i] == 0 ? p : 1 - p;
        squares += (long) (ofOther * ofOther * UNIT + 0.5);
        double kept = Math.min(Math.max(p, eps), 1 - eps);
        clipped += kept == p ? 0 : 1;
        // 1 - p is exact: a float32 of at least 2^-23 has no bit below 2^-46
        double ofOwn = rows.labels[i] == 0 ? 1 - kept : kept;
        loss += (long) (0.5 - UNIT * Ln.ofNormal(ofOwn));
      }
      logLoss.add(loss);
      brier.add(squares);
    }
  }

  private void acceptWeighted(RowBlock rows) {
    double eps = ScorePrecision.FLOAT32.clipEpsilon();
    for (int i = 0; i < rows.size; i++) {
      long weight = rows.weights[i];
      double p = Float.intBitsToFloat(rows.bits[i]);
      if (weight == 0 || p != p) {
        continue;
      }
      if (!(p >= 0 && p <= 1)) {
        outside++;
        continue;
      }
      double ofOther = rows.labels[i] == 0 ? p : 1 - p;
      brier.addProduct((long) (ofOther * ofOther * UNIT + 0.5), weight);
      double kept = Math.min(Math.max(p, eps), 1 - eps);
      clipped += kept == p ? 0 : 1;
      double ofOwn = rows.labels[i] == 0 ? 1 - kept : kept;
      logLoss.addProduct((long) (0.5 - UNIT * Ln.ofNormal(ofOwn)), weight);
    }
  }

  /** Adds one float64 row. */
  void accept(double p, int label, long weight) {
    if (!(p >= 0 && p <= 1)) {
      outside++;
      return;
    }
    double eps = ScorePrecision.FLOAT64.clipEpsilon();
    double ofOther = label == 0 ? p : 1 - p;
    brier.addProduct((long) (ofOther * ofOther * UNIT + 0.5), weight);
    double kept = Math.min(Math.max(p, eps), 1 - eps);
    clipped += kept == p ? 0 : 1;
    // fdlibm by specification, hence the same bits everywhere
    double ln = label == 0 ? StrictMath.log1p(-kept) : StrictMath.log(kept);
    logLoss.addProduct((long) (0.5 - UNIT * ln), weight);
  }

  void combine(ProbabilitySums other) {
    logLoss.combine(other.logLoss);
    brier.combine(other.brier);
    clipped += other.clipped;
    outside += other.outside;
  }

  /** Mean log loss over a total weight in weight units. */
  double logLoss(double totalUnits) {
    return logLoss.toDouble() / UNIT / totalUnits;
  }

  double brier(double totalUnits) {
    return brier.toDouble() / UNIT / totalUnits;
  }

  long clipped() {
    return clipped;
  }

  /** Rows with a score that is a number outside [0, 1]. */
  long outside() {
    return outside;
  }

  void write(ByteWriter out) {
    out.writeSum(logLoss).writeSum(brier).writeCount(clipped).writeCount(outside);
  }

  static ProbabilitySums read(ByteReader in) {
    var logLoss = in.readSum();
    var brier = in.readSum();
    long clipped = in.readCount();
    return new ProbabilitySums(logLoss, brier, clipped, in.readCount());
  }
}
