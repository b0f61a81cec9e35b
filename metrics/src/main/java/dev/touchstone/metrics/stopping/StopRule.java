package dev.touchstone.metrics.stopping;

import dev.touchstone.metrics.sequential.AlphaSpending;
import java.util.Objects;

/**
 * The confirmed rule: a model checkpoint is IMPROVED or NO_IMPROVEMENT over the best one only when
 * the interval of their paired difference says so; otherwise it is UNDECIDED, which never counts
 * toward patience.
 *
 * @param mode which way the metric is better
 * @param minDelta a gain below it is no improvement, at least 0
 * @param strict whether an improvement has to exceed min delta for sure, instead of 0
 * @param patience NO_IMPROVEMENT checks that stop the run, at least 1
 * @param startFrom earlier checks never count toward patience, at least 0
 * @param alpha error of all comparisons of the run together, in (0, 1)
 * @param spending how alpha is split over comparisons
 * @param maxUndecided undecided checks in a row after which the full tier is asked even below the
 *     last level of the sample, at least 1
 * @param advanceUndecided whether an undecided checkpoint with a gain becomes the best; patience
 *     starts anew then, so that the claim of a stop is about one best checkpoint
 * @param limits when to stop at once
 */
public record StopRule(
    Mode mode,
    double minDelta,
    boolean strict,
    int patience,
    int startFrom,
    double alpha,
    AlphaSpending spending,
    int maxUndecided,
    boolean advanceUndecided,
    HealthLimits limits) {
  /** Name of this rule's meaning; changes whenever the same checks would be judged otherwise. */
  public static final String VERSION = "confirmed-stopping/2";

  /** Checks the ranges above. */
  public StopRule {
    PatienceRule.check(mode, minDelta, patience);
    if (patience < 1) {
      throw new IllegalArgumentException("patience must be at least 1, got " + patience);
    }
    if (startFrom < 0) {
      throw new IllegalArgumentException("start from must be at least 0, got " + startFrom);
    }
    if (!(alpha > 0 && alpha < 1)) {
      throw new IllegalArgumentException("alpha must be in (0, 1), got " + alpha);
    }
    if (maxUndecided < 1) {
      throw new IllegalArgumentException("max undecided must be at least 1, got " + maxUndecided);
    }
    Objects.requireNonNull(spending, "spending");
    Objects.requireNonNull(limits, "limits");
  }

  /** Alpha 0.05 telescoping, from the first check, advancing, default limits. */
  public static StopRule of(Mode mode, double minDelta, int patience) {
    return new StopRule(
        mode,
        minDelta,
        false,
        patience,
        0,
        0.05,
        AlphaSpending.TELESCOPING,
        10,
        true,
        HealthLimits.defaults());
  }

  /** The same with an improvement that has to exceed min delta for sure. */
  public StopRule withStrict(boolean value) {
    return new StopRule(
        mode,
        minDelta,
        value,
        patience,
        startFrom,
        alpha,
        spending,
        maxUndecided,
        advanceUndecided,
        limits);
  }

  /** The same with another start. */
  public StopRule withStartFrom(int value) {
    return new StopRule(
        mode,
        minDelta,
        strict,
        patience,
        value,
        alpha,
        spending,
        maxUndecided,
        advanceUndecided,
        limits);
  }

  /** The same with another error and split. */
  public StopRule withAlpha(double value, AlphaSpending split) {
    return new StopRule(
        mode,
        minDelta,
        strict,
        patience,
        startFrom,
        value,
        split,
        maxUndecided,
        advanceUndecided,
        limits);
  }

  /** The same with another treatment of undecided checks. */
  public StopRule withUndecided(int most, boolean advance) {
    return new StopRule(
        mode, minDelta, strict, patience, startFrom, alpha, spending, most, advance, limits);
  }

  /** The same with other limits. */
  public StopRule withLimits(HealthLimits value) {
    return new StopRule(
        mode,
        minDelta,
        strict,
        patience,
        startFrom,
        alpha,
        spending,
        maxUndecided,
        advanceUndecided,
        value);
  }
}
