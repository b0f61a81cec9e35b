package dev.touchstone.metrics.sampling;

import java.util.Arrays;

/**
 * The second reading of an evaluation set: which of its examples a plan takes. Holds the sample
 * alone. Not thread-safe.
 */
public final class PlanSample {
  private final PlanRule rule;
  private final long[] counts;
  private long[] ids = new long[1 << 10];
  private byte[] strata = new byte[1 << 10];
  private int size;

  private PlanSample(PlanRule rule) {
    this.rule = rule;
    counts = new long[rule.strata().size()];
  }

  /** Nothing yet. */
  public static PlanSample of(PlanRule rule) {
    return new PlanSample(rule);
  }

  /** An example and its stratum code; -1 for one that the plan has no stratum for. */
  public void accept(long id, int stratum) {
    if (stratum < 0) {
      throw changed("id " + id + " has no stratum");
    }
    counts[stratum]++;
    if (!rule.includes(id, stratum)) {
      return;
    }
    if (size == ids.length) {
      int more = (int) Math.min(Integer.MAX_VALUE - 8L, size + (size >> 1) + 1L);
      if (more == size) {
        throw new IllegalArgumentException("a sample must have less than 2^31 examples");
      }
      ids = Arrays.copyOf(ids, more);
      strata = Arrays.copyOf(strata, more);
    }
    ids[size] = id;
    strata[size++] = (byte) stratum;
  }

  /**
   * The plan with its examples.
   *
   * @throws IllegalArgumentException when the examples were not those that the plan was made from
   */
  public PlanFile file() {
    for (int h = 0; h < counts.length; h++) {
      var stratum = rule.strata().get(h);
      if (counts[h] != stratum.population()) {
        throw changed(
            counts[h] + " of " + stratum.population() + " came in stratum " + stratum.name());
      }
    }
    long[] keys = new long[size];
    for (int i = 0; i < size; i++) {
      keys[i] = ids[i] ^ Long.MIN_VALUE; // the unsigned order of these is the order of ids
    }
    var order = RowOrder.ofOwned(keys);
    long[] sorted = new long[size];
    byte[] codes = new byte[size];
    for (int place = 0; place < size; place++) {
      sorted[place] = ids[order.row(place)];
      codes[place] = strata[order.row(place)];
    }
    return new PlanFile(rule, sorted, codes);
  }

  private static IllegalArgumentException changed(String what) {
    return new IllegalArgumentException(
        "examples must be the same at both readings of them, but " + what);
  }
}
