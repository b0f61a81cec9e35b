package dev.touchstone.server.view;

import java.util.List;

/**
 * All about a run but its curves.
 *
 * @param metrics names of the metrics that have a series
 * @param slices of the series; the empty one is all examples
 * @param checkpoints by step
 */
public record RunDetail(
    RunSummary run,
    List<String> metrics,
    List<String> slices,
    List<EvaluationSet> evaluationSets,
    List<CheckpointSummary> checkpoints,
    List<SetSummary> sets,
    Signal signal,
    List<Verdict> verdicts) {

  /**
   * An evaluation set and split that a series of the run is about.
   *
   * @param sample which sample of it; empty: the whole set
   */
  public record EvaluationSet(String evaluationSet, String split, String sample) {}
}
