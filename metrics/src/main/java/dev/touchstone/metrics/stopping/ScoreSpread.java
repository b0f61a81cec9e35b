package dev.touchstone.metrics.stopping;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Whether the scores of a model have collapsed: how many distinct ones there are, counted up to
 * three, and their standard deviation (methods 6.2).
 *
 * <p>Rows are looked at only until it is certain that neither limit can be met any longer: three
 * distinct scores, and a sum of squared deviations that no further rows, up to 2^40, bring below
 * the limit, since it can only grow. With a deviation of 0.01 that takes some 10,000 rows, and the
 * rest costs nothing.
 *
 * @param distinct distinct scores seen, at most 3
 * @param first of them, where there is one
 * @param second of them, where there are two
 * @param n rows looked at
 * @param mean of their finite scores
 * @param squares sum of their squared deviations from it; infinite with an infinite score
 */
public record ScoreSpread(
    int distinct, float first, float second, long n, double mean, double squares) {
  /** Before the first score. */
  public static final ScoreSpread START = new ScoreSpread(0, 0, 0, 0, 0, 0);

  private static final int MOST_DISTINCT = 3;

  /** So many squared limits of the deviation as a set has rows at the very most. */
  private static final double ENOUGH =
      HealthLimits.defaults().scoreDeviation()
          * HealthLimits.defaults().scoreDeviation()
          * (1L << 40);

  private static final int BLOCK = 256;

  /** Whether no further row can make it a collapse. */
  public boolean settled() {
    return distinct == MOST_DISTINCT && squares >= ENOUGH;
  }

  /**
   * With further scores.
   *
   * @param scores float32 little-endian, no NaN; equal ones tie, so that 0 and -0 are one
   */
  public ScoreSpread with(byte[] scores) {
    if (settled()) {
      return this;
    }
    var values = ByteBuffer.wrap(scores).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    var spread = this;
    while (values.hasRemaining() && !spread.settled()) {
      float[] block = new float[Math.min(BLOCK, values.remaining())];
      values.get(block);
      spread = spread.with(block);
    }
    return spread;
  }

  private ScoreSpread with(float[] block) {
    int count = distinct;
    float one = first;
    float two = second;
    long rows = n;
    double middle = mean;
    double sum = squares;
    for (float score : block) {
      if (count == 0 || count == 1 && score != one) {
        two = count == 1 ? score : two;
        one = count == 0 ? score : one;
        count++;
      } else if (count == 2 && score != one && score != two) {
        count = MOST_DISTINCT;
      }
      rows++;
      double off = score - middle;
      if (HealthLimits.isFinite(score)) {
        // Welford 1962
        middle += off / rows;
        sum += off * (score - middle);
      } else {
        sum = Double.POSITIVE_INFINITY;
      }
    }
    return new ScoreSpread(count, one, two, rows, middle, sum);
  }

  /** The standard deviation of the scores; NaN where it is known to be large enough, or no rows. */
  public double deviation() {
    return settled() || n == 0 ? Double.NaN : Math.sqrt(squares / n);
  }
}
