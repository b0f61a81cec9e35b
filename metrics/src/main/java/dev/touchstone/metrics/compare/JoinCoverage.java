package dev.touchstone.metrics.compare;

/**
 * How much of two prediction sets has the same examples.
 *
 * @param baselineRows rows of the baseline
 * @param candidateRows rows of the candidate
 * @param joined examples that both have
 */
public record JoinCoverage(long baselineRows, long candidateRows, long joined) {
  /** Joined examples per example of the larger set; 1 for two empty sets. */
  public double share() {
    long larger = Math.max(baselineRows, candidateRows);
    return larger == 0 ? 1 : (double) joined / larger;
  }

  /** Whether every example of either set is in the other. */
  public boolean complete() {
    return joined == baselineRows && joined == candidateRows;
  }
}
