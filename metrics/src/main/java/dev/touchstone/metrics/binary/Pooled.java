package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;
import dev.touchstone.metrics.ThresholdRow;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Both passes in one: totals, the sum of all ranges, and what bins without positives add. */
final class Pooled {
  final CoarseCounts total;
  final FoldPlan plan;
  final RangeResult sum;
  final ScorePrecision precision;
  final double unit;
  final boolean grid;

  /** What one square of a unit of squared weights weighs, in units of weight. */
  final double squareUnit;

  private final int shift;
  private final int squareShift;
  // counts of bins at or above; one entry more than bins
  private final long[] tpFrom = new long[CoarseCounts.BINS + 1];
  private final long[] fpFrom = new long[CoarseCounts.BINS + 1];
  private final long[] tpSquaresFrom = new long[CoarseCounts.BINS + 1];
  private final long[] fpSquaresFrom = new long[CoarseCounts.BINS + 1];
  private final Map<Long, Integer> fixed = new HashMap<>();
  private final Map<Long, Integer> tops = new HashMap<>();

  private Pooled(CoarseCounts total, FoldPlan plan, RangeResult sum, boolean grid) {
    this.total = total;
    this.plan = plan;
    this.sum = sum;
    this.grid = grid;
    precision = total.precision();
    shift = precision.bits() - 16;
    unit = total.unit();
    squareShift = total.squareShift();
    squareUnit = Math.scalb(1.0, squareShift);
    for (int bin = CoarseCounts.BINS - 1; bin >= 0; bin--) {
      tpFrom[bin] = tpFrom[bin + 1] + total.units(bin, 1);
      fpFrom[bin] = fpFrom[bin + 1] + total.units(bin, 0);
      tpSquaresFrom[bin] = tpSquaresFrom[bin + 1] + total.squares(bin, 1, squareShift);
      fpSquaresFrom[bin] = fpSquaresFrom[bin + 1] + total.squares(bin, 0, squareShift);
    }
    for (int i = 0; i < sum.fixed.size(); i++) {
      fixed.put(sum.fixed.key(i), i);
    }
    for (int i = 0; i < sum.tops.size(); i++) {
      tops.put(sum.tops.key(i), i);
    }
  }

  static Pooled of(CoarseCounts total, List<RangeResult> ranges, BinaryOptions options) {
    boolean grid = total.looksLikeProbabilities();
    var plan =
        FoldPlan.of(total.precision(), options, grid, total.units(1), total.units(0), total.unit());
    var sum = new RangeResult(0, ranges.size(), plan);
    var seen = new boolean[ranges.size()];
    for (var range : ranges) {
      if (range.ranges != ranges.size() || seen[range.index]) {
        throw new IllegalArgumentException(
            "ranges must be each of "
                + range.ranges
                + " once, got "
                + ranges.size()
                + (range.ranges == ranges.size() ? " with range " + range.index + " twice" : ""));
      }
      seen[range.index] = true;
      if (range.atPrecision.length != sum.atPrecision.length
          || range.atRecall.length != sum.atRecall.length
          || range.atFpr.length != sum.atFpr.length) {
        throw new IllegalArgumentException("ranges must answer the same questions as the report");
      }
      sum.combine(range);
    }
    if (total.invalidScores() == 0) {
      checkBins(total, sum);
    }
    var pooled = new Pooled(total, plan, sum, grid);
    if (plan.suite() == Suite.FULL && plan.positives() > 0) {
      pooled.addPlainBins();
    }
    return pooled;
  }

  private static void checkBins(CoarseCounts total, RangeResult sum) {
    var resolved = new boolean[CoarseCounts.BINS];
    for (int i = 0; i < sum.binCount; i++) {
      resolved[sum.bins[i]] = true;
    }
    for (int bin = 0; bin < CoarseCounts.BINS; bin++) {
      if (resolved[bin] != total.rows(bin, 1) > 0) {
        throw new IllegalArgumentException(
            "ranges must come from a plan of these counts: bin "
                + bin
                + " has "
                + total.rows(bin, 1)
                + " positives and was "
                + (resolved[bin] ? "resolved" : "not resolved"));
      }
    }
  }

  /** Bins without a positive and without a fixed threshold inside were not looked at twice. */
  private void addPlainBins() {
    var fold = new GroupFold(sum, plan);
    for (int bin = CoarseCounts.BINS - 1; bin >= 0; bin--) {
      if (total.rows(bin, 1) == 0
          && total.rows(bin, 0) > 0
          && !plan.marks().splits((long) bin << shift, shift)) {
        fold.startBin(
            bin, tpFrom[bin + 1], fpFrom[bin + 1], tpSquaresFrom[bin + 1], fpSquaresFrom[bin + 1]);
        fold.gap(total.units(bin, 0), total.squares(bin, 0, squareShift));
      }
    }
    for (int i = tops.size(); i < sum.tops.size(); i++) {
      tops.put(sum.tops.key(i), i);
    }
  }

  /** Positives in weight units. */
  double positives() {
    return plan.positives();
  }

  double negatives() {
    return plan.negatives();
  }

  /** Sum of squared weights of a class, in squared units of weight. */
  double squares(int label) {
    return squareUnit * (label == 1 ? tpSquaresFrom[0] : fpSquaresFrom[0]);
  }

