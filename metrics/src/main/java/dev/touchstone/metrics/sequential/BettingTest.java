package dev.touchstone.metrics.sequential;

import dev.touchstone.metrics.ExactSum;

/**
 * A test of one null, "the mean of values in [0, 1] is m", that may be looked at after every value:
 * hedged capital of a gambler who can only win by luck while the null holds.
 *
 * <pre>
 * K = max( ½ prod (1 + lam+_i (X_i - m_i)), ½ prod (1 - lam-_i (X_i - m_i)) )      reject when K >= 1/alpha
 * m_i = (N m - S_{i-1}) / (N - i + 1)      lam+ = min(lam_i, c/m_i)   lam- = min(lam_i, c/(1 - m_i))
 * </pre>
 *
 * <p>lam_i is the predictable weight of {@link EmpiricalBernstein} and c = 1/2; with replacement
 * m_i = m. Sharper than a confidence sequence; use it for the one null that matters ("no
 * difference": m = 1/2 after mapping differences in [-1, 1] to [0, 1]). Once the values seen rule
 * the null out (m_i outside [0, 1]) it is rejected for good.
 *
 * <p>Blocks work as there: with lam and m_i of the block's start, in any order. Not thread-safe.
 * Source: Waudby-Smith and Ramdas 2024; 2020.
 */
public final class BettingTest {
  private static final double TRUNCATION = 0.5;

  private final double mean;
  private final double alpha;
  private final long population;

  private long count;
  private double sum;
  private double spread = 0.25;
  private double logUp = Math.log(0.5);
  private double logDown = Math.log(0.5);
  private double largest = Math.log(0.5);
  private boolean ruledOut;

  private BettingTest(double mean, double alpha, long population) {
    NormalMixture.checkAlpha(alpha);
    if (!(mean >= 0 && mean <= 1)) {
      throw new IllegalArgumentException("the null's mean must be in [0, 1], got " + mean);
    }
    if (population < 1) {
      throw new IllegalArgumentException("population must be at least 1, got " + population);
    }
    this.mean = mean;
    this.alpha = alpha;
    this.population = population;
  }

  /** Independent draws. */
  public static BettingTest withReplacement(double nullMean, double alpha) {
    return new BettingTest(nullMean, alpha, Long.MAX_VALUE);
  }

  /** Draws without replacement from a finite set. */
  public static BettingTest withoutReplacement(double nullMean, double alpha, long population) {
    return new BettingTest(nullMean, alpha, population);
  }

  /** Takes the next value. */
  public void accept(double value) {
    acceptBlock(value);
  }

  /** Takes the next values as one block, in any order. */
  public void acceptBlock(double... values) {
    if (values.length == 0) {
      return;
    }
    if (values.length > population - count) {
      throw new IllegalArgumentException(
          "at most " + population + " values can be drawn, got " + (count + values.length));
    }
    var block = BoundedBlock.of(values);
    double m = remainingMean();
    if (!ruledOut) {
      long t = count + 1;
      double lambda =
          Math.sqrt(2 * Math.log(2 / alpha) / (spread / (count + 1) * t * Math.log1p(t)));
      double up = Math.min(lambda, m > 0 ? TRUNCATION / m : Double.MAX_VALUE);
      double down = Math.min(lambda, m < 1 ? TRUNCATION / (1 - m) : Double.MAX_VALUE);
      // products in exact fixed point, so the order inside a block changes no bit
      var sumUp = ExactSum.of();
      var sumDown = ExactSum.of();
      for (double x : values) {
        sumUp.add(Math.log1p(up * (x - m)));
        sumDown.add(Math.log1p(-down * (x - m)));
      }
      logUp += sumUp.value();
      logDown += sumDown.value();
      largest = Math.max(largest, Math.max(logUp, logDown));
    }
    count += values.length;
    sum += block.sum();
    spread += block.squaresAround((0.5 + sum) / (count + 1));
    double after = remainingMean();
    // with all seen, what is left over must be nothing
    double slack = 1e-9;
    ruledOut |=
        population == count
            ? Math.abs(population * mean - sum) > slack * population
            : after < -slack || after > 1 + slack;
  }

  /** The mean of what was not yet drawn, under the null. */
  private double remainingMean() {
    if (population == Long.MAX_VALUE) {
      return mean;
    }
    double left = (double) population - count;
    double m = left == 0 ? mean : (population * mean - sum) / left;
    return ruledOut ? m : Math.max(-1e-6, Math.min(1 + 1e-6, m));
  }

  /** Values taken. */
  public long count() {
    return count;
  }

  /** Natural logarithm of the largest capital so far. */
  public double logCapital() {
    return ruledOut ? Double.MAX_VALUE : largest;
  }

  /** A p-value that is valid at every look: 1 / largest capital, at most 1. */
  public double pValue() {
    return ruledOut ? 0 : Math.min(1, Math.exp(-largest));
  }

  /** Whether the null was rejected at alpha, now or at any earlier look. */
  public boolean rejected() {
    return ruledOut || largest >= -Math.log(alpha);
  }
}
