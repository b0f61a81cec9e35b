package dev.touchstone.metrics.binary;

/** How much a report holds. */
public enum Suite {
  /** Average precision, ROC AUC, KS, the best F1, sweep, curve, the decision threshold. */
  RANKING,
  /** All of it: every area, operating point and interval; some more work for each tie group. */
  FULL
}
