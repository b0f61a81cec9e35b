package dev.touchstone.metrics.stopping;

import java.util.List;

/**
 * When a run is to be stopped at once (methods 6.2).
 *
 * @param nonFiniteLosses so many NaN or infinite losses stop, at least 1
 * @param invalidShare a larger share of invalid scores stops, in [0, 1]
 * @param distinctScores no more distinct scores than this is a collapse, at least 0
 * @param scoreDeviation a smaller standard deviation of scores is a collapse, at least 0
 * @param window losses that an explosion is measured against, at least 3
 * @param deviations robust standard deviations above their median, above 0
 * @param consecutive checks in a row above it that are an explosion, at least 1
 */
public record HealthLimits(
    long nonFiniteLosses,
    double invalidShare,
    long distinctScores,
    double scoreDeviation,
    int window,
    double deviations,
    int consecutive) {
  /** Scales the median absolute deviation to a standard deviation of normal values. */
  private static final double NORMAL = 1.4826;

  private static final double LEAST_DEVIATION = 1e-12;

  /** Checks the ranges above. */
  public HealthLimits {
    require(nonFiniteLosses >= 1, "non-finite losses must be at least 1", nonFiniteLosses);
    require(
        invalidShare >= 0 && invalidShare <= 1, "invalid share must be in [0, 1]", invalidShare);
    require(distinctScores >= 0, "distinct scores must be at least 0", distinctScores);
    require(scoreDeviation >= 0, "score deviation must be at least 0", scoreDeviation);
    require(window >= 3 && window <= 1_000, "window must be in [3, 1000]", window);
    require(deviations > 0, "deviations must be above 0", deviations);
    require(consecutive >= 1, "consecutive checks must be at least 1", consecutive);
  }

  private static void require(boolean holds, String rule, Number value) {
    if (!holds) {
      throw new IllegalArgumentException(rule + ", got " + value);
    }
  }

  /**
   * One NaN loss, 0.1 % of invalid scores, 2 distinct scores, a deviation of 1e-6, and a loss 10
   * robust deviations above the median of 20 for 3 checks.
   */
  public static HealthLimits defaults() {
    return new HealthLimits(1, 0.001, 2, 1e-6, 20, 10, 3);
  }

  /**
   * Why to stop at once, machine-readable, or null.
   *
   * @param losses finite losses of earlier checks, oldest first
   * @param above checks in a row before this one whose loss was above the limit
   */
  String verdict(Health health, List<Double> losses, int above) {
    boolean badLoss = health.loss() != null && !isFinite(health.loss());
    if (health.nonFiniteLosses() + (badLoss ? 1 : 0) >= nonFiniteLosses) {
      return "loss_not_finite";
    }
    if (health.scores() > 0 && health.invalidScores() > invalidShare * health.scores()) {
      return "invalid_scores";
    }
    if (health.scores() > distinctScores
        && health.distinctScores() >= 0
        && health.distinctScores() <= distinctScores) {
      return "scores_collapsed";
    }
    if (health.scores() > 1 && health.scoreDeviation() < scoreDeviation) {
      return "scores_collapsed";
    }
    return above(health, losses) && above + 1 >= consecutive ? "loss_exploded" : null;
  }

  /** Whether a loss is far above those before it; not before the window is full. */
  boolean above(Health health, List<Double> losses) {
    if (health.loss() == null || losses.size() < window) {
      return false;
    }
    double[] last =
        losses.subList(losses.size() - window, losses.size()).stream()
            .mapToDouble(Double::doubleValue)
            .toArray();
    double median = TheilSen.median(last);
    for (int i = 0; i < last.length; i++) {
      last[i] = Math.abs(last[i] - median);
    }
    double deviation = Math.max(LEAST_DEVIATION, NORMAL * TheilSen.median(last));
    return health.loss() > median + deviations * deviation;
  }

  static boolean isFinite(double value) {
    return Math.abs(value) <= Double.MAX_VALUE;
  }
}