  /** How many rows of equal weight would vary as much: (sum w)² / sum w². */
  double effective(int label) {
    double sumOfWeights = label == 1 ? positives() : negatives();
    return sumOfWeights == 0 ? 0 : sumOfWeights * sumOfWeights / squares(label);
  }

  /** Whether all rows that count have one score. */
  boolean allTied() {
    int bin = CoarseCounts.BINS - 1;
    while (bin > 0 && tpFrom[bin] + fpFrom[bin] == 0) {
      bin--;
    }
    return sum.groups == 1 && tpFrom[bin] + fpFrom[bin] == tpFrom[0] + fpFrom[0] && sum.gaps == 0;
  }

  /** The confusion table at a fixed threshold. */
  ThresholdRow row(long key) {
    Integer at = fixed.get(key);
    if (at != null) {
      return row(key, sum.fixed.tp(at), sum.fixed.fp(at));
    }
    int bin = binFrom(key);
    return row(key, tpFrom[bin], fpFrom[bin]);
  }

  /** Sums of squared weights in the four cells at a fixed threshold, in squared weights. */
  ThresholdRow squaresAt(long key) {
    Integer at = fixed.get(key);
    int bin = binFrom(key);
    double scale = squareUnit * unit * unit;
    double tp = at == null ? tpSquaresFrom[bin] : sum.fixedSquares.tp(at);
    double fp = at == null ? fpSquaresFrom[bin] : sum.fixedSquares.fp(at);
    return new ThresholdRow(
        precision.score(key),
        scale * tp,
        scale * fp,
        scale * Math.max(0, tpSquaresFrom[0] - tp),
        scale * Math.max(0, fpSquaresFrom[0] - fp));
  }

  /** At the start of a bin, or in an empty one: a bin that the key splits was resolved. */
  private int binFrom(long key) {
    int bin = (int) (key >>> shift);
    return key == (long) bin << shift ? bin : bin + 1;
  }

  ThresholdRow row(long key, long tp, long fp) {
    double threshold = precision.score(key);
    return new ThresholdRow(
        Double.isNaN(threshold) ? Double.POSITIVE_INFINITY : threshold,
        unit * tp,
        unit * fp,
        unit * (plan.positives() - tp),
        unit * (plan.negatives() - fp));
  }

  /** The table of predicting nothing. */
  ThresholdRow nothing() {
    return new ThresholdRow(
        Double.POSITIVE_INFINITY, 0, 0, unit * plan.positives(), unit * plan.negatives());
  }

  /** The table of predicting everything, at a threshold not above the lowest score. */
  ThresholdRow everything() {
    int lowest = 0;
    while (lowest < CoarseCounts.BINS
        && tpFrom[lowest + 1] == plan.positives()
        && fpFrom[lowest + 1] == plan.negatives()) {
      lowest++;
    }
    return row((long) lowest << shift, plan.positives(), plan.negatives());
  }

  /** Expected true positives among the top ranks, in units; NaN beyond the rows there are. */
  double topTruePositives(long rank) {
    Integer at = tops.get(rank);
    return at == null ? Double.NaN : Double.longBitsToDouble(sum.tops.tp(at));
  }

  /** Whether the top ranks end inside a tie group. */
  boolean tieAt(long rank) {
    Integer at = tops.get(rank);
    return at != null && sum.tops.fp(at) == 1;
  }

  /** Var(AP) = (1/P²) sum w² u²: the parts of bins, joined by their sums toward lower scores. */
  double averagePrecisionVariance(double averagePrecision) {
    int[] entry = new int[CoarseCounts.BINS];
    for (int i = 0; i < sum.binCount; i++) {
      entry[sum.bins[i]] = i + 1;
    }
    double g = 0;
    double h = 0;
    double squares = 0;
    for (int bin = 0; bin < CoarseCounts.BINS; bin++) {
      double p2 = total.squares(bin, 1, squareShift);
      double n2 = total.squares(bin, 0, squareShift);
      if (entry[bin] == 0) {
        squares += n2 * h * h;
        continue;
      }
      int at = (entry[bin] - 1) * RangeResult.INFLUENCE;
      double[] f = sum.influence;
      g += f[at];
      h += f[at + 1];
      // c = (Prec - G above + H above) + k; h = H of bin and below - H above
      double k = g - h - averagePrecision;
      squares += f[at + 3] + 2 * k * f[at + 2] + k * k * p2;
      squares += f[at + 5] - 2 * h * f[at + 4] + h * h * n2;
    }
    return Math.max(0, squares) * squareUnit / positives() / positives();
  }

  /** DeLong, DeLong and Clarke-Pearson 1988, from sums over groups. */
  double rocAucVariance(double rocAuc) {
    double missed = 1 - rocAuc;
    double ofPositives = spread(sum.above, sum.aboveSquared, tpSquaresFrom[0], missed);
    double ofNegatives = spread(sum.below, sum.belowSquared, fpSquaresFrom[0], missed);
    if (total.weighted()) {
      return ofPositives / positives() / positives() + ofNegatives / negatives() / negatives();
    }
    return ofPositives / (positives() - 1) / positives()
        + ofNegatives / (negatives() - 1) / negatives();
  }

  private double spread(Sum128 shares, Sum128 squares, long weights, double mean) {
    double sumOfSquares =
        squares.toDouble() * 0x1p-62
            - 2 * mean * (shares.toDouble() * 0x1p-62)
            + mean * mean * weights;
    return Math.max(0, sumOfSquares) * squareUnit;
  }
}
