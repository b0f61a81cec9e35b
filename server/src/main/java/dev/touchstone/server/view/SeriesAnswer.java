package dev.touchstone.server.view;

import java.util.List;

/** Curves of a run that match a question. */
public record SeriesAnswer(String runId, List<Curve> series) {

  /**
   * One curve; points by step, then attempt.
   *
   * @param sample which sample of the set; empty: the whole set
   * @param higherIsBetter null where neither way is better
   */
  public record Curve(
      String metric,
      String tier,
      String slice,
      String evaluationSet,
      String split,
      String sample,
      Boolean higherIsBetter,
      List<Point> points) {}
}
