package dev.touchstone.metrics.sampling;

import java.util.Objects;

/**
 * What is asked of a plan.
 *
 * @param salt of the inclusion hash; not the one that splits training from validation
 * @param seed of the inclusion hash
 * @param budget expected examples, positives and negatives together; at least 1
 * @param positivesCap positives (binary) kept whole up to so many, at least 1
 * @param floor part of the budget that is spread evenly whatever matters more, in [0, 1]
 * @param leastPerStratum every stratum expects at least so many examples, or all of it; less where
 *     that would take more than half of the budget
 */
public record PlanOptions(
    String salt, long seed, long budget, long positivesCap, double floor, long leastPerStratum) {
  /** The salt of plans unless another one is asked for. */
  public static final String SALT = "touchstone.sample";

  /** Positives that are kept whole unless another cap is asked for. */
  public static final long POSITIVES_CAP = 20_000;

  /** Checks the ranges above. */
  public PlanOptions {
    Objects.requireNonNull(salt, "salt");
    if (budget < 1) {
      throw new IllegalArgumentException("budget must be at least 1, got " + budget);
    }
    if (positivesCap < 1) {
      throw new IllegalArgumentException("positives cap must be at least 1, got " + positivesCap);
    }
    if (!(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException("floor must be in [0, 1], got " + floor);
    }
    if (leastPerStratum < 1) {
      throw new IllegalArgumentException(
          "least per stratum must be at least 1, got " + leastPerStratum);
    }
  }

  /** So many examples; 20,000 positives whole, a floor of 0.3, at least 20 examples a stratum. */
  public static PlanOptions of(long seed, long budget) {
    return new PlanOptions(SALT, seed, budget, POSITIVES_CAP, 0.3, 20);
  }

  /** The same with another cap on positives. */
  public PlanOptions withPositivesCap(long value) {
    return new PlanOptions(salt, seed, budget, value, floor, leastPerStratum);
  }

  /** The same with another budget. */
  public PlanOptions withBudget(long value) {
    return new PlanOptions(salt, seed, value, positivesCap, floor, leastPerStratum);
  }
}
