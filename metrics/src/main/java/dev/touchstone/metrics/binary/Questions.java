package dev.touchstone.metrics.binary;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/**
 * Operating points to look for, beyond those that every report has. Each gives a metric named after
 * it, such as {@code recall_at_precision_0.9}.
 *
 * @param precisions recall where precision is at least so much; in (0, 1]
 * @param recalls precision where recall is at least so much; in (0, 1]
 * @param fprs recall where the false-positive rate is at most so much; in [0, 1]
 * @param fractions lift and gain of the top fraction of rows; in (0, 1]
 * @param ks precision and recall of the top k rows (of weight k, with weights); at least 1
 * @param betas F-beta at the decision threshold; above 0
 * @param maxFpr ROC area up to this false-positive rate; in (0, 1]
 * @param falsePositiveCost cost of a false positive, at least 0
 * @param falseNegativeCost cost of a false negative, at least 0; with both 0 no optimum is sought
 * @param minTruePositives recall at a precision needs so many true positives, so that "the first
 *     example was right" is no answer
 */
public record Questions(
    List<Double> precisions,
    List<Double> recalls,
    List<Double> fprs,
    List<Double> fractions,
    List<Long> ks,
    List<Double> betas,
    double maxFpr,
    double falsePositiveCost,
    double falseNegativeCost,
    long minTruePositives) {
  private static final int MOST = 1_000;

  /** Checks the ranges above; copies the lists. */
  public Questions {
    precisions = List.copyOf(precisions);
    recalls = List.copyOf(recalls);
    fprs = List.copyOf(fprs);
    fractions = List.copyOf(fractions);
    ks = List.copyOf(ks);
    betas = List.copyOf(betas);
    check("precision", precisions, 0, 1, false);
    check("recall", recalls, 0, 1, false);
    check("FPR", fprs, 0, 1, true);
    check("fraction", fractions, 0, 1, false);
    check("beta", betas, 0, Double.MAX_VALUE, false);
    check("max FPR", List.of(maxFpr), 0, 1, false);
    check("cost", List.of(falsePositiveCost, falseNegativeCost), 0, Double.MAX_VALUE, true);
    for (long k : ks) {
      if (k < 1) {
        throw new IllegalArgumentException("k must be at least 1, got " + k);
      }
    }
    if (minTruePositives < 1) {
      throw new IllegalArgumentException(
          "min true positives must be at least 1, got " + minTruePositives);
    }
  }

  private static void check(
      String name, List<Double> values, double least, double most, boolean inclusive) {
    if (values.size() > MOST) {
      throw new IllegalArgumentException(
          "at most " + MOST + " of " + name + " can be asked for, got " + values.size());
    }
    for (double value : values) {
      if (!((inclusive ? value >= least : value > least) && value <= most)) {
        throw new IllegalArgumentException(
            name
                + " must be in "
                + (inclusive ? "[" : "(")
                + least
                + ", "
                + most
                + "], got "
                + value);
      }
    }
  }

  /**
   * Recall at precision 0.5 and 0.9, precision at recall 0.5 and 0.8, recall at FPR 0.01 and 0.1,
   * lift and gain of the top 1, 5 and 10 %, precision and recall at 100 and 1,000, F2 and F0.5, ROC
   * area up to FPR 0.1, no costs, 10 true positives.
   */
  public static Questions defaults() {
    return new Questions(
        List.of(0.5, 0.9),
        List.of(0.5, 0.8),
        List.of(0.01, 0.1),
        List.of(0.01, 0.05, 0.1),
        List.of(100L, 1000L),
        List.of(2.0, 0.5),
        0.1,
        0,
        0,
        10);
  }

  /** The same with costs; the report then has {@code min_cost}. */
  public Questions withCosts(double falsePositive, double falseNegative) {
    return new Questions(
        precisions,
        recalls,
        fprs,
        fractions,
        ks,
        betas,
        maxFpr,
        falsePositive,
        falseNegative,
        minTruePositives);
  }

  boolean hasCosts() {
    return falsePositiveCost > 0 || falseNegativeCost > 0;
  }

  /** A number as it is written in a metric's name. */
  static String label(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  /** Share of a total, exact in decimals: 0.1 of 30 is 3, not a little more. */
  static long share(double share, long total, RoundingMode rounding) {
    return BigDecimal.valueOf(share)
        .multiply(BigDecimal.valueOf(total))
        .setScale(0, rounding)
        .longValueExact();
  }

  void write(ByteWriter out) {
    for (var list : List.of(precisions, recalls, fprs, fractions, betas)) {
      out.writeCount(list.size());
      list.forEach(out::writeDouble);
    }
    out.writeCount(ks.size());
    ks.forEach(out::writeCount);
    out.writeDouble(maxFpr).writeDouble(falsePositiveCost).writeDouble(falseNegativeCost);
    out.writeCount(minTruePositives);
  }

  static Questions read(ByteReader in) {
    var lists = new ArrayList<List<Double>>();
    for (int i = 0; i < 5; i++) {
      var list = new ArrayList<Double>();
      for (int left = in.readIndex(MOST + 1); left > 0; left--) {
        list.add(in.readDouble());
      }
      lists.add(list);
    }
    var ks = new ArrayList<Long>();
    for (int left = in.readIndex(1 << 20); left > 0; left--) {
      ks.add(in.readCount());
    }
    double maxFpr = in.readDouble();
    double falsePositiveCost = in.readDouble();
    double falseNegativeCost = in.readDouble();
    return new Questions(
        lists.get(0),
        lists.get(1),
        lists.get(2),
        lists.get(3),
        ks,
        lists.get(4),
        maxFpr,
        falsePositiveCost,
        falseNegativeCost,
        in.readCount());
  }
}
