package dev.touchstone.jobs.full;

import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/**
 * A leading task → the splits of its first pass, runs of segments of about equal rows; and those of
 * what is asked beside it.
 */
public final class PlanSplits extends RichFlatMapFunction<EvaluationTask, Split> {

  private static final long serialVersionUID = 1L;

  private final FullSettings settings;

  public PlanSplits(FullSettings settings) {
    this.settings = settings;
  }

  @Override
  public void flatMap(EvaluationTask task, Collector<Split> out) {
    if (!task.leads()) {
      return;
    }
    List<Piece> all = task.pieces();
    List<List<Piece>> runs = runs(all);
    for (int part = 0; part < runs.size(); part++) {
      out.collect(split(task, part, runs.size(), runs.get(part), null));
    }
    int slots = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    List<Aside> asides = Aside.of(task, slots);
    for (int part = 0; part < asides.size(); part++) {
      out.collect(split(task, part, asides.size(), all, asides.get(part)));
    }
  }

  private static Split split(
      EvaluationTask task, int part, int parts, List<Piece> pieces, Aside aside) {
    return new Split(
        task.workKey(),
        task.round(),
        task.manifest().status().set(),
        part,
        parts,
        pieces,
        task.trigger().question(),
        null,
        aside);
  }

  private List<List<Piece>> runs(List<Piece> pieces) {
    List<List<Piece>> runs = new ArrayList<>();
    List<Piece> run = new ArrayList<>();
    long rows = 0;
    for (Piece piece : pieces) {
      if (!run.isEmpty() && rows + piece.segment().rows() > settings.rowsPerSplit()) {
        runs.add(List.copyOf(run));
        run.clear();
        rows = 0;
      }
      run.add(piece);
      rows += piece.segment().rows();
    }
    runs.add(List.copyOf(run));
    return runs;
  }
}
