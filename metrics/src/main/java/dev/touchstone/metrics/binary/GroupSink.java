package dev.touchstone.metrics.binary;

/**
 * Takes tie groups in descending order of scores, bin by bin. A group holds at least one positive;
 * the negatives between two groups are gaps.
 */
interface GroupSink {
  /** Starts a bin with the counts (and sums of squared weights) above it. */
  void startBin(int index, long tpAbove, long fpAbove, long tpSquaresAbove, long fpSquaresAbove);

  /**
   * Adds a tie group.
   *
   * @param key of its score
   * @param p units of positives, above 0
   * @param n units of negatives
   * @param p2 sum of squared weights of the positives ({@code p} without weights)
   * @param n2 sum of squared weights of the negatives ({@code n} without weights)
   */
  void group(long key, long p, long n, long p2, long n2);

  /** Adds negatives below the last group and above the next. */
  void gap(long n, long n2);

  /** Tells that everything at or above a fixed threshold has been added. */
  void mark(long key);

  /** Ends the bin. */
  void endBin();
}
