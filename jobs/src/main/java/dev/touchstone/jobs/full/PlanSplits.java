package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** A leading task → the splits of its first pass: runs of segments of about equal rows. */
public final class PlanSplits implements FlatMapFunction<EvaluationTask, Split> {

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
    List<List<Segment>> runs = runs(task.manifest().segments());
    for (int part = 0; part < runs.size(); part++) {
      out.collect(
          new Split(
              task.reportKey(),
              task.manifest().setKey(),
              part,
              runs.size(),
              runs.get(part),
              task.trigger().question(),
              null));
    }
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
