package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;

/**
 * On how many examples two models decide differently, and which way.
 *
 * @param n examples
 * @param positiveRaised label 1, decided negative by the baseline and positive by the candidate
 * @param positiveLowered label 1, decided positive by the baseline and negative by the candidate
 * @param negativeRaised label 0, decided negative by the baseline and positive by the candidate
 * @param negativeLowered label 0, decided positive by the baseline and negative by the candidate
 */
public record DecisionFlips(
    long n, long positiveRaised, long positiveLowered, long negativeRaised, long negativeLowered) {
  /** Refuses more flips than examples. */
  public DecisionFlips {
    if (Math.min(
                Math.min(positiveRaised, positiveLowered),
                Math.min(negativeRaised, negativeLowered))
            < 0
        || positiveRaised + positiveLowered + negativeRaised + negativeLowered > n) {
      throw new IllegalArgumentException(
          "flips must be at least 0 and at most the examples (" + n + ")");
    }
  }

  /** Decisions that went from negative to positive. */
  public long raised() {
    return positiveRaised + negativeRaised;
  }

  /** Decisions that went from positive to negative. */
  public long lowered() {
    return positiveLowered + negativeLowered;
  }

  /** Decisions that became right. */
  public long mended() {
    return positiveRaised + negativeLowered;
  }

  /** Decisions that became wrong. */
  public long broken() {
    return positiveLowered + negativeRaised;
  }

  /** All flips. */
  public long total() {
    return raised() + lowered();
  }

  /** Share of examples whose decision flips, with Wilson's interval. */
  public MetricValue rate(double level) {
    return share("flip_rate", total(), level);
  }

  /** Share of examples whose decision goes from negative to positive. */
  public MetricValue raisedRate(double level) {
    return share("flip_rate_raised", raised(), level);
  }

  /** Share of examples whose decision goes from positive to negative. */
  public MetricValue loweredRate(double level) {
    return share("flip_rate_lowered", lowered(), level);
  }

  private MetricValue share(String name, long count, double level) {
    if (n == 0) {
      return MetricValue.undefined(name, "empty");
    }
    double rate = (double) count / n;
    return MetricValue.defined(name, rate, Intervals.wilson(rate, n, level));
  }
}
