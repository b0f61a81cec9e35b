package dev.touchstone.metrics.sequential;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Target;

/**
 * A confidence sequence for the mean of values in [0, 1] that holds at every sample size at once
 * and whatever their distribution: the predictable empirical-Bernstein sequence. With or without
 * replacement; without, it needs the values in random order (hash order) out of a finite set of N.
 *
 * <p>Each side has half of alpha, a = alpha / 2. With c the truncation,
 *
 * <pre>
 * muhat_t = (1/2 + sum X) / (t + 1)      s2_t = (1/4 + sum (X_i - muhat_i)²) / (t + 1)
 * lam_t = min( sqrt( 2 ln(1/a) / (s2_{t-1} t ln(1 + t)) ), c )                 psi(l) = -ln(1-l) - l
 * L_t = [ sum lam_i X_i - ln(1/a) - sum (X_i - Xbar_{i-1})² psi(lam_i) ] / sum lam_i
 * </pre>
 *
 * and the upper end by the same for 1 - X. Without replacement X_i becomes X_i + S_{i-1} / (N - i +
 * 1) and the divisor sum lam_i (1 + (i-1) / (N - i + 1)).
 *
 * <p><b>Blocks.</b> Values of a block are taken with the weights, mean and remaining total of the
 * block's start, with the t of its end, all of them predictable (a block's size must not depend on
 * its values), so their order inside the block does not matter and blocks can be summed up in
 * parallel ({@link BoundedBlock}). Valid: with replacement every factor is a supermartingale
 * factor; without, by Hoeffding's (1963, theorem 4) comparison of sums drawn without and with
 * replacement from what remains, the exponential being convex. Blocks of one are the sequence as
 * published. Smaller blocks adapt faster.
 *
 * <p>The interval is the running intersection within [0, 1]. Not thread-safe. Source: Waudby-Smith
 * and Ramdas 2024 (theorem 2); 2020 for sampling without replacement.
 */
public final class EmpiricalBernstein {
  private static final double TRUNCATION = 0.5;

  private final double alpha;
  private final long population;
  private final double logInverse;

  private long count;
  private double sum;

  // 1/4 + sum (X_i - muhat_i)², the same for X and 1 - X
  private double spread = 0.25;
  private final Side lower = new Side();
  private final Side upper = new Side();
  private double low = 0;
  private double high = 1;

  /** Sums of one side. */
  private static final class Side {
    double weighted;
    double penalty;
    double divisor;
  }

  private EmpiricalBernstein(double alpha, long population) {
    NormalMixture.checkAlpha(alpha);
    if (population < 1) {
      throw new IllegalArgumentException("population must be at least 1, got " + population);
    }
    this.alpha = alpha;
    this.population = population;
    logInverse = Math.log(2 / alpha);
  }

  /** Independent draws: for the mean of their law. */
  public static EmpiricalBernstein withReplacement(double alpha) {
    return new EmpiricalBernstein(alpha, Long.MAX_VALUE);
  }

  /** Draws without replacement from a finite set: for the mean of that set. */
  public static EmpiricalBernstein withoutReplacement(double alpha, long population) {
    return new EmpiricalBernstein(alpha, population);
  }

  private boolean finite() {
    return population != Long.MAX_VALUE;
  }

  /** Takes the next value, in [0, 1]. */
  public void accept(double value) {
    accept(BoundedBlock.of(value));
  }

  /** Takes the next block of values. */
  public void accept(BoundedBlock block) {
    long m = block.count();
    if (m == 0) {
      return;
    }
    if (m > population - count) {
      throw new IllegalArgumentException(
          "at most " + population + " values can be drawn, got " + (count + m));
    }
    // the last place of the block: what fits its first would be far too bold for the others
    long t = count + m;
    double variance = spread / (count + 1);
    double lambda =
        Math.min(Math.sqrt(2 * logInverse / (variance * t * Math.log1p(t))), TRUNCATION);
    double penalty = -Math.log1p(-lambda) - lambda;
    double remaining = finite() ? population - count : Double.POSITIVE_INFINITY;
    // before the first value: 0 as published for a block of one, 1/2 for a larger one, whose
    // every value would pay for a poor guess
    double unknown = m == 1 ? 0 : 0.5;
    double mean = count == 0 ? unknown : sum / count;
    double mirroredMean = count == 0 ? unknown : 1 - mean;
    take(lower, block.sum(), m, sum, block.squaresAround(mean), lambda, penalty, remaining);
    take(
        upper,
        block.mirroredSum(),
        m,
        count - sum,
        // (1 - x) - c around x = 1 - c
        block.squaresAround(1 - mirroredMean),
        lambda,
        penalty,
        remaining);
    count += m;
    sum += block.sum();
    spread += block.squaresAround((0.5 + sum) / (count + 1));
    if (finite() && count == population) {
      // all were seen
      low = sum / count;
      high = low;
    } else {
      low = Math.max(low, currentLow());
      high = Math.min(high, currentHigh());
    }
  }

  private void take(
      Side side,
      double blockSum,
      long m,
      double sumBefore,
      double squares,
      double lambda,
      double penalty,
      double remaining) {
    side.weighted += lambda * (blockSum + m * (sumBefore / remaining));
    side.penalty += penalty * squares;
    side.divisor += lambda * m * (1 + (finite() ? count / remaining : 0));
  }

  private double bound(Side side) {
    return (side.weighted - logInverse - side.penalty) / side.divisor;
  }

  /** Lower end by this look alone, in [0, 1]: what {@link #low()} is without the intersection. */
  public double currentLow() {
    return count == 0 ? 0 : Math.max(0, bound(lower));
  }

  /** Upper end by this look alone, in [0, 1]. */
  public double currentHigh() {
    return count == 0 ? 1 : Math.min(1, 1 - bound(upper));
  }

  /** Values taken. */
  public long count() {
    return count;
  }

  /** Lower end, in [0, 1]. */
  public double low() {
    return low;
  }

  /** Upper end, in [0, 1]. */
  public double high() {
    return high;
  }

  /**
   * Whether the two ends have crossed: an event of probability at most alpha, so either that, or
   * the values are not what was promised.
   */
  public boolean crossed() {
    return low > high;
  }

  /** The interval so far; [0, 1] at the start; null when {@link #crossed()}. */
  public Interval result() {
    return crossed()
        ? null
        : new Interval(
            low,
            high,
            finite() ? "empirical_bernstein_wor" : "empirical_bernstein",
            1 - alpha,
            finite() ? Target.FINITE : Target.SUPERPOPULATION);
  }
}
