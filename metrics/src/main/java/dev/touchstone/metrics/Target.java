package dev.touchstone.metrics;

/** What an interval claims to contain. */
public enum Target {
  /**
   * The value that a full evaluation of the same finite set would give; 0 wide without sampling.
   */
  FINITE,
  /** The value on future examples drawn like the evaluation set. */
  SUPERPOPULATION
}
