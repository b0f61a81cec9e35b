package dev.touchstone.cli.evaluate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Reads labels, scores and weights from one .npy file each. */
final class NpyPredictions {
  private NpyPredictions() {}

  /**
   * Reads the arrays; float32 scores stay float32.
   *
   * @param weights may be null
   * @throws BadInputException when an array is unfit, or their lengths differ
   */
  static Predictions read(Path labels, Path scores, Path weights, LabelRule rule)
      throws IOException {
    NpyArray labelArray = NpyArray.open(labels);
    NpyArray scoreArray = NpyArray.open(scores);
    NpyArray weightArray = weights == null ? null : NpyArray.open(weights);
    requireSameLength(labelArray, scoreArray);
    if (weightArray != null) {
      requireSameLength(labelArray, weightArray);
    }
    byte[] labelValues = labelArray.labels(rule);
    float[] floats = null;
    double[] doubles = null;
    if (scoreArray.type() == NpyArray.Type.FLOAT32) {
      floats = scoreArray.floats();
      for (int i = 0; i < floats.length; i++) {
        if (Float.isNaN(floats[i])) {
          throw nan(scoreArray, i);
        }
      }
    } else {
      doubles = scoreArray.doubles();
      for (int i = 0; i < doubles.length; i++) {
        if (Double.isNaN(doubles[i])) {
          throw nan(scoreArray, i);
        }
      }
    }
    double[] weightValues = weightArray == null ? null : weightArray.doubles();
    for (int i = 0; weightValues != null && i < weightValues.length; i++) {
      if (!(weightValues[i] >= 0 && weightValues[i] < Double.POSITIVE_INFINITY)) {
        throw BadInputException.inRow(
            weightArray.name(),
            i + 1L,
            "weight must be a number of at least 0, got "
                + BadInputException.quote(Double.toString(weightValues[i])));
      }
    }
    return new Predictions(labelValues, floats, doubles, weightValues, List.of(), null);
  }

  private static BadInputException nan(NpyArray scores, int at) {
    return BadInputException.inRow(scores.name(), at + 1L, "score must be a number, got \"NaN\"");
  }

  private static void requireSameLength(NpyArray labels, NpyArray other) {
    if (labels.length() != other.length()) {
      throw BadInputException.inFile(
          other.name(),
          "must have as many rows as "
              + labels.name()
              + ", "
              + labels.length()
              + ", got "
              + other.length());
    }
  }
}
