package dev.touchstone.metrics.shared;

/** What a precision is when nothing was predicted, and what averages make of it. */
public enum ZeroDivision {
  /** Undefined, with a reason; so is an average that needs it. The default. */
  UNDEFINED,
  /**
   * 0, flagged {@code zero_division}: scikit-learn's convention, for averages over many rare
   * classes and for parity.
   */
  ZERO
}
