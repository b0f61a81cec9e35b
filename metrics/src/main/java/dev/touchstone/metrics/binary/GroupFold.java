package dev.touchstone.metrics.binary;

/**
 * Folds tie groups, in descending order of scores, into a {@link RangeResult}. A group holds at
 * least one positive; the negatives between two groups are one gap, since nothing that is computed
 * here depends on how they are spread.
 *
 * <p>Floating-point sums run within one bin only, in the order of scores; everything that adds up
 * over bins is an integer. So the cut into ranges leaves no trace in a result.
 */
final class GroupFold {
  private static final double FIXED = 0x1p62;

  private final RangeResult result;
  private final Marks marks;
  private final double positives;
  private final double negatives;
  private long tp;
  private long fp;
  private int sweepAt;
  private int curveAt;
  private int bin;
  private boolean binHasGroup;
  private double g;
  private double h;
  private double pc;
  private double pc2;
  private double nh;
  private double nh2;

  GroupFold(RangeResult result, Marks marks, long positives, long negatives) {
    this.result = result;
    this.marks = marks;
    this.positives = positives;
    this.negatives = negatives;
  }

  /** Starts a bin with the counts above it. Bins come in descending order. */
  void startBin(int index, long tpAbove, long fpAbove) {
    bin = index;
    tp = tpAbove;
    fp = fpAbove;
    binHasGroup = false;
    g = h = pc = pc2 = nh = nh2 = 0;
    while (sweepAt < marks.sweepRanks().length && marks.sweepRanks()[sweepAt] <= tp) {
      sweepAt++;
    }
    while (curveAt < marks.curveRanks().length && marks.curveRanks()[curveAt] <= tp) {
      curveAt++;
    }
  }

  /** Adds a tie group with p > 0 positives. */
  void group(long key, long p, long n) {
    double above = fp / negatives - tp / positives;
    long tpBefore = tp;
    long fpBefore = fp;
    tp += p;
    fp += n;
    double total = (double) (tp + fp);
    double precision = tp / total;
    result.precisionSum.addProduct(p, (long) (precision * FIXED));
    result.twiceAbove.addProduct(p, 2 * fp - n);
    if (negatives > 0) {
      double share = (fp - 0.5 * n) / negatives;
      result.squaredAbove.addProduct(p, (long) (share * share * FIXED));
      // in between positives |recall - FPR| only falls on one side and rises on the other
      result.ks.offer(above, key + 1, tpBefore, fpBefore);
      result.ks.offer(tp / positives - fp / negatives, key, tp, fp);
    }
    if (n > 0) {
      below(n, (positives - tp + 0.5 * p) / positives);
    }
    // prefix form of G and H: suffix sums follow once the totals of the bin are known
    double c = precision - g + h;
    pc += p * c;
    pc2 += p * c * c;
    double weight = p / total;
    g += weight;
    h += weight * precision;
    result.f1.offer(2.0 * tp / (positives + total), key, tp, fp);
    result.groups++;
    binHasGroup = true;
    if (sweepAt < marks.sweepRanks().length && marks.sweepRanks()[sweepAt] <= tp) {
      result.sweep.add(key, tp, fp);
      while (sweepAt < marks.sweepRanks().length && marks.sweepRanks()[sweepAt] <= tp) {
        sweepAt++;
      }
    }
    if (curveAt < marks.curveRanks().length && marks.curveRanks()[curveAt] <= tp) {
      // the next score above the group's gives the counts before it
      result.curve.add(key + 1, tpBefore, fpBefore);
      result.curve.add(key, tp, fp);
      while (curveAt < marks.curveRanks().length && marks.curveRanks()[curveAt] <= tp) {
        curveAt++;
      }
    }
  }

  /** Adds negatives below the last group and above the next. */
  void gap(long n) {
    if (n > 0) {
      fp += n;
      result.gaps++;
      if (positives > 0) {
        below(n, (positives - tp) / positives);
      }
    }
  }

  private void below(long n, double share) {
    result.squaredBelow.addProduct(n, (long) (share * share * FIXED));
    nh += n * h;
    nh2 += n * h * h;
  }

  /** Notes the counts at a fixed threshold: everything at or above it has been added. */
  void mark(long key) {
    result.fixed.add(key, tp, fp);
  }

  /** Ends the bin. */
  void endBin() {
    if (binHasGroup) {
      result.addBin(bin, g, h, pc, pc2, nh, nh2);
    }
  }
}
