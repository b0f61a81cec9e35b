package dev.touchstone.metrics;

import org.apache.commons.statistics.distribution.BinomialDistribution;

/**
 * Which order statistics enclose a quantile: whatever the distribution, the quantile of future
 * values lies between the values of these ranks with at least the level's probability.
 *
 * <p>With B ~ Binomial(n, q): the largest l with P(B &lt; l) ≤ a/2 and the least u with P(B ≥ u) ≤
 * a/2, a = 1 - level. Source: Conover 1999, section 3.2.
 *
 * @param rows number of values n
 * @param lower rank from 1 of the lower end; 0 where there is none
 * @param upper rank from 1 of the upper end; n + 1 where there is none
 * @param coverage P(l ≤ B ≤ u - 1), the probability that the quantile lies between the two
 */
public record QuantileRanks(int rows, int lower, int upper, double coverage) {
  /**
   * The ranks.
   *
   * @param rows at least 1
   * @param quantile in [0, 1]
   * @param level in (0, 1)
   */
  public static QuantileRanks of(int rows, double quantile, double level) {
    if (rows < 1) {
      throw new IllegalArgumentException("rows must be at least 1, got " + rows);
    }
    if (!(quantile >= 0 && quantile <= 1)) {
      throw new IllegalArgumentException("quantile must be in [0, 1], got " + quantile);
    }
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
    var below = BinomialDistribution.of(rows, quantile);
    double tail = (1 - level) / 2;
    int lower = below.inverseCumulativeProbability(tail);
    int upper = below.inverseCumulativeProbability(1 - tail) + 1;
    return new QuantileRanks(
        rows,
        lower,
        upper,
        below.cumulativeProbability(upper - 1) - below.cumulativeProbability(lower - 1));
  }

  /** Whether both ends exist. */
  public boolean enclosed() {
    return lower >= 1 && upper <= rows;
  }
}
