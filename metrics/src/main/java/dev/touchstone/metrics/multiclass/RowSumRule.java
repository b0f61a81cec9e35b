package dev.touchstone.metrics.multiclass;

/** What log loss and Brier score are when probabilities of a row do not sum to 1. */
public enum RowSumRule {
  /** Undefined ({@code row_sum_not_1}) as soon as one row's do not. The default. */
  REFUSE,
  /** Computed from the scores as they are and flagged {@code row_sum_not_1}: scikit-learn's way. */
  ACCEPT
}
