package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.ScorePrecision;
import java.nio.ByteBuffer;

/**
 * Scores of rows by columns (classes or labels), row-major, float32 or float64. The array is not
 * copied: it may hold gigabytes.
 */
public final class ScoreTable {
  private final int rows;
  private final int columns;
  private final float[] floats;
  private final double[] doubles;

  private ScoreTable(int length, int columns, float[] floats, double[] doubles) {
    if (columns < 1) {
      throw new IllegalArgumentException("columns must be at least 1, got " + columns);
    }
    if (length % columns != 0) {
      throw new IllegalArgumentException(
          "scores must fill whole rows of " + columns + ", got " + length);
    }
    this.rows = length / columns;
    this.columns = columns;
    this.floats = floats;
    this.doubles = doubles;
  }

  /** A table of float32 scores, row-major. */
  public static ScoreTable of(float[] scores, int columns) {
    return new ScoreTable(scores.length, columns, scores, null);
  }

  /** A table of float64 scores, row-major. */
  public static ScoreTable of(double[] scores, int columns) {
    return new ScoreTable(scores.length, columns, null, scores);
  }

  /** A table of little-endian float32 scores, row-major, between position and limit. */
  public static ScoreTable of(ByteBuffer scores, int columns) {
    if (scores.remaining() % 4 != 0) {
      throw new IllegalArgumentException(
          "scores must be whole float32 values, got " + scores.remaining() + " bytes");
    }
    return of(LabelEncoding.floats("scores", scores, scores.remaining() / 4), columns);
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Number of columns. */
  public int columns() {
    return columns;
  }

  /** Format of the scores. */
  public ScorePrecision precision() {
    return floats != null ? ScorePrecision.FLOAT32 : ScorePrecision.FLOAT64;
  }

  /** One score; float32 widens exactly. */
  public double at(int row, int column) {
    int i = row * columns + column;
    return floats != null ? floats[i] : doubles[i];
  }

  /** Copies a row. */
  public void row(int row, double[] into) {
    int start = row * columns;
    if (floats != null) {
      for (int c = 0; c < columns; c++) {
        into[c] = floats[start + c];
      }
    } else {
      System.arraycopy(doubles, start, into, 0, columns);
    }
  }

  float[] floats() {
    return floats;
  }

  double[] doubles() {
    return doubles;
  }
}
