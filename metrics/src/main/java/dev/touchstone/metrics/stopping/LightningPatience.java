package dev.touchstone.metrics.stopping;

/**
 * Lightning's {@code EarlyStopping}, in its order of checks: not finite; better than the stopping
 * threshold; worse than the divergence threshold; then patience, counted in validation checks.
 *
 * @param checkFinite whether NaN or an infinite value stops at once
 * @param stoppingThreshold good enough beyond this, or null
 * @param divergenceThreshold hopeless beyond this, or null
 */
public record LightningPatience(
    Mode mode,
    double minDelta,
    long patience,
    boolean checkFinite,
    Double stoppingThreshold,
    Double divergenceThreshold)
    implements PatienceRule {
  /** Checks the ranges above. */
  public LightningPatience {
    PatienceRule.check(mode, minDelta, patience);
    if (stoppingThreshold != null && stoppingThreshold.isNaN()
        || divergenceThreshold != null && divergenceThreshold.isNaN()) {
      throw new IllegalArgumentException("thresholds must be numbers, got NaN");
    }
  }

  /** With the check for finite values and no thresholds. */
  public static LightningPatience of(Mode mode, double minDelta, long patience) {
    return new LightningPatience(mode, minDelta, patience, true, null, null);
  }

  /** The same with thresholds; null for none. */
  public LightningPatience withThresholds(Double stopping, Double divergence) {
    return new LightningPatience(mode, minDelta, patience, checkFinite, stopping, divergence);
  }

  /** The same with or without the check for finite values. */
  public LightningPatience withCheckFinite(boolean value) {
    return new LightningPatience(
        mode, minDelta, patience, value, stoppingThreshold, divergenceThreshold);
  }

  @Override
  public PatienceState next(PatienceState state, double value) {
    if (state.stopped()) {
      return state;
    }
    if (checkFinite && !(Math.abs(value) <= Double.MAX_VALUE)) {
      return state.skip().stop("not_finite");
    }
    if (stoppingThreshold != null && mode.improves(value, stoppingThreshold, 0)) {
      return state.skip().stop("stopping_threshold");
    }
    if (divergenceThreshold != null && mode.improves(divergenceThreshold, value, 0)) {
      return state.skip().stop("divergence_threshold");
    }
    if (mode.improves(value, state.best(), minDelta)) {
      return state.improved(value, true);
    }
    var waiting = state.waitOn();
    return waiting.waited() >= patience ? waiting.stop("patience") : waiting;
  }
}
