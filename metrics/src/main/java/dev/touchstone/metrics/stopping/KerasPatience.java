package dev.touchstone.metrics.stopping;

/**
 * Keras' {@code EarlyStopping}. Every check waits; an improvement (strictly by more than min delta
 * over the best) becomes the best and ends the wait, with a baseline only if it beats that too;
 * stop when the wait reaches the patience, never at the first check. So patience 0 and 1 are alike.
 * NaN is no improvement and never becomes the best.
 *
 * @param startFrom earlier checks are ignored, at least 0
 * @param baseline to be beaten for the wait to end, or null
 */
public record KerasPatience(
    Mode mode, double minDelta, long patience, long startFrom, Double baseline)
    implements PatienceRule {
  /** Checks the ranges above. */
  public KerasPatience {
    PatienceRule.check(mode, minDelta, patience);
    if (startFrom < 0) {
      throw new IllegalArgumentException("start from must be at least 0, got " + startFrom);
    }
    if (baseline != null && baseline.isNaN()) {
      throw new IllegalArgumentException("baseline must be a number, got NaN");
    }
  }

  /** From the first check, without a baseline. */
  public static KerasPatience of(Mode mode, double minDelta, long patience) {
    return new KerasPatience(mode, minDelta, patience, 0, null);
  }

  @Override
  public PatienceState next(PatienceState state, double value) {
    if (state.stopped()) {
      return state;
    }
    if (state.checks() < startFrom) {
      return state.skip();
    }
    if (mode.improves(value, state.best(), minDelta)) {
      return state.improved(value, baseline == null || mode.improves(value, baseline, minDelta));
    }
    var waiting = state.waitOn();
    return waiting.waited() >= patience && state.checks() > 0 ? waiting.stop("patience") : waiting;
  }
}
