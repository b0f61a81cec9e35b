package dev.touchstone.server.view;

import java.time.Duration;

/**
 * What bounds the view's memory. Past a limit the oldest goes, and the drop is counted.
 *
 * @param runs runs kept; the one silent for longest goes first
 * @param pointsPerSeries points kept of one metric, tier, slice and set of one run; the lowest
 *     steps go first
 * @param seriesPerRun series kept of one run; later ones are not taken in
 * @param points points kept in all (60 to 80 bytes each, measured)
 * @param checkpointsPerRun model checkpoints kept of one run; the first seen go first
 * @param sets prediction-set manifests kept
 * @param evaluations triggers and their outcomes kept
 * @param reportBytes bytes of compressed report bodies kept
 * @param deadLetters dead letters kept with their reason; all are counted
 * @param live a run that spoke within this time is live
 */
public record ViewLimits(
    int runs,
    int pointsPerSeries,
    int seriesPerRun,
    int points,
    int checkpointsPerRun,
    int sets,
    int evaluations,
    long reportBytes,
    int deadLetters,
    Duration live) {

  public ViewLimits {
    atLeastOne("runs", runs);
    atLeastOne("points_per_series", pointsPerSeries);
    atLeastOne("series_per_run", seriesPerRun);
    atLeastOne("points", points);
    atLeastOne("checkpoints_per_run", checkpointsPerRun);
    atLeastOne("sets", sets);
    atLeastOne("evaluations", evaluations);
    atLeastOne("report_bytes", reportBytes);
    atLeastOne("dead_letters", deadLetters);
    if (live.isNegative() || live.isZero()) {
      throw new IllegalArgumentException("live must be longer than zero, got " + live);
    }
  }

  /** About 350 MB when every limit is reached. */
  public static ViewLimits defaults() {
    return new ViewLimits(
        500, 5_000, 2_000, 2_500_000, 2_000, 5_000, 10_000, 64L << 20, 100, Duration.ofSeconds(60));
  }

  private static void atLeastOne(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, got " + value);
    }
  }
}
