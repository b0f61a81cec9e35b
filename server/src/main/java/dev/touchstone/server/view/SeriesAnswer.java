package dev.touchstone.server.view;

import java.util.List;

/** Curves of a run that match a question. */
public record SeriesAnswer(String runId, List<Curve> series) {

  /** One curve; points by step, then attempt. */
  public record Curve(
      String metric,
      String tier,
      String slice,
      String evaluationSet,
      String split,
      boolean higherIsBetter,
      List<Point> points) {}
}
