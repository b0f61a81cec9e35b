package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Standing;
import dev.touchstone.metrics.stopping.PatienceState;
import dev.touchstone.metrics.stopping.RunState;

/**
 * Where the checks of a run stand.
 *
 * @param on what its model checkpoints are judged on
 * @param step of the last one
 * @param run of the confirmed rule, and the health of any
 * @param patience of the other rules; null before their first check
 * @param best of the model checkpoints; null before the first
 */
public record Judged(String on, long step, RunState run, PatienceState patience, Standing best) {

  static Judged start(String on) {
    return new Judged(on, -1, RunState.START, null, null);
  }

  /** Another rule judges from here on: what was spent of alpha stays spent. */
  Judged underAnotherRule() {
    return new Judged(on, step, RunState.START.withComparisons(run.comparisons()), null, null);
  }

  Judged withComparisons(long count) {
    return new Judged(on, step, run.withComparisons(count), patience, best);
  }
}
