package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScorePrecision;
import java.math.RoundingMode;
import java.util.stream.LongStream;

/**
 * What a fold over tie groups looks for, in units of counts: everything that follows from options
 * and totals, and so is the same on every machine.
 *
 * @param suite lean or full
 * @param positives units of positives, all told
 * @param negatives units of negatives, all told
 * @param marks fixed thresholds and ranks of sweep and curve
 * @param topRanks units from the top at which true positives are wanted, ascending, each once
 * @param partialLimit false positives at which the partial ROC area ends
 * @param precisionBillionths least precisions, in 10^-9
 * @param minTruePositives units of true positives that a precision needs
 * @param recallNeeds least true positives
 * @param fprLimits most false positives
 * @param falsePositiveCost cost of a unit
 * @param falseNegativeCost cost of a unit
 */
record FoldPlan(
    Suite suite,
    long positives,
    long negatives,
    Marks marks,
    long[] topRanks,
    double partialLimit,
    long[] precisionBillionths,
    long minTruePositives,
    long[] recallNeeds,
    long[] fprLimits,
    double falsePositiveCost,
    double falseNegativeCost) {
  static final long BILLION = 1_000_000_000;

  static FoldPlan of(
      ScorePrecision precision,
      BinaryOptions options,
      boolean grid,
      long positives,
      long negatives,
      double unit) {
    var questions = options.questions();
    var marks =
        Marks.of(precision, options.thresholds(), options.decisionThreshold(), grid, positives);
    long all = positives + negatives;
    long[] tops =
        LongStream.concat(
                questions.fractions().stream().mapToLong(f -> topOfFraction(f, all)),
                questions.ks().stream().mapToLong(k -> topOfCount(k, unit)))
            .filter(rank -> rank >= 1 && rank <= all)
            .sorted()
            .distinct()
            .toArray();
    return new FoldPlan(
        options.suite(),
        positives,
        negatives,
        marks,
        tops,
        questions.maxFpr() * negatives,
        questions.precisions().stream()
            .mapToLong(c -> Questions.share(c, BILLION, RoundingMode.HALF_EVEN))
            .toArray(),
        topOfCount(questions.minTruePositives(), unit),
        questions.recalls().stream()
            .mapToLong(r -> Questions.share(r, positives, RoundingMode.CEILING))
            .toArray(),
        questions.fprs().stream()
            .mapToLong(f -> Questions.share(f, negatives, RoundingMode.FLOOR))
            .toArray(),
        questions.falsePositiveCost(),
        questions.falseNegativeCost());
  }

  /** The top fraction of all, rounded up. */
  static long topOfFraction(double fraction, long all) {
    return Questions.share(fraction, all, RoundingMode.CEILING);
  }

  /** The top k by weight; beyond the range of counts, more than there can be. */
  static long topOfCount(long k, double unit) {
    double units = Math.ceil(k / unit);
    return units < CoarseCounts.MAX_TOTAL ? (long) units : CoarseCounts.MAX_TOTAL;
  }

  /** Whether tp / (tp + fp) is at least a precision, in whole numbers. */
  static boolean reaches(long tp, long all, long billionths) {
    long leftHigh = Math.multiplyHigh(tp, BILLION);
    long rightHigh = Math.multiplyHigh(all, billionths);
    return leftHigh != rightHigh
        ? leftHigh > rightHigh
        : Long.compareUnsigned(tp * BILLION, all * billionths) >= 0;
  }
}
