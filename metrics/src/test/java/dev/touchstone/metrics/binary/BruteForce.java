package dev.touchstone.metrics.binary;

import java.util.Arrays;

/** The definitions, word for word, in quadratic time. */
final class BruteForce {
  private BruteForce() {}

  static double averagePrecision(float[] scores, byte[] labels, double[] weights) {
    double sum = 0;
    double positives = 0;
    for (int i = 0; i < scores.length; i++) {
      if (labels[i] == 1 && weight(weights, i) > 0) {
        double tp = 0;
        double all = 0;
        for (int j = 0; j < scores.length; j++) {
          if (scores[j] >= scores[i]) {
            all += weight(weights, j);
            tp += labels[j] * weight(weights, j);
          }
        }
        sum += weight(weights, i) * tp / all;
        positives += weight(weights, i);
      }
    }
    return sum / positives;
  }

  static double rocAuc(float[] scores, byte[] labels, double[] weights) {
    double wins = 0;
    double pairs = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int j = 0; j < scores.length; j++) {
        if (labels[i] == 1 && labels[j] == 0) {
          double w = weight(weights, i) * weight(weights, j);
          pairs += w;
          wins += scores[i] > scores[j] ? w : scores[i] == scores[j] ? w / 2 : 0;
        }
      }
    }
    return wins / pairs;
  }

  /** TP and FP at a threshold. */
  static double[] counts(float[] scores, byte[] labels, double[] weights, double threshold) {
    double[] counts = new double[2];
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] >= threshold) {
        counts[1 - labels[i]] += weight(weights, i);
      }
    }
    return counts;
  }

  static double maxF1(float[] scores, byte[] labels, double[] weights) {
    double positives = counts(scores, labels, weights, Double.NEGATIVE_INFINITY)[0];
    double best = 0;
    for (float threshold : scores) {
      double[] c = counts(scores, labels, weights, threshold);
      best = Math.max(best, 2 * c[0] / (positives + c[0] + c[1]));
    }
    return best;
  }

  static double ks(float[] scores, byte[] labels, double[] weights) {
    double[] all = counts(scores, labels, weights, Double.NEGATIVE_INFINITY);
    double best = 0;
    for (float threshold : scores) {
      double[] c = counts(scores, labels, weights, threshold);
      best = Math.max(best, Math.abs(c[0] / all[0] - c[1] / all[1]));
    }
    return best;
  }

  static double[] sortedDistinct(float[] scores) {
    double[] values = new double[scores.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = scores[i] + 0.0f; // -0.0 is 0.0
    }
    return Arrays.stream(values).sorted().distinct().toArray();
  }

  private static double weight(double[] weights, int i) {
    return weights == null ? 1 : weights[i];
  }
}
