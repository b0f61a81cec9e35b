package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Golden;

/**
 * Calibrated scores of a rare class: y ~ Bernoulli(rate), z ~ N(2.326 y, 1), score = sigmoid of the
 * log odds of y given z.
 */
final class FraudScores {
  private static final double SHIFT = 2.326;

  private FraudScores() {}

  static void fill(long seed, double rate, float[] scores, byte[] labels) {
    long state = seed;
    double offset = Math.log(rate / (1 - rate)) - SHIFT * SHIFT / 2;
    for (int i = 0; i < scores.length; i += 2) {
      state += 0x9E3779B97F4A7C15L;
      double u = uniform(state);
      state += 0x9E3779B97F4A7C15L;
      double angle = 2 * Math.PI * uniform(state);
      double radius = Math.sqrt(-2 * Math.log(u));
      for (int j = i; j < Math.min(scores.length, i + 2); j++) {
        state += 0x9E3779B97F4A7C15L;
        labels[j] = (byte) (uniform(state) < rate ? 1 : 0);
        double z = radius * (j == i ? Math.cos(angle) : Math.sin(angle)) + SHIFT * labels[j];
        scores[j] = (float) (1 / (1 + Math.exp(-(SHIFT * z + offset))));
      }
    }
  }

  private static double uniform(long state) {
    return ((Golden.mix(state) >>> 11) + 0.5) * 0x1p-53;
  }
}
