package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
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
    SetManifest manifest = task.manifest();
    List<List<Segment>> runs = runs(manifest.segments());
    for (int part = 0; part < runs.size(); part++) {
      out.collect(split(task, part, runs.size(), runs.get(part), null));
    }
    int slots = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    List<Aside> asides = Aside.of(task.trigger().question(), slots);
    for (int part = 0; part < asides.size(); part++) {
      out.collect(split(task, part, asides.size(), manifest.segments(), asides.get(part)));
    }
  }

  private static Split split(
      EvaluationTask task, int part, int parts, List<Segment> segments, Aside aside) {
    return new Split(
        task.reportKey(),
        task.manifest().status().set(),
        part,
        parts,
        segments,
        task.trigger().question(),
        null,
        aside);
  }

  private List<List<Segment>> runs(List<Segment> segments) {
    List<List<Segment>> runs = new ArrayList<>();
    List<Segment> run = new ArrayList<>();
    long rows = 0;
    for (Segment segment : segments) {
      if (!run.isEmpty() && rows + segment.rows() > settings.rowsPerSplit()) {
        runs.add(List.copyOf(run));
        run.clear();
        rows = 0;
      }
      run.add(segment);
      rows += segment.rows();
    }
    runs.add(List.copyOf(run));
    return runs;
  }
}
