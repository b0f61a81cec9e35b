package dev.touchstone.jobs.model;

/**
 * What is known of a complete prediction set beside its metrics.
 *
 * @param rows scored
 * @param population examples of the whole evaluation set where these are a sample of it; else rows
 * @param distinctScores up to 3; -1 where not counted
 * @param scoreDeviation of the scores; NaN where surely large enough, or not computed
 * @param calls model calls with a known latency
 * @param p99Micros of them, by nearest rank; 0 without calls
 * @param p99AtLeastMicros lower end of its interval at 95 %; 0 where there is none
 * @param peakMemoryBytes the highest; -1 where unknown
 */
public record Vitals(
    long rows,
    long population,
    int distinctScores,
    double scoreDeviation,
    long calls,
    long p99Micros,
    long p99AtLeastMicros,
    long peakMemoryBytes) {

  /** Nothing but the number of rows. */
  public static Vitals of(long rows) {
    return new Vitals(rows, rows, -1, Double.NaN, 0, 0, 0, -1);
  }
}
