package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.sampling.RowOrder;
import java.util.Arrays;

/**
 * The rows of two models on the same examples, in the same order.
 *
 * @param baseline rows of the baseline that the candidate has too
 * @param candidate rows of the same examples
 * @param coverage how many there are
 */
public record PairedRows(ScoredRows baseline, ScoredRows candidate, JoinCoverage coverage) {

  /**
   * Joins by id. Rows in the same order or sorted by id are merged as they are; others are sorted
   * by a radix sort first.
   *
   * @throws IllegalArgumentException when an id occurs twice in one set, or its label or weight
   *     differs between the two, naming the id; when only one set has weights
   */
  public static PairedRows join(ScoredRows baseline, ScoredRows candidate) {
    if (baseline.weighted() != candidate.weighted()) {
      throw new IllegalArgumentException(
          "both models must have weights, or none: the "
              + (baseline.weighted() ? "candidate" : "baseline")
              + " has none");
    }
    PairedRows joined;
    if (Arrays.equals(baseline.ids(), candidate.ids())) {
      order(baseline, "baseline"); // for duplicates
      joined = new PairedRows(baseline, candidate, coverage(baseline, candidate, baseline.size()));
    } else {
      joined = merge(baseline, candidate);
    }
    joined.checkAgreement();
    return joined;
  }

  private static JoinCoverage coverage(ScoredRows baseline, ScoredRows candidate, long joined) {
    return new JoinCoverage(baseline.size(), candidate.size(), joined);
  }

  private static PairedRows merge(ScoredRows baseline, ScoredRows candidate) {
    var left = order(baseline, "baseline");
    var right = order(candidate, "candidate");
    int most = Math.min(baseline.size(), candidate.size());
    int[] leftRows = new int[most];
    int[] rightRows = new int[most];
    int joined = 0;
    for (int i = 0, j = 0; i < baseline.size() && j < candidate.size(); ) {
      int leftRow = left == null ? i : left.row(i);
      int rightRow = right == null ? j : right.row(j);
      int order = Long.compareUnsigned(baseline.id(leftRow), candidate.id(rightRow));
      if (order == 0) {
        leftRows[joined] = leftRow;
        rightRows[joined] = rightRow;
        joined++;
      }
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return new PairedRows(
        baseline.pick(Arrays.copyOf(leftRows, joined)),
        candidate.pick(Arrays.copyOf(rightRows, joined)),
        coverage(baseline, candidate, joined));
  }

  /** Rows by unsigned id, or null where they are in order; refuses an id that occurs twice. */
  private static RowOrder order(ScoredRows rows, String name) {
    long[] ids = rows.ids();
    boolean sorted = true;
    for (int i = 1; i < ids.length && sorted; i++) {
      sorted = Long.compareUnsigned(ids[i - 1], ids[i]) < 0;
    }
    if (sorted) {
      return null;
    }
    var order = RowOrder.ascending(ids);
    for (int place = 1; place < order.size(); place++) {
      if (order.key(place - 1) == order.key(place)) {
        throw new IllegalArgumentException(
            "ids must be unique, but example "
                + order.key(place)
                + " occurs twice in the "
                + name
                + " (rows "
                + order.row(place - 1)
                + " and "
                + order.row(place)
                + ")");
      }
    }
    return order;
  }

  private void checkAgreement() {
    byte[] a = baseline.labels();
    byte[] b = candidate.labels();
    int label = Arrays.mismatch(a, b);
    if (label >= 0) {
      throw disagree("label", baseline.id(label), a[label], b[label]);
    }
    if (baseline.weighted()) {
      for (int i = 0; i < a.length; i++) {
        if (baseline.weight(i) != candidate.weight(i)) {
          throw disagree("weight", baseline.id(i), baseline.weight(i), candidate.weight(i));
        }
      }
    }
  }

  private static IllegalArgumentException disagree(
      String column, long id, Number baseline, Number candidate) {
    return new IllegalArgumentException(
        column
            + " of an example must be the same in both sets, but example "
            + id
            + " has "
            + baseline
            + " in the baseline and "
            + candidate
            + " in the candidate");
  }
}
