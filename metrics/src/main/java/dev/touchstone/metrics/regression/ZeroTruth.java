package dev.touchstone.metrics.regression;

/** What the mean absolute percentage error makes of rows whose truth is 0. */
public enum ZeroTruth {
  /** Leaves them out, counts them and flags the value {@code zero_truth_left_out}. The default. */
  EXCLUDE,
  /** Has no value ({@code zero_truth}) as soon as there is one. */
  UNDEFINED,
  /** Divides by 2^-52 instead, and by no less anywhere: scikit-learn's rule, for parity. */
  EPSILON
}
