package dev.touchstone.jobs.fast;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * A training run: boosted trees on made-up payments, a few of them fraud of three kinds, scored on
 * a validation set at every model checkpoint. So few training rows that it overfits: the losses
 * rise again.
 *
 * @param labels of the validation set
 * @param scores by model checkpoint, then by row
 */
record BoostedRun(byte[] labels, List<float[]> scores) {

  private static final int FEATURES = 10;
  private static final double RATE = 0.01;

  /** Trains with two threads; the same seed gives the same scores. */
  static BoostedRun of(long seed, int trainingRows, int rows, int checkpoints) throws XGBoostError {
    var random = new SplittableRandom(seed);
    byte[] trainingLabels = new byte[trainingRows];
    DMatrix training =
        new DMatrix(features(random, trainingLabels), trainingRows, FEATURES, Float.NaN);
    float[] targets = new float[trainingRows];
    for (int i = 0; i < trainingRows; i++) {
      targets[i] = trainingLabels[i];
    }
    training.setLabel(targets);
    byte[] labels = new byte[rows];
    DMatrix validation = new DMatrix(features(random, labels), rows, FEATURES, Float.NaN);
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("objective", "binary:logistic");
    parameters.put("base_score", RATE);
    parameters.put("tree_method", "hist");
    parameters.put("max_bin", 64);
    parameters.put("max_depth", 6);
    parameters.put("eta", 0.25);
    parameters.put("nthread", 2);
    parameters.put("seed", seed);
    parameters.put("verbosity", 0);
    List<float[]> scores = new ArrayList<>();
    Booster booster = XGBoost.train(training, parameters, 1, Map.of(), null, null);
    try {
      int round = 1;
      for (int checkpoint = 0; checkpoint < checkpoints; checkpoint++) {
        float[][] predicted = booster.predict(validation);
        float[] column = new float[rows];
        for (int i = 0; i < rows; i++) {
          column[i] = predicted[i][0];
        }
        scores.add(column);
        for (int i = 0; i < 2; i++) {
          booster.update(training, round++);
        }
      }
    } finally {
      booster.dispose();
      training.dispose();
      validation.dispose();
    }
    return new BoostedRun(labels, scores);
  }

  private static float[] features(SplittableRandom random, byte[] labels) {
    float[] features = new float[labels.length * FEATURES];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) (random.nextDouble() < RATE ? 1 : 0);
      int kind = labels[i] * (1 + random.nextInt(3));
      for (int f = 0; f < FEATURES; f++) {
        double shift = kind > 0 && f / 3 == kind - 1 && random.nextDouble() < 0.8 ? 1.8 : 0;
        features[i * FEATURES + f] = (float) (random.nextGaussian() + shift);
      }
    }
    return features;
  }

  int rows() {
    return labels.length;
  }
}
