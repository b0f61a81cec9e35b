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
 */
public record CompareOptions(
    double level,
    double baselineThreshold,
    double candidateThreshold,
    boolean partialJoin,
    Map<String, Double> leastEffects) {
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
    return new CompareOptions(0.95, 0.5, 0.5, false, Map.of());
  }

  /** The same with another confidence level. */
  public CompareOptions withLevel(double value) {
    return new CompareOptions(
        value, baselineThreshold, candidateThreshold, partialJoin, leastEffects);
  }

  /** The same with other decision thresholds. */
  public CompareOptions withThresholds(double baseline, double candidate) {
    return new CompareOptions(level, baseline, candidate, partialJoin, leastEffects);
  }

  /** The same, leaving out examples that only one model has. */
  public CompareOptions withPartialJoin(boolean value) {
    return new CompareOptions(level, baselineThreshold, candidateThreshold, value, leastEffects);
  }

  /** The same with other least effects. */
  public CompareOptions withLeastEffects(Map<String, Double> value) {
    return new CompareOptions(level, baselineThreshold, candidateThreshold, partialJoin, value);
  }

  double leastEffect(String metric) {
    return leastEffects.getOrDefault(metric, 0.0);
  }
}
