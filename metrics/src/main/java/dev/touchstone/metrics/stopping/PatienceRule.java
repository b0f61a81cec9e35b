package dev.touchstone.metrics.stopping;

/**
 * Early stopping as the usual callbacks define it: stop after {@code patience} checks without an
 * improvement by more than {@code minDelta}. Judges single values as if they had no noise; see
 * {@link StopRule} for the rule that judges intervals.
 */
public sealed interface PatienceRule permits KerasPatience, LightningPatience {
  /** Which way is better. */
  Mode mode();

  /** What an improvement has to exceed, at least 0. */
  double minDelta();

  /** Checks without improvement that stop a run, at least 0. */
  long patience();

  /** The state before the first check. */
  default PatienceState start() {
    return PatienceState.start(mode());
  }

  /**
   * The state after the next value. A stopped run stays as it is.
   *
   * @param value NaN and infinite values are judged by the rule, not refused
   */
  PatienceState next(PatienceState state, double value);

  /** The state after a check without the metric: nothing is judged. */
  default PatienceState skip(PatienceState state) {
    return state.stopped() ? state : state.skip();
  }

  /** The state after all values, or when it stopped. */
  default PatienceState run(double... values) {
    var state = start();
    for (double value : values) {
      state = next(state, value);
    }
    return state;
  }

  /** Refuses what callbacks silently turn round. */
  static void check(Mode mode, double minDelta, long patience) {
    if (mode == null) {
      throw new IllegalArgumentException("mode must be given: MIN or MAX");
    }
    if (!(minDelta >= 0 && minDelta <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "min delta must be finite and at least 0 whatever the mode, got " + minDelta);
    }
    if (patience < 0) {
      throw new IllegalArgumentException("patience must be at least 0, got " + patience);
    }
  }
}
