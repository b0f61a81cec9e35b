package dev.touchstone.server.view;

import java.util.List;
import java.util.Map;

/**
 * All about a run but its curves.
 *
 * @param metrics names of the metrics that have a series
 * @param slices of the series; the empty one is all examples
 * @param newest the last value of each metric over all examples, by metric
 * @param checkpoints by step
 * @param signal the last one
 * @param stops the signals that said STOP, oldest first; the last 50
 */
public record RunDetail(
    RunSummary run,
    List<String> metrics,
    List<String> slices,
    List<EvaluationSet> evaluationSets,
    Map<String, Newest> newest,
    List<CheckpointSummary> checkpoints,
    List<SetSummary> sets,
    Signal signal,
    List<Signal> stops,
    List<Verdict> verdicts) {

  /**
   * An evaluation set and split that a series of the run is about.
   *
   * @param sample which sample of it; empty: the whole set
   */
  public record EvaluationSet(String evaluationSet, String split, String sample) {}

  /**
   * The last values of a metric.
   *
   * @param proxy null without one; likewise {@code full}
   */
  public record Newest(Value proxy, Value full) {

    static Newest of(SeriesKey key, Value value) {
      return key.isProxy() ? new Newest(value, null) : new Newest(null, value);
    }

    /** Of each tier the one at the higher step. */
    static Newest furthest(Newest a, Newest b) {
      return new Newest(furthest(a.proxy, b.proxy), furthest(a.full, b.full));
    }

    private static Value furthest(Value a, Value b) {
      return b == null || a != null && a.step() > b.step() ? a : b;
    }
  }
}
