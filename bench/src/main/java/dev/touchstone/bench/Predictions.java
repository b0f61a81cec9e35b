package dev.touchstone.bench;

import dev.touchstone.metrics.SplitMix64;
import java.util.stream.IntStream;

/**
 * The data of all benchmarks: y ~ Bernoulli(prevalence), z ~ N(2.326 y, 1), score = (float)
 * sigmoid(2.326 z - 2.706 + logit(prevalence)), which is what a calibrated model would say. With
 * 0.5 % positives the ROC AUC is about 0.950 and the average precision about 0.307.
 *
 * <p>Row i depends on the seed and i alone: 3 outputs of SplitMix64 a row, the normal deviate by
 * Box and Muller (1958). {@code suite_compare.py} makes the same rows.
 *
 * @param scores float32 scores, not copied: 100 million of them are the point
 * @param labels 0 or 1, not copied
 */
public record Predictions(float[] scores, byte[] labels) {
  private static final long SEED = 20240607;
  private static final double SEPARATION = 2.326;
  private static final int CHUNK = 1 << 16;

  /** What the scores look like. */
  public enum Shape {
    /** 0.5 % positives, scores nearly all distinct. */
    RARE(0.005),
    /** The same, rounded to 1/1000: about a thousand distinct scores. */
    TIES(0.005),
    /** As many positives as negatives. */
    BALANCED(0.5);

    private final double logit;
    private final double prevalence;

    Shape(double prevalence) {
      this.prevalence = prevalence;
      logit = Math.log(prevalence / (1 - prevalence));
    }
  }

  /** The first {@code rows} rows of a shape. */
  public static Predictions of(Shape shape, int rows) {
    var made = new Predictions(new float[rows], new byte[rows]);
    IntStream.range(0, (rows + CHUNK - 1) / CHUNK)
        .parallel()
        .forEach(c -> made.fill(shape, 0, c * CHUNK, Math.min(rows, (c + 1) * CHUNK)));
    return made;
  }

  /** Rows [from, from + rows) of a shape. */
  public static Predictions of(Shape shape, long from, int rows) {
    var made = new Predictions(new float[rows], new byte[rows]);
    made.fill(shape, from, 0, rows);
    return made;
  }

  private void fill(Shape shape, long first, int from, int to) {
    for (int i = from; i < to; i++) {
      long row = 3 * (first + i);
      int y = SplitMix64.unit(SplitMix64.at(SEED, row)) < shape.prevalence ? 1 : 0;
      // 1 - u is in (0, 1]: its logarithm is finite
      double u = 1 - SplitMix64.unit(SplitMix64.at(SEED, row + 1));
      double v = SplitMix64.unit(SplitMix64.at(SEED, row + 2));
      double z = SEPARATION * y + Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
      double logit = SEPARATION * z - SEPARATION * SEPARATION / 2 + shape.logit;
      double score = 1 / (1 + Math.exp(-logit));
      scores[i] = (float) (shape == Shape.TIES ? Math.rint(score * 1000) / 1000 : score);
      labels[i] = (byte) y;
    }
  }

  /** Number of rows. */
  public int rows() {
    return labels.length;
  }
}
