package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.ScoreTable;

/** Some rows of columns. All of them, and the column itself, where the rows are null. */
final class Picked {
  private Picked() {}

  static double[] of(double[] column, int[] rows) {
    if (rows == null || column == null) {
      return column;
    }
    double[] picked = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = column[rows[i]];
    }
    return picked;
  }

  static float[] of(float[] column, int[] rows) {
    if (rows == null) {
      return column;
    }
    float[] picked = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = column[rows[i]];
    }
    return picked;
  }

  static int[] of(int[] column, int[] rows) {
    if (rows == null) {
      return column;
    }
    int[] picked = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = column[rows[i]];
    }
    return picked;
  }

  static long[] of(long[] column, int[] rows) {
    if (rows == null) {
      return column;
    }
    long[] picked = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = column[rows[i]];
    }
    return picked;
  }

  /** Rows of {@code width} values each. */
  static byte[] of(byte[] values, int width, int[] rows) {
    if (rows == null) {
      return values;
    }
    byte[] picked = new byte[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(values, rows[i] * width, picked, i * width, width);
    }
    return picked;
  }

  static ScoreTable of(ScoreTable scores, int[] rows) {
    if (rows == null) {
      return scores;
    }
    int width = scores.columns();
    if (scores.precision() == ScorePrecision.FLOAT32) {
      float[] picked = new float[rows.length * width];
      for (int i = 0; i < picked.length; i++) {
        picked[i] = (float) scores.at(rows[i / width], i % width);
      }
      return ScoreTable.of(picked, width);
    }
    double[] picked = new double[rows.length * width];
    for (int i = 0; i < picked.length; i++) {
      picked[i] = scores.at(rows[i / width], i % width);
    }
    return ScoreTable.of(picked, width);
  }
}
