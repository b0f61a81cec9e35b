package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.SegmentReader;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.compare.FoldMetric;
import dev.touchstone.metrics.shared.TaskReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Cross-validation of a task that is done in one pass: fold by fold and pooled, whatever the number
 * of rows. States of two folds are in memory at a time.
 */
final class TaskFolds {

  private static final double LEVEL = 0.95;

  private final Split split;
  private final PieceReader reader;

  TaskFolds(Split split, PieceReader reader) {
    this.split = split;
    this.reader = reader;
  }

  /** Every metric that was asked for by fold, pooled and averaged. */
  Map<String, Object> result() throws IOException {
    Question question = split.question();
    List<SetManifest> folds = split.aside().folds();
    TaskPass pooled = TaskPass.of(split.set(), question);
    List<TaskReport> reports = new ArrayList<>();
    for (SetManifest fold : folds) {
      TaskPass pass = TaskPass.of(split.set(), question);
      reader.read(Piece.of(List.of(fold)), SegmentReader.Also.NOTHING, pass::accept);
      reports.add(pass.report());
      pooled.combine(pass.toBytes());
    }
    List<FoldMetric> metrics = new ArrayList<>();
    for (MetricValue ofAll : pooled.report().metrics()) {
      String name = ofAll.name();
      if (question.asksFor(name)) {
        List<MetricValue> perFold = reports.stream().map(report -> report.metric(name)).toList();
        metrics.add(FoldMetric.of(name, perFold, ofAll, LEVEL));
      }
    }
    return FoldsJson.of(
        "fold",
        folds.stream().map(fold -> String.valueOf(fold.status().set().fold())).toList(),
        reports.stream().map(report -> Map.<String, Object>of("n", report.n())).toList(),
        metrics,
        null);
  }
}
