package dev.touchstone.metrics.binary;

/** The exact binary report of arrays in memory. */
public final class BinaryEvaluation {
  private BinaryEvaluation() {}

  /** Evaluates float32 scores; {@code weights} may be null. */
  public static BinaryReport evaluate(
      float[] scores, byte[] labels, double[] weights, BinaryOptions options) {
    throw new UnsupportedOperationException("next commit");
  }

  /** Evaluates float64 scores; {@code weights} may be null. */
  public static BinaryReport evaluate(
      double[] scores, byte[] labels, double[] weights, BinaryOptions options) {
    throw new UnsupportedOperationException("next commit");
  }
}
