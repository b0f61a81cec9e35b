package dev.touchstone.metrics.sequential;

/**
 * One error rate for a whole run, split over its model checkpoints: the t-th comparison may use
 * alpha_t, and all of them together, however many, are wrong with probability at most alpha. No
 * independence is needed (union bound), which matters: all checkpoints share one sample.
 */
public enum AlphaSpending {
  /** alpha / (t (t + 1)): half on the first comparison. */
  TELESCOPING {
    @Override
    double share(long t) {
      return 1 / ((double) t * (t + 1.0));
    }
  },

  /** 6 alpha / (pi² t²): more even in the long run. */
  BASEL {
    @Override
    double share(long t) {
      return 6 / (Math.PI * Math.PI * t * (double) t);
    }
  };

  abstract double share(long t);

  /**
   * alpha_t.
   *
   * @param alpha of the run, in (0, 1)
   * @param t index of the comparison, from 1
   */
  public double at(double alpha, long t) {
    NormalMixture.checkAlpha(alpha);
    if (t < 1) {
      throw new IllegalArgumentException("comparisons are counted from 1, got " + t);
    }
    return alpha * share(t);
  }

  /** What the first t comparisons have spent. */
  public double spent(double alpha, long t) {
    NormalMixture.checkAlpha(alpha);
    if (t < 0) {
      throw new IllegalArgumentException("comparisons must be at least 0, got " + t);
    }
    if (this == TELESCOPING) {
      return alpha * ((double) t / (t + 1.0));
    }
    double sum = 0;
    for (long i = t; i >= 1; i--) {
      sum += share(i);
    }
    return alpha * sum;
  }
}
