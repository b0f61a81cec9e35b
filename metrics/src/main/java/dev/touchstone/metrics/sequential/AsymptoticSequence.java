package dev.touchstone.metrics.sequential;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.sampling.Estimate;
import java.util.Collection;

/**
 * An asymptotic confidence sequence for a mean, or for any metric with a linearised variance
 * (precision, F1, ROC AUC, average precision and their paired differences): {@link NormalMixture}
 * with an estimated variance. The default of continuous watching.
 *
 * <pre>
 * v = s2 n / (1 - f)      half width = ((1 - f) / n) u(v)        f = n / N; f = 0 with replacement
 * </pre>
 *
 * <p>Without replacement the prefix must be in hash order, and the width goes to 0 as n goes to N.
 * s2 is the variance of one example: for a linearised metric n times its superpopulation variance.
 * rho is tuned at a planned size and variance (from an earlier model checkpoint): a poor plan costs
 * width, not validity. Nothing is said before 500 examples and 30 positives ({@code too_early}):
 * the variance is not yet known. Immutable. Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas
 * 2024; methods 5.4.
 *
 * @param alpha error over all looks together, in (0, 1)
 * @param population N, or {@link Long#MAX_VALUE} for draws with replacement
 * @param boundary the tuned boundary
 */
public record AsymptoticSequence(double alpha, long population, NormalMixture boundary) {
  /** Fewest examples for which something is said. */
  public static final long FEWEST_ROWS = 500;

  /** Fewest positives for which something is said. */
  public static final long FEWEST_POSITIVES = 30;

  /** Checks the ranges above. */
  public AsymptoticSequence {
    if (population < 1) {
      throw new IllegalArgumentException("population must be at least 1, got " + population);
    }
    if (boundary.alpha() != alpha) {
      throw new IllegalArgumentException("the boundary must be for the same alpha");
    }
  }

  /** For future examples, tightest at the planned size. */
  public static AsymptoticSequence withReplacement(
      double alpha, long plannedSize, double plannedVariance) {
    return of(alpha, Long.MAX_VALUE, plannedSize, plannedVariance);
  }

  /** For a finite set, tightest at the planned size, below the population. */
  public static AsymptoticSequence withoutReplacement(
      double alpha, long population, long plannedSize, double plannedVariance) {
    return of(alpha, population, plannedSize, plannedVariance);
  }

  private static AsymptoticSequence of(
      double alpha, long population, long plannedSize, double plannedVariance) {
    if (plannedSize < 1 || plannedSize >= population) {
      throw new IllegalArgumentException(
          "planned size must be at least 1 and below the population ("
              + population
              + "), got "
              + plannedSize);
    }
    if (!(plannedVariance > 0 && plannedVariance <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "planned variance must be finite and above 0, got " + plannedVariance);
    }
    return new AsymptoticSequence(
        alpha,
        population,
        NormalMixture.tightestAt(
            alpha, plannedVariance * plannedSize / unseen(plannedSize, population)));
  }

  private static double unseen(double n, long population) {
    return population == Long.MAX_VALUE ? 1 : 1 - n / population;
  }

  /**
   * The half width after n examples.
   *
   * @param variance s2 of one example, at least 0; floored at range² / n by {@link #result}
   */
  public double halfWidth(long n, double variance) {
    if (n < 1 || n > population) {
      throw new IllegalArgumentException(
          "n must be at least 1 and at most the population (" + population + "), got " + n);
    }
    if (!(variance >= 0 && variance <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("variance must be finite and at least 0, got " + variance);
    }
    double unseen = unseen(n, population);
    return unseen == 0 ? 0 : unseen / n * boundary.bound(variance * n / unseen);
  }

  /**
   * The value with its interval so far.
   *
   * @param positives positives among the n
   * @param variance s2 of one example
   * @param least smallest value of the metric
   * @param most largest value of the metric
   */
  public MetricValue result(
      String name,
      double value,
      long n,
      long positives,
      double variance,
      double least,
      double most) {
    if (n < FEWEST_ROWS || positives < FEWEST_POSITIVES) {
      return MetricValue.defined(name, value, "too_early");
    }
    double range = most - least;
    double half = halfWidth(n, Math.max(variance, range * range / n));
    boolean finite = population != Long.MAX_VALUE;
    return MetricValue.defined(
        name,
        value,
        new Interval(
            Math.max(least, value - half),
            Math.min(most, value + half),
            finite ? "asymptotic_cs_wor" : "asymptotic_cs",
            1 - alpha,
            finite ? Target.FINITE : Target.SUPERPOPULATION));
  }

  /**
   * The value of a stratified sample that grows in hash order, its strata at rates of their own.
   * With V the variance of the estimate around the value of the whole set,
   *
   * <pre>
   * half width = V u(1 / V)
   * </pre>
   *
   * <p>Errors at two looks have the covariance of the later one's variance, in each stratum and so
   * in their weighted sum: divided by V they are a Brownian motion in the time 1 / V. For a single
   * stratum this is the sequence without replacement above. V has the estimate's allowance for what
   * was not seen, and is at least that of one example among those that say as much.
   *
   * @param estimate of a metric in [0, most]
   * @param plannedVariance V at the planned size
   */
  public static MetricValue stratified(
      double alpha, Estimate estimate, double plannedVariance, double most) {
    double unseen = Math.max(estimate.unseen().below(), estimate.unseen().above());
    double single = most / estimate.effectiveRows();
    double variance =
        unseen > 0
            ? estimate.finiteVariance() + unseen
            : Math.max(estimate.finiteVariance(), single * single);
    double half =
        variance * NormalMixture.tightestAt(alpha, 1 / plannedVariance).bound(1 / variance);
    return MetricValue.defined(
            estimate.name(),
            estimate.value(),
            new Interval(
                Math.max(0, estimate.value() - half),
                Math.min(most, estimate.value() + half),
                "asymptotic_cs_strata",
                1 - alpha,
                Target.FINITE))
        .withError(estimate.standardError(Target.FINITE), estimate.effectiveRows());
  }

  /**
   * One stratum of a combined sequence.
   *
   * @param share W_h = N_h / N
   * @param sequence for the stratum's population
   * @param n examples of it so far
   * @param variance s2 of one of its examples
   */
  public record Part(double share, AsymptoticSequence sequence, long n, double variance) {}

  /**
   * Half width for strata that grow at different fractions: sum W_h hw_h, each of H sequences at
   * alpha / H (union bound). For strata at one common fraction use one sequence with s2 = n sum
   * W_h² s_h² / n_h instead; strata that are seen whole add nothing.
   *
   * @throws IllegalArgumentException unless every part's alpha is {@code alpha / parts}
   */
  public static double halfWidth(Collection<Part> parts, double alpha) {
    double sum = 0;
    for (var part : parts) {
      double share = alpha / parts.size();
      if (Math.abs(part.sequence().alpha() - share) > 1e-12 * share) {
        throw new IllegalArgumentException(
            "each of "
                + parts.size()
                + " strata must have an alpha of "
                + share
                + ", got "
                + part.sequence().alpha());
      }
      sum += part.share() * part.sequence().halfWidth(part.n(), part.variance());
    }
    return sum;
  }
}
