package dev.touchstone.metrics.stopping;

/**
 * What can be wrong with a model checkpoint whatever its metrics say.
 *
 * @param loss training or validation loss, any double; null when not reported
 * @param nonFiniteLosses losses that were NaN or infinite since the last check, at least 0
 * @param scores scores seen, at least 0
 * @param invalidScores NaN or infinite ones among them
 * @param distinctScores distinct scores, or -1 when not counted
 * @param scoreDeviation standard deviation of the scores, or NaN when not computed
 */
public record Health(
    Double loss,
    long nonFiniteLosses,
    long scores,
    long invalidScores,
    long distinctScores,
    double scoreDeviation) {
  /** Nothing is known. */
  public static final Health UNKNOWN = new Health(null, 0, 0, 0, -1, Double.NaN);

  /** Checks the ranges above. */
  public Health {
    if (nonFiniteLosses < 0 || invalidScores < 0 || invalidScores > scores || distinctScores < -1) {
      throw new IllegalArgumentException(
          "counts must be at least 0 and invalid scores at most all, got "
              + nonFiniteLosses
              + ", "
              + invalidScores
              + " of "
              + scores
              + ", "
              + distinctScores);
    }
  }

  /** Only a loss is known. */
  public static Health ofLoss(double loss) {
    return new Health(loss, 0, 0, 0, -1, Double.NaN);
  }

  /** Only the scores are known. */
  public static Health ofScores(
      long scores, long invalidScores, long distinctScores, double scoreDeviation) {
    return new Health(null, 0, scores, invalidScores, distinctScores, scoreDeviation);
  }
}
