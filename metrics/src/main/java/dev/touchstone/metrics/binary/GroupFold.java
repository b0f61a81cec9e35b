package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Ln;

/**
 * Folds tie groups, in descending order of scores, into a {@link RangeResult}. A group holds at
 * least one positive; the negatives between two groups are one gap, since nothing that is computed
 * here depends on how they are spread.
 *
 * <p>Floating-point sums run within one bin only, in the order of scores; everything that adds up
 * over bins is an integer. So the cut into ranges leaves no trace in a result.
 */
final class GroupFold implements GroupSink {
  /** Fractions are held in units of 2^-62, so that their products with counts fit in 128 bits. */
  static final double FIXED = 0x1p62;

  private final RangeResult result;
  private final FoldPlan plan;
  private final boolean full;
  private final long[] sweepRanks;
  private final long[] curveRanks;
  private final double positives;
  private final double negatives;
  private long tp;
  private long fp;
  private long tpSquares;
  private long fpSquares;
  private int sweepAt;
  private int curveAt;
  private int topAt;
  private int bin;
  private boolean binHasGroup;
  // of the bin: sums G and H over the groups so far, moments of c and h (see endBin)
  private double g;
  private double h;
  private double c;
  private double c2;
  private double nh;
  private double nh2;
  private double interpolated;

  GroupFold(RangeResult result, FoldPlan plan) {
    this.result = result;
    this.plan = plan;
    this.full = plan.suite() == Suite.FULL;
    this.sweepRanks = plan.marks().sweepRanks();
    this.curveRanks = plan.marks().curveRanks();
    this.positives = plan.positives();
    this.negatives = plan.negatives();
  }

  @Override
  public void startBin(
      int index, long tpAbove, long fpAbove, long tpSquaresAbove, long fpSquaresAbove) {
    bin = index;
    tp = tpAbove;
    fp = fpAbove;
    tpSquares = tpSquaresAbove;
    fpSquares = fpSquaresAbove;
    binHasGroup = false;
    g = h = c = c2 = nh = nh2 = interpolated = 0;
    sweepAt = after(sweepRanks, sweepAt, tp);
    curveAt = after(curveRanks, curveAt, tp);
    topAt = after(plan.topRanks(), topAt, tp + fp);
  }

  /** The first index from {@code at} whose rank is above {@code count}. */
  private static int after(long[] ranks, int at, long count) {
    int next = at;
    while (next < ranks.length && ranks[next] <= count) {
      next++;
    }
    return next;
  }

  @Override
  public void group(long key, long p, long n, long p2, long n2) {
    long tpBefore = tp;
    long fpBefore = fp;
    tp += p;
    fp += n;
    tpSquares += p2;
    fpSquares += n2;
    binHasGroup = true;
    result.groups++;
    double total = (double) (tp + fp);
    double precision = tp / total;
    result.precisionSum.addProduct(p, (long) (precision * FIXED));
    result.twiceAbove.addProduct(p, 2 * fp - n);
    result.f1.offer(2.0 * tp / (positives + total), key, tp, fp);
    if (negatives > 0) {
      // between groups |recall - FPR| moves one way only: its extremes are around a group
      result.ks.offer(fpBefore / negatives - tpBefore / positives, key + 1, tpBefore, fpBefore);
      result.ks.offer(tp / positives - fp / negatives, key, tp, fp);
    }
    if (sweepAt < sweepRanks.length && sweepRanks[sweepAt] <= tp) {
      result.sweep.add(key, tp, fp);
      sweepAt = after(sweepRanks, sweepAt, tp);
    }
    if (curveAt < curveRanks.length && curveRanks[curveAt] <= tp) {
      // the next score above the group's gives the counts before it
      result.curve.add(key + 1, tpBefore, fpBefore);
      result.curve.add(key, tp, fp);
      curveAt = after(curveRanks, curveAt, tp);
    }
    if (full) {
      addAreas(p, n, tpBefore, fpBefore, total, precision);
      addVariances(p, n, p2, n2, total, precision);
      offer(key, precision);
      addTops(tpBefore, fpBefore, p, n);
    }
  }

  private void addAreas(
      long p, long n, long tpBefore, long fpBefore, double total, double precision) {
    double before = (double) (tpBefore + fpBefore);
    double precisionBefore = before > 0 ? tpBefore / before : 1;
    result.trapezoidSum.addProduct(p, (long) ((precisionBefore + precision) / 2 * FIXED));
    // achievable interpolation (Davis and Goadrich 2006; Keilwagen, Grosse and Grau 2014)
    double slope = (double) n / p;
    double s = 1 + slope;
    double offset = fpBefore - slope * tpBefore;
    interpolated +=
        offset == 0 || before == 0
            ? p / s
            : p / s - offset / (s * s) * Ln.ofOnePlus((total - before) / before);
    addPartial(tpBefore, p, fpBefore, n);
  }

