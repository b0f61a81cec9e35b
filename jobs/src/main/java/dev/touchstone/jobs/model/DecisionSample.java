package dev.touchstone.jobs.model;

import java.util.Arrays;
import java.util.List;

/**
 * Rows of a sampled prediction set that comparisons are made on: the first of its plan's examples
 * in hash order, the same at every model checkpoint. Arrays are shared, not copied, and nobody
 * writes to them.
 *
 * @param threshold a row is predicted positive iff its score is at least that
 * @param ids of the examples, in hash order
 * @param scores row by row, as the others
 * @param strata codes, unsigned, into {@code plan.strata}
 */
public record DecisionSample(
    SamplingPlan plan, float threshold, long[] ids, float[] scores, byte[] labels, byte[] strata) {

  /** Whether another model was asked the same: rows can be held against each other one by one. */
  public boolean sameRows(DecisionSample other) {
    return other != null
        && plan.equals(other.plan)
        && Float.compare(threshold, other.threshold) == 0
        && Arrays.equals(ids, other.ids)
        && Arrays.equals(labels, other.labels)
        && Arrays.equals(strata, other.strata);
  }

  /** The same, with the other's arrays where they are equal: one copy in memory for both. */
  public DecisionSample sharing(DecisionSample other) {
    return sameRows(other)
        ? new DecisionSample(other.plan, threshold, other.ids, scores, other.labels, other.strata)
        : this;
  }

  /** Sizes of the strata. */
  public static long[] populations(SamplingPlan plan) {
    return plan.strata().stream().mapToLong(Stratum::population).toArray();
  }

  /** Inclusion rates of the strata. */
  public static double[] rates(SamplingPlan plan) {
    List<Stratum> strata = plan.strata();
    return strata.stream().mapToDouble(Stratum::rate).toArray();
  }
}
