package dev.touchstone.metrics.compare;

import java.util.Map;

/**
 * What a paired comparison should compute.
 *
 * @param level confidence level of intervals, in (0, 1)
 * @param baselineThreshold the baseline predicts positive iff its score is at least this
 * @param candidateThreshold the candidate's own threshold
 * @param partialJoin whether examples that only one model has may be left out; otherwise they are
 *     refused
 * @param leastEffects by metric name, what a gain or loss has to exceed; 0 for others
 * @param bootstrap how to resample the difference in average precision for its interval and
 *     p-value; null: by its influence function
 */
public record CompareOptions(
    double level,
    double baselineThreshold,
    double candidateThreshold,
    boolean partialJoin,
    Map<String, Double> leastEffects,
    PairedBootstrap.Options bootstrap) {
  /** Checks the ranges above; copies the map. */
  public CompareOptions {
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
    if (Double.isNaN(baselineThreshold) || Double.isNaN(candidateThreshold)) {
      throw new IllegalArgumentException("thresholds must be numbers, got NaN");
    }
    leastEffects = Map.copyOf(leastEffects);
    leastEffects.forEach(
        (name, effect) -> {
          if (!PairedComparison.METRICS.containsKey(name)) {
            throw new IllegalArgumentException(
                "least effect of an unknown metric "
                    + name
                    + "; there are "
                    + PairedComparison.METRICS.keySet());
          }
          if (!(effect >= 0 && effect <= Double.MAX_VALUE)) {
            throw new IllegalArgumentException(
                "least effect of " + name + " must be finite and at least 0, got " + effect);
          }
        });
  }

  /** Level 0.95, thresholds 0.5, every example in both sets, any effect counts. */
  public static CompareOptions defaults() {
    return new CompareOptions(0.95, 0.5, 0.5, false, Map.of(), null);
  }

  /** The same with another confidence level. */
  public CompareOptions withLevel(double value) {
    return new CompareOptions(
        value, baselineThreshold, candidateThreshold, partialJoin, leastEffects, bootstrap);
  }

  /** The same with other decision thresholds. */
  public CompareOptions withThresholds(double baseline, double candidate) {
    return new CompareOptions(level, baseline, candidate, partialJoin, leastEffects, bootstrap);
  }

  /** The same, leaving out examples that only one model has. */
  public CompareOptions withPartialJoin(boolean value) {
    return new CompareOptions(
        level, baselineThreshold, candidateThreshold, value, leastEffects, bootstrap);
  }

  /** The same with other least effects. */
  public CompareOptions withLeastEffects(Map<String, Double> value) {
    return new CompareOptions(
        level, baselineThreshold, candidateThreshold, partialJoin, value, bootstrap);
  }

  /** The same with the difference in average precision resampled; null: by influence function. */
  public CompareOptions withBootstrap(PairedBootstrap.Options value) {
    return new CompareOptions(
        level, baselineThreshold, candidateThreshold, partialJoin, leastEffects, value);
  }

  double leastEffect(String metric) {
    return leastEffects.getOrDefault(metric, 0.0);
  }
}