  /** Area under the ROC curve as far as the limit, from a step of n false positives. */
  private void addPartial(long tpBefore, long p, long fpBefore, long n) {
    if (fpBefore + n <= plan.partialLimit()) {
      result.twicePartial.addProduct(n, 2 * tpBefore + p);
    } else if (fpBefore < plan.partialLimit()) {
      result.cut = new long[] {tpBefore, p, fpBefore, n};
    }
  }

  private void addVariances(long p, long n, long p2, long n2, double total, double precision) {
    if (negatives > 0) {
      double share = (fp - 0.5 * n) / negatives;
      result.above.addProduct(p2, (long) (share * FIXED));
      result.aboveSquared.addProduct(p2, (long) (share * share * FIXED));
    }
    if (n > 0) {
      below(n2, (positives - tp + 0.5 * p) / positives);
    }
    // G and H (4.3) are sums toward lower scores; here their part above the group, negated, and
    // the rest follows once the totals of this bin and of those below are known
    double local = precision - g + h;
    c += p2 * local;
    c2 += p2 * local * local;
    double weight = p / total;
    g += weight;
    h += weight * precision;
  }

  private void offer(long key, double precision) {
    if (negatives > 0) {
      result.youden.offer(tp / positives - fp / negatives, key, tp, fp);
      result.mcc.offer(signedSquaredMcc(), key, tp, fp);
    }
    if (plan.falsePositiveCost() > 0 || plan.falseNegativeCost() > 0) {
      result.cost.offer(
          -(plan.falsePositiveCost() * fp + plan.falseNegativeCost() * (plan.positives() - tp)),
          key,
          tp,
          fp);
    }
    for (int i = 0; i < result.atPrecision.length; i++) {
      if (tp >= plan.minTruePositives()
          && FoldPlan.reaches(tp, tp + fp, plan.precisionBillionths()[i])) {
        result.atPrecision[i].offer(tp, key, tp, fp);
      }
    }
    for (int i = 0; i < result.atRecall.length; i++) {
      if (tp >= plan.recallNeeds()[i]) {
        result.atRecall[i].offer(precision, key, tp, fp);
      }
    }
    for (int i = 0; i < result.atFpr.length; i++) {
      if (fp <= plan.fprLimits()[i]) {
        result.atFpr[i].offer(tp, key, tp, fp);
      }
    }
  }

  /** Orders as the correlation does, without roots; below every value where a margin is zero. */
  private double signedSquaredMcc() {
    double fn = positives - tp;
    double tn = negatives - fp;
    double margins = ((double) tp + fp) * positives * negatives * (fn + tn);
    double numerator = tp * tn - fp * fn;
    return margins > 0 ? numerator * Math.abs(numerator) / margins : Double.NEGATIVE_INFINITY;
  }

  /** True positives among the top k; inside a tie group their expectation under random order. */
  private void addTops(long tpBefore, long fpBefore, long p, long n) {
    long[] ranks = plan.topRanks();
    long after = tpBefore + fpBefore + p + n;
    while (topAt < ranks.length && ranks[topAt] <= after) {
      long rank = ranks[topAt++];
      long inside = rank - tpBefore - fpBefore;
      double expected = tpBefore + (double) inside * p / ((double) p + n);
      result.tops.add(rank, Double.doubleToRawLongBits(expected), p > 0 && rank < after ? 1 : 0);
    }
  }

  @Override
  public void gap(long n, long n2) {
    if (n == 0) {
      return;
    }
    result.gaps++;
    if (full && positives > 0) {
      addPartial(tp, 0, fp, n);
      below(n2, (positives - tp) / positives);
      addTops(tp, fp, 0, n);
    }
    fp += n;
    fpSquares += n2;
  }

  private void below(long n2, double share) {
    result.below.addProduct(n2, (long) (share * FIXED));
    result.belowSquared.addProduct(n2, (long) (share * share * FIXED));
    nh += n2 * h;
    nh2 += n2 * h * h;
  }

  @Override
  public void mark(long key) {
    result.fixed.add(key, tp, fp);
    result.fixedSquares.add(key, tpSquares, fpSquares);
  }

  @Override
  public void endBin() {
    if (binHasGroup) {
      result.addBin(bin, g, h, c, c2, nh, nh2);
      result.interpolatedSum.add(interpolated);
    }
  }
}
