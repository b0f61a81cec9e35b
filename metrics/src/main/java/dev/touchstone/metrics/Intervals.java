package dev.touchstone.metrics;

import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Closed-form intervals. All take a two-sided confidence level in (0, 1) and answer for future
 * examples ({@link Target#SUPERPOPULATION}).
 */
public final class Intervals {
  private Intervals() {}

  /** The standard normal quantile of a two-sided level: 1.959964 at 0.95. */
  public static double z(double level) {
    checkLevel(level);
    return -NormalDistribution.of(0, 1).inverseCumulativeProbability((1 - level) / 2);
  }

  /** Student's quantile of a two-sided level. */
  public static double t(double level, double degreesOfFreedom) {
    checkLevel(level);
    return -TDistribution.of(degreesOfFreedom).inverseCumulativeProbability((1 - level) / 2);
  }

  /**
   * Wilson's score interval of a proportion (Wilson 1927): good with few trials and near 0 and 1.
   *
   * @param proportion in [0, 1]
   * @param trials above 0; an effective sample size where examples weigh differently
   */
  public static Interval wilson(double proportion, double trials, double level) {
    if (!(proportion >= 0 && proportion <= 1)) {
      throw new IllegalArgumentException("proportion must be in [0, 1], got " + proportion);
    }
    if (!(trials > 0)) {
      throw new IllegalArgumentException("trials must be above 0, got " + trials);
    }
    double z = z(level);
    double z2n = z * z / trials;
    double centre = (proportion + z2n / 2) / (1 + z2n);
    double half = z / (1 + z2n) * Math.sqrt((proportion * (1 - proportion) + z2n / 4) / trials);
    // the ends at 0 and 1 are exact; rounding must not move them
    double low = proportion == 0 ? 0 : Math.max(0, Math.min(proportion, centre - half));
    double high = proportion == 1 ? 1 : Math.min(1, Math.max(proportion, centre + half));
    return new Interval(low, high, "wilson", level, Target.SUPERPOPULATION);
  }

  /**
   * expit(logit(value) ± q * se / (value (1 - value))): a normal interval on the logit scale.
   *
   * @param value in (0, 1)
   * @param quantile of the reference distribution
   */
  public static Interval logit(
      double value, double standardError, double quantile, double level, String method) {
    if (!(value > 0 && value < 1)) {
      throw new IllegalArgumentException("value must be in (0, 1), got " + value);
    }
    double centre = StrictMath.log(value) - StrictMath.log1p(-value);
    double half = quantile * standardError / (value * (1 - value));
    return new Interval(
        Math.min(value, expit(centre - half)),
        Math.max(value, expit(centre + half)),
        method,
        level,
        Target.SUPERPOPULATION);
  }

  /** value ± z * se, cut at the ends of the metric's range. */
  public static Interval normal(
      double value, double standardError, double least, double most, double level, String method) {
    double half = z(level) * standardError;
    return new Interval(
        Math.max(least, value - half),
        Math.min(most, value + half),
        method,
        level,
        Target.SUPERPOPULATION);
  }

  static double expit(double x) {
    return 1 / (1 + StrictMath.exp(-x));
  }

  private static void checkLevel(double level) {
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
  }
}
