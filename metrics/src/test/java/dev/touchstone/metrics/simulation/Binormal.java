package dev.touchstone.metrics.simulation;

import java.util.SplittableRandom;
import org.apache.commons.statistics.distribution.NormalDistribution;

/** Scores N(0, 1) of negatives and N(mu, 1) of positives. */
record Binormal(double prevalence, double mu) {
  private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

  /** The separation at which the law's average precision is as wanted. */
  static Binormal ofAveragePrecision(double prevalence, double wanted) {
    double low = 0;
    double high = 12;
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      if (new Binormal(prevalence, middle).averagePrecision() < wanted) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return new Binormal(prevalence, low);
  }

  /** E[precision at the score of a positive], by the midpoint rule. */
  double averagePrecision() {
    double sum = 0;
    double step = 1e-3;
    for (double s = mu - 8 + step / 2; s < mu + 8; s += step) {
      double tp = prevalence * NORMAL.survivalProbability(s - mu);
      double fp = (1 - prevalence) * NORMAL.survivalProbability(s);
      sum += NORMAL.density(s - mu) * step * tp / (tp + fp);
    }
    return sum;
  }

  static double separationOfRocAuc(double auc) {
    return Math.sqrt(2) * NORMAL.inverseCumulativeProbability(auc);
  }

  /** Rows drawn from the law; the number of positives is random too. */
  void draw(SplittableRandom random, float[] scores, byte[] labels) {
    for (int i = 0; i < scores.length; i++) {
      labels[i] = (byte) (random.nextDouble() < prevalence ? 1 : 0);
      scores[i] = (float) (random.nextGaussian() + mu * labels[i]);
    }
  }
}
