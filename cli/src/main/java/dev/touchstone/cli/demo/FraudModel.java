package dev.touchstone.cli.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Boosted trees that tell fraud from honest payments, trained a few rounds at a time, with the
 * validation rows at hand in blocks.
 *
 * <p>Deterministic: the same settings give the same model bytes and bit-equal scores, because the
 * seed and the number of threads are fixed (the threads share out the rows of a histogram, so
 * another number adds its floats in another order).
 *
 * <p>XGBoost keeps the margins of a block between calls and adds the new trees to them, one after
 * the other, as a whole prediction would: the scores are bit-equal to those of the saved model, and
 * a call costs what the new trees cost.
 *
 * <p>Holds native memory: close it.
 */
final class FraudModel implements AutoCloseable {

  /** Names the learner and its parameters; changes whenever one of them does. */
  static final String VERSION = "fraud-model/1";

  /** Fixed, and not the machine's number of cores: see the class comment. */
  static final int THREADS = 2;

  private static final String MODEL_FORMAT = "ubj";

  private final DMatrix training;
  private final List<DMatrix> validationBlocks;
  private final Booster booster;
  private int rounds;

  private FraudModel(DMatrix training, List<DMatrix> validationBlocks, Booster booster) {
    this.training = training;
    this.validationBlocks = validationBlocks;
    this.booster = booster;
  }

  /** Copies the training rows into native memory; a model without trees. */
  static FraudModel of(LabelledRows training, long seed) {
    try {
      DMatrix matrix = matrix(training.features(), training.rows(), training.width());
      matrix.setLabel(training.floatLabels());
      return new FraudModel(
          matrix,
          new ArrayList<>(),
          XGBoost.train(matrix, parameters(seed), 0, Map.of(), null, null));
    } catch (XGBoostError e) {
      throw failed("could not be set up", e);
    } catch (LinkageError e) {
      throw new IllegalStateException(
          "XGBoost's native library could not be loaded: it needs the GNU OpenMP runtime (Debian:"
              + " apt-get install libgomp1). The loader says: "
              + rootCause(e).getMessage(),
          e);
    }
  }

  private static Throwable rootCause(Throwable problem) {
    Throwable cause = problem;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static Map<String, Object> parameters(long seed) {
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("objective", "binary:logistic");
    parameters.put("base_score", FraudStream.FRAUD_RATE);
    parameters.put("tree_method", "hist");
    parameters.put("max_bin", 128);
    parameters.put("max_depth", 5);
    parameters.put("eta", 0.05); // slow, so that the curve still rises at the last steps
    parameters.put("min_child_weight", 5);
    parameters.put("subsample", 0.8);
    parameters.put("colsample_bytree", 0.8);
    parameters.put("nthread", THREADS);
    parameters.put("seed", seed);
    // XGBoost's generator is shared by all models of a thread: seeded anew each round, no other
    // model can shift this one's sample of rows and columns
    parameters.put("seed_per_iteration", true);
    parameters.put("verbosity", 0);
    return parameters;
  }

  /** Copies a block of rows to be scored into native memory; blocks are numbered from 0. */
  void addValidationBlock(float[] features, int rows) {
    try {
      validationBlocks.add(matrix(features, rows, FraudStream.FEATURES.size()));
    } catch (XGBoostError e) {
      throw failed("could not take a validation block of " + rows + " rows", e);
    }
  }

  /** Trains {@code count} more boosting rounds. */
  void advance(int count) {
    try {
      for (int i = 0; i < count; i++) {
        booster.update(training, rounds++);
      }
    } catch (XGBoostError e) {
      throw failed("stopped at round " + rounds, e);
    }
  }

  /** The probability of fraud for each row of a validation block, in [0, 1]. */
  float[] score(int block) {
    try {
      float[][] rows = booster.predict(validationBlocks.get(block));
      float[] scores = new float[rows.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = rows[i][0];
      }
      return scores;
    } catch (XGBoostError e) {
      throw failed("could not score block " + block, e);
    }
  }

  int rounds() {
    return rounds;
  }

  /** The model in XGBoost's binary JSON. */
  byte[] toBytes() {
    try {
      return booster.toByteArray(MODEL_FORMAT);
    } catch (XGBoostError e) {
      throw failed("could not be serialized", e);
    }
  }

  @Override
  public void close() {
    booster.dispose();
    training.dispose();
    validationBlocks.forEach(DMatrix::dispose);
  }

  private static DMatrix matrix(float[] features, int rows, int width) throws XGBoostError {
    return new DMatrix(features, rows, width, Float.NaN);
  }

  private static IllegalStateException failed(String what, XGBoostError cause) {
    return new IllegalStateException("the demo's model " + what + ": " + cause.getMessage(), cause);
  }
}
