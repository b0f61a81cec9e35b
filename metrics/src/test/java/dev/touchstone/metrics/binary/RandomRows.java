package dev.touchstone.metrics.binary;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Seeded rows of several shapes: ties, logits, extremes, weights. */
record RandomRows(float[] scores, byte[] labels, double[] weights) {
  static final int SHAPES = 8;

  static RandomRows of(long seed, int n, boolean weighted) {
    var random = new SplittableRandom(seed);
    int shape = Math.floorMod(seed, SHAPES);
    double rate = new double[] {0.5, 0.1, 0.01, 0.9}[random.nextInt(4)];
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    double[] weights = weighted ? new double[n] : null;
    for (int i = 0; i < n; i++) {
      labels[i] = (byte) (random.nextDouble() < rate ? 1 : 0);
      double z = random.nextDouble() + random.nextDouble() * (1 + labels[i]);
      scores[i] =
          (float)
              switch (shape) {
                case 0 -> z / 3; // few ties
                case 1 -> Math.rint(z * 10) / 30; // heavy ties
                case 2 -> Math.rint(z * 1000) / 3000;
                case 3 -> (z - 1) * 20; // logits
                case 4 -> 0.25; // constant
                case 5 -> random.nextInt(3) == 0 ? -0.0 : random.nextInt(2) * 1e-40;
                case 6 -> random.nextInt(20) == 0 ? Double.POSITIVE_INFINITY : -z * 1e30;
                default -> 0.5 + z * 1e-4; // all in one bin
              };
      if (weighted) {
        weights[i] = random.nextInt(4) == 0 ? 0 : random.nextInt(1, 9) / 4.0;
      }
    }
    return new RandomRows(scores, labels, weights);
  }

  int size() {
    return scores.length;
  }

  /** Float32 little-endian. */
  byte[] scoreBytes() {
    return bytes(scores);
  }

  byte[] weightBytes() {
    float[] floats = new float[weights.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) weights[i];
    }
    return bytes(floats);
  }

  static byte[] bytes(float[] values) {
    var buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return buffer.array();
  }

  RandomRows shuffled(long seed) {
    var random = new SplittableRandom(seed);
    var copy =
        new RandomRows(scores.clone(), labels.clone(), weights == null ? null : weights.clone());
    for (int i = size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      float score = copy.scores[i];
      copy.scores[i] = copy.scores[j];
      copy.scores[j] = score;
      byte label = copy.labels[i];
      copy.labels[i] = copy.labels[j];
      copy.labels[j] = label;
      if (weights != null) {
        double weight = copy.weights[i];
        copy.weights[i] = copy.weights[j];
        copy.weights[j] = weight;
      }
    }
    return copy;
  }
}
