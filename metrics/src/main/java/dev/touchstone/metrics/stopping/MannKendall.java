package dev.touchstone.metrics.stopping;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Does a series go up or down? Mann and Kendall's rank test for a monotone trend, with ties.
 *
 * <pre>
 * S = sum_{i&lt;j} sign(x_j - x_i)     Var = [ n (n-1) (2n+5) - sum_t t (t-1) (2t+5) ] / 18
 * Z = (S - sign S) / sqrt(Var);  Z = 0 where S = 0
 * </pre>
 *
 * <p>Model checkpoints share weights and sample, so their series is autocorrelated and the test too
 * bold: use {@link #hamedRao} or a level of 0.01, and take it as advice. Quadratic time. Source:
 * Mann 1945; Kendall 1975; Hamed and Rao 1998.
 *
 * @param n length of the series
 * @param s Kendall's S
 * @param variance of S without a trend; 0 when all values tie
 */
public record MannKendall(int n, long s, double variance) {
  /** Fewest values for the normal approximation. */
  public static final int FEWEST = 8;

  private static final int MOST = 10_000;

  /**
   * The test for a series of finite values.
   *
   * @throws IllegalArgumentException for fewer than 8 values, more than 10,000, or one that is not
   *     finite
   */
  public static MannKendall of(double... series) {
    check(series);
    int n = series.length;
    long s = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        s += series[j] > series[i] ? 1 : series[j] < series[i] ? -1 : 0;
      }
    }
    double[] sorted = series.clone();
    Arrays.sort(sorted);
    double ties = 0;
    for (int from = 0; from < n; ) {
      int to = from;
      while (to < n && sorted[to] == sorted[from]) {
        to++;
      }
      double t = to - from;
      ties += t * (t - 1) * (2 * t + 5);
      from = to;
    }
    return new MannKendall(n, s, (n * (n - 1.0) * (2.0 * n + 5) - ties) / 18);
  }

  /**
   * The test with its variance enlarged for autocorrelation: n/n* = 1 + 2 / (n (n-1) (n-2)) sum_k
   * (n-k) (n-k-1) (n-k-2) r_k over the lags whose rank autocorrelation r_k of the detrended series
   * is significant at 5 %. Never shrinks the variance.
   */
  public static MannKendall hamedRao(double... series) {
    var plain = of(series);
    int n = plain.n;
    double slope = TheilSen.slope(series);
    double[] detrended = new double[n];
    for (int i = 0; i < n; i++) {
      detrended[i] = series[i] - slope * i;
    }
    double[] ranks = ranks(detrended);
    double mean = (n + 1) / 2.0;
    double squares = 0;
    for (double rank : ranks) {
      squares += (rank - mean) * (rank - mean);
    }
    double sum = 0;
    for (int lag = 1; lag < n - 2 && squares > 0; lag++) {
      double products = 0;
      for (int i = 0; i + lag < n; i++) {
        products += (ranks[i] - mean) * (ranks[i + lag] - mean);
      }
      double r = products / squares;
      if (Math.abs(r) > 1.959963984540054 / Math.sqrt(n)) {
        sum += (n - lag) * (n - lag - 1.0) * (n - lag - 2.0) * r;
      }
    }
    double factor = Math.max(1, 1 + 2 / (n * (n - 1.0) * (n - 2.0)) * sum);
    return new MannKendall(n, plain.s, plain.variance * factor);
  }

  private static double[] ranks(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double[] ranks = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double below = 0;
      double tied = 0;
      for (double other : sorted) {
        below += other < values[i] ? 1 : 0;
        tied += other == values[i] ? 1 : 0;
      }
      ranks[i] = below + (tied + 1) / 2;
    }
    return ranks;
  }

  static void check(double[] series) {
    if (series.length < FEWEST || series.length > MOST) {
      throw new IllegalArgumentException(
          "a trend needs " + FEWEST + " to " + MOST + " values, got " + series.length);
    }
    for (int i = 0; i < series.length; i++) {
      if (!(Math.abs(series[i]) <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "values must be finite, got " + series[i] + " (value " + i + ")");
      }
    }
  }

  /** The standardised statistic; above 0 is upward. */
  public double z() {
    return s == 0 || variance == 0 ? 0 : (s - Math.signum(s)) / Math.sqrt(variance);
  }

  /** Two-sided p-value of "no trend". */
  public double pValue() {
    return Math.min(1, 2 * NormalDistribution.of(0, 1).survivalProbability(Math.abs(z())));
  }
}
