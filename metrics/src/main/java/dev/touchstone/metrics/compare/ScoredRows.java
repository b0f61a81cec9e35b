package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.ScorePrecision;

/**
 * One model's predictions as columns: example ids, scores, labels and optional weights, row by row.
 *
 * <p>Ids are 64-bit numbers, or hashes of whatever the ids are; their order does not matter, but
 * rows sorted by id, or in the same order for both models, are joined without sorting. The columns
 * are not copied: a caller does not change them afterwards.
 */
public final class ScoredRows {
  private final long[] ids;
  private final float[] floats;
  private final double[] doubles;
  private final byte[] labels;
  private final double[] weights;

  private ScoredRows(
      long[] ids, float[] floats, double[] doubles, byte[] labels, double[] weights) {
    this.ids = ids;
    this.floats = floats;
    this.doubles = doubles;
    this.labels = labels;
    this.weights = weights;
    checkLength("scores", floats != null ? floats.length : doubles.length);
    checkLength("labels", labels.length);
    if (weights != null) {
      checkLength("weights", weights.length);
    }
    for (int i = 0; i < ids.length; i++) {
      if ((labels[i] & ~1) != 0) {
        throw new IllegalArgumentException(
            "label must be 0 or 1, got " + labels[i] + " (example " + ids[i] + ")");
      }
      if (weights != null && !(weights[i] >= 0 && weights[i] <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "weight must be finite and at least 0, got "
                + weights[i]
                + " (example "
                + ids[i]
                + ")");
      }
    }
  }

  private void checkLength(String column, int length) {
    if (length != ids.length) {
      throw new IllegalArgumentException(
          column + " must be as many as ids (" + ids.length + "), got " + length);
    }
  }

  /**
   * Float32 scores.
   *
   * @param labels 0 or 1
   * @param weights finite and at least 0, or null
   */
  public static ScoredRows of(long[] ids, float[] scores, byte[] labels, double[] weights) {
    return new ScoredRows(ids, scores, null, labels, weights);
  }

  /** Float64 scores; see {@link #of(long[], float[], byte[], double[])}. */
  public static ScoredRows of(long[] ids, double[] scores, byte[] labels, double[] weights) {
    return new ScoredRows(ids, null, scores, labels, weights);
  }

  /** Number of rows. */
  public int size() {
    return ids.length;
  }

  /** Whether there are weights. */
  public boolean weighted() {
    return weights != null;
  }

  /** The precision of the scores. */
  public ScorePrecision precision() {
    return floats != null ? ScorePrecision.FLOAT32 : ScorePrecision.FLOAT64;
  }

  /** The id of a row. */
  public long id(int row) {
    return ids[row];
  }

  /** The score of a row. */
  public double score(int row) {
    return floats != null ? floats[row] : doubles[row];
  }

  /** The label of a row. */
  public byte label(int row) {
    return labels[row];
  }

  /** The weight of a row; 1 without weights. */
  public double weight(int row) {
    return weights == null ? 1 : weights[row];
  }

  long[] ids() {
    return ids;
  }

  float[] floats() {
    return floats;
  }

  double[] doubles() {
    return doubles;
  }

  byte[] labels() {
    return labels;
  }

  double[] weights() {
    return weights;
  }

  /** These rows, in this order. */
  ScoredRows pick(int[] rows) {
    int n = rows.length;
    long[] pickedIds = new long[n];
    float[] pickedFloats = floats == null ? null : new float[n];
    double[] pickedDoubles = doubles == null ? null : new double[n];
    byte[] pickedLabels = new byte[n];
    double[] pickedWeights = weights == null ? null : new double[n];
    for (int i = 0; i < n; i++) {
      int row = rows[i];
      pickedIds[i] = ids[row];
      pickedLabels[i] = labels[row];
      if (floats != null) {
        pickedFloats[i] = floats[row];
      } else {
        pickedDoubles[i] = doubles[row];
      }
      if (weights != null) {
        pickedWeights[i] = weights[row];
      }
    }
    return new ScoredRows(pickedIds, pickedFloats, pickedDoubles, pickedLabels, pickedWeights);
  }
}
