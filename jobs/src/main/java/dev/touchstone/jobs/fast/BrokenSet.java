package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.jobs.settings.EngineSettings.SignalSettings;
import dev.touchstone.metrics.stopping.HealthLimits;

/** What stops a run whatever the metrics of its model checkpoint say: collapse, serving limits. */
final class BrokenSet {

  /** The p99 of fewer calls is their slowest, and the first ones of a process are slow. */
  private static final int FEWEST_CALLS = 100;

  private BrokenSet() {}

  /**
   * Why to stop, with the values, or null.
   *
   * @param first whether it is the run's first check: a model may start with equal scores, and has
   *     not collapsed
   */
  static String reason(Standing standing, boolean first, SignalSettings settings) {
    Vitals vitals = standing.vitals();
    HealthLimits limits = HealthLimits.defaults();
    boolean counted = vitals.rows() > limits.distinctScores() && vitals.distinctScores() >= 0;
    if (!first && counted && vitals.distinctScores() <= limits.distinctScores()) {
      return "scores_collapsed: "
          + vitals.distinctScores()
          + " distinct scores in "
          + vitals.rows()
          + " rows";
    }
    if (!first && counted && vitals.scoreDeviation() < limits.scoreDeviation()) {
      return "scores_collapsed: the scores of "
          + vitals.rows()
          + " rows have a standard deviation of "
          + vitals.scoreDeviation();
    }
    if (settings.maxLatencyMicros() > 0
        && vitals.calls() >= FEWEST_CALLS
        && vitals.p99AtLeastMicros() > settings.maxLatencyMicros()) {
      return "latency_limit: p99 of "
          + vitals.calls()
          + " model calls is "
          + vitals.p99Micros()
          + " µs, surely at least "
          + vitals.p99AtLeastMicros()
          + ", above signals.max_latency_micros "
          + settings.maxLatencyMicros();
    }
    if (settings.maxMemoryBytes() > 0 && vitals.peakMemoryBytes() > settings.maxMemoryBytes()) {
      return "memory_limit: peak memory is "
          + vitals.peakMemoryBytes()
          + " bytes, above signals.max_memory_bytes "
          + settings.maxMemoryBytes();
    }
    return null;
  }
}
