package dev.touchstone.jobs.full;

import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import dev.touchstone.metrics.binary.BinaryOptions;

/** The same options on every slot that works on an evaluation. */
final class FullOptions {

  private FullOptions() {}

  static BinaryOptions of(FullSettings settings, int thresholds) {
    return BinaryOptions.defaults()
        .withThresholds(thresholds)
        .withDecisionThreshold(settings.decisionThreshold());
  }
}
