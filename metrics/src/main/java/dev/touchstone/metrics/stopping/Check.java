package dev.touchstone.metrics.stopping;

import java.util.Objects;

/**
 * One check of a run: what is known about a model checkpoint when it is judged.
 *
 * @param checkpoint id of the model checkpoint
 * @param value the metric's estimate; NaN when it is not known yet
 * @param comparison with the best checkpoint so far, or null for the first or when there is none
 * @param health of the checkpoint
 * @param budgetSpent whether the run's budget is used up
 * @param planDigest names the sample, or null for a whole set
 */
public record Check(
    String checkpoint,
    double value,
    Comparison comparison,
    Health health,
    boolean budgetSpent,
    String planDigest) {
  /** Checks that the parts are there. */
  public Check {
    Objects.requireNonNull(checkpoint, "checkpoint");
    Objects.requireNonNull(health, "health");
  }

  /** A check of metrics alone. */
  public static Check of(String checkpoint, double value, Comparison comparison) {
    return new Check(checkpoint, value, comparison, Health.UNKNOWN, false, null);
  }

  /**
   * A paired difference with its interval.
   *
   * @param best id of the checkpoint compared with
   * @param difference this - best, in units of the metric
   * @param low lower end of its interval
   * @param high upper end
   * @param alpha error of the interval
   * @param n examples it rests on
   * @param lastLevel whether the sample cannot grow further
   */
  public record Comparison(
      String best,
      double difference,
      double low,
      double high,
      double alpha,
      long n,
      boolean lastLevel) {
    /** Refuses ends that are not in order around nothing. */
    public Comparison {
      Objects.requireNonNull(best, "best");
      if (!(low <= high)) {
        throw new IllegalArgumentException(
            "interval ends must be in order, got [" + low + ", " + high + "]");
      }
      if (Double.isNaN(difference)) {
        throw new IllegalArgumentException("difference must be a number, got NaN");
      }
    }
  }
}
