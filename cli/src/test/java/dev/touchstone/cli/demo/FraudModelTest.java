package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.Test;

class FraudModelTest {

  private static final LabelledRows TRAINING = FraudStream.training(7, 60_000);
  private static final LabelledRows VALIDATION = FraudStream.validation(7, 40_000, 20_000);

  @Test
  void twoRunsAgreeBitForBit() {
    try (FraudModel first = model();
        FraudModel second = model()) {
      for (int step = 0; step < 5; step++) {
        first.advance(3);
        second.advance(3);
        assertThat(digest(first))
            .as("model after %d rounds", first.rounds())
            .isEqualTo(digest(second));
        assertThat(first.score(0)).isEqualTo(second.score(0));
      }
    }
  }

  @Test
  void askingForScoresDoesNotChangeTheModel() {
    try (FraudModel asked = model();
        FraudModel silent = model()) {
      for (int step = 0; step < 3; step++) {
        asked.advance(2);
        asked.score(0);
      }
      silent.advance(6);
      assertThat(digest(asked)).isEqualTo(digest(silent));
      assertThat(asked.score(0)).isEqualTo(silent.score(0));
    }
  }

  @Test
  void scoresFromKeptMarginsAreThoseOfTheSavedModel() throws Exception {
    try (FraudModel model = model()) {
      float[] scores = null;
      for (int step = 0; step < 6; step++) {
        model.advance(3);
        scores = model.score(0);
      }
      Booster saved = XGBoost.loadModel(model.toBytes());
      DMatrix rows =
          new DMatrix(VALIDATION.features(), VALIDATION.rows(), VALIDATION.width(), Float.NaN);
      float[][] whole = saved.predict(rows);
      for (int row = 0; row < scores.length; row++) {
        assertThat(scores[row]).as("row %d", row).isEqualTo(whole[row][0]);
      }
      saved.dispose();
      rows.dispose();
    }
  }

  @Test
  void modelLearnsAndTheDriftedSliceIsWorse() {
    try (FraudModel model = model()) {
      model.advance(3);
      double early = averagePrecision(model.score(0), -1);
      model.advance(57);
      float[] scores = model.score(0);
      double late = averagePrecision(scores, -1);
      // base rate 0.005; thresholds far from what was seen (0.19, 0.36, 0.13)
      assertThat(early).isGreaterThan(0.05);
      assertThat(late).isGreaterThan(0.25).isGreaterThan(early);
      assertThat(averagePrecision(scores, FraudStream.COUNTRIES.indexOf("BR")))
          .isLessThan(late - 0.05);
      for (float score : scores) {
        assertThat(score).isBetween(0f, 1f);
      }
    }
  }

  private static String digest(FraudModel model) {
    return Digests.sha256Hex(model.toBytes());
  }

  private static FraudModel model() {
    FraudModel model = FraudModel.of(TRAINING, 7);
    model.addValidationBlock(VALIDATION.features(), VALIDATION.rows());
    return model;
  }

  private static double averagePrecision(float[] scores, int country) {
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Float.compare(scores[b], scores[a]));
    double sum = 0;
    int positives = 0;
    int seen = 0;
    for (int row : order) {
      if (country < 0 || VALIDATION.countries()[row] == country) {
        seen++;
        if (VALIDATION.labels()[row] == 1) {
          positives++;
          sum += positives / (double) seen;
        }
      }
    }
    return sum / positives;
  }
}
