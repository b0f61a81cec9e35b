package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.Target;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.apache.commons.statistics.distribution.ChiSquaredDistribution;

/**
 * McNemar's test: do two models decide equally well? Only examples on which exactly one is right
 * say anything.
 *
 * <p>The mid-p value is the default ({@link #midP()}): close to the nominal level at any number of
 * discordant examples, where the exact test is too cautious and the asymptotic one too bold
 * (Fagerland, Lydersen and Laake 2013). Without discordant examples every p-value is 1.
 *
 * @param bothRight examples that both decide rightly
 * @param baselineOnly examples that only the baseline decides rightly (b)
 * @param candidateOnly examples that only the candidate decides rightly (c)
 * @param neither examples that neither decides rightly
 */
public record McNemar(long bothRight, long baselineOnly, long candidateOnly, long neither) {
  /** Refuses negative counts. */
  public McNemar {
    if (bothRight < 0 || baselineOnly < 0 || candidateOnly < 0 || neither < 0) {
      throw new IllegalArgumentException(
          "counts must be at least 0, got "
              + bothRight
              + ", "
              + baselineOnly
              + ", "
              + candidateOnly
              + ", "
              + neither);
    }
  }

  /** All examples. */
  public long n() {
    return bothRight + baselineOnly + candidateOnly + neither;
  }

  /** Examples on which exactly one model is right. */
  public long discordant() {
    return baselineOnly + candidateOnly;
  }

  /** (b - c)² / (b + c), one degree of freedom; 0 without discordant examples. */
  public double chiSquared() {
    double d = (double) baselineOnly - candidateOnly;
    return discordant() == 0 ? 0 : d * d / discordant();
  }

  /** (|b - c| - 1)² / (b + c), at least 0. */
  public double chiSquaredCorrected() {
    double d = Math.max(0, Math.abs((double) baselineOnly - candidateOnly) - 1);
    return discordant() == 0 ? 0 : d * d / discordant();
  }

  /** p-value of {@link #chiSquared()}. */
  public double asymptoticP() {
    return tail(chiSquared());
  }

  /** p-value of {@link #chiSquaredCorrected()}. */
  public double correctedP() {
    return tail(chiSquaredCorrected());
  }

  private static double tail(double chiSquared) {
    return chiSquared == 0 ? 1 : ChiSquaredDistribution.of(1).survivalProbability(chiSquared);
  }

  /** Two-sided exact p-value: twice the smaller binomial tail, at most 1. */
  public double exactP() {
    return Math.min(1, 2 * lowerTail());
  }

  /** Two-sided mid-p: the exact one less the probability of what was seen. */
  public double midP() {
    if (discordant() == 0 || discordant() > Integer.MAX_VALUE) {
      return exactP();
    }
    double point =
        BinomialDistribution.of((int) discordant(), 0.5)
            .probability((int) Math.min(baselineOnly, candidateOnly));
    return Math.min(1, 2 * lowerTail() - point);
  }

  /** P(X <= min(b, c)), X binomial with probability 1/2; beyond 2^31 - 1 trials the normal one. */
  private double lowerTail() {
    long smaller = Math.min(baselineOnly, candidateOnly);
    if (discordant() == 0) {
      return 1;
    }
    if (discordant() > Integer.MAX_VALUE) {
      return asymptoticP() / 2;
    }
    return BinomialDistribution.of((int) discordant(), 0.5).cumulativeProbability((int) smaller);
  }

  /** Accuracy of the candidate less that of the baseline, (c - b) / n; NaN without examples. */
  public double accuracyDifference() {
    return ((double) candidateOnly - baselineOnly) / n();
  }

  /**
   * Interval of {@link #accuracyDifference()}: Wald's with half an example more of either kind
   * (Bonett and Price 2012), which keeps its level where hardly any decision differs; null without
   * examples.
   */
  public Interval accuracyDifferenceInterval(double level) {
    if (n() == 0) {
      return null;
    }
    double m = n() + 2.0;
    double up = (candidateOnly + 1) / m;
    double down = (baselineOnly + 1) / m;
    double centre = up - down;
    double half = Intervals.z(level) * Math.sqrt((up + down - centre * centre) / m);
    return new Interval(
        Math.max(-1, centre - half),
        Math.min(1, centre + half),
        "bonett_price",
        level,
        Target.SUPERPOPULATION);
  }
}
