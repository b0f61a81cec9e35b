package dev.touchstone.metrics.multiclass;

/** Whether a row is a hit among the top k when its true class is tied at the k-th place. */
public enum TieRule {
  /**
   * The chance of a hit when ties are broken at random (McSherry and Najork 2008): (k - above) /
   * tied, cut to [0, 1]. The default: it does not depend on how classes are numbered.
   */
  EXPECTED,
  /** Of tied classes the one with the higher index ranks first: scikit-learn's rule, for parity. */
  HIGHER_INDEX
}
