package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.OperatingPoint;
import dev.touchstone.metrics.compare.CompareOptions;
import dev.touchstone.metrics.compare.CrossValidation;
import dev.touchstone.metrics.compare.FoldMetric;
import dev.touchstone.metrics.compare.HonestOperatingPoint;
import dev.touchstone.metrics.compare.MetricComparison;
import dev.touchstone.metrics.compare.PairedComparison;
import dev.touchstone.metrics.compare.PairedReport;
import dev.touchstone.metrics.compare.ScoredRows;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Analyses whose rows are held in memory, up to a setting. None depends on the order of rows. Each
 * gives a section of the report.
 */
final class HeldAnalyses {

  private final Split split;
  private final Question question;
  private final PieceReader reader;
  private final BinaryOptions options;

  HeldAnalyses(Split split, PieceReader reader) {
    this.split = split;
    this.question = split.question();
    this.reader = reader;
    this.options = FullOptions.of(question);
  }

  /** The rows and a baseline's, paired by example id. */
  Map<String, Object> comparison() throws IOException {
    List<SetManifest> baseline = split.aside().baseline();
    CompareOptions how =
        CompareOptions.defaults()
            .withLevel(options.level())
            .withThresholds(question.decisionThreshold(), question.decisionThreshold())
            .withPartialJoin(true);
    ScoredRows theirs = reader.hold("a baseline", Piece.of(baseline)).scored();
    ScoredRows mine = reader.hold("a comparison", split.pieces()).scored();
    PairedReport report = PairedComparison.compare(theirs, mine, how);
    if (report.coverage().joined() == 0 && mine.size() > 0) {
      throw new IllegalArgumentException(
          "baseline must have examples of the prediction set, got none of its "
              + mine.size()
              + " in "
              + question.baseline());
    }
    return ComparisonJson.of(
        FoldSets.key(baseline), report.coverage(), "id", report, wanted(report.metrics()), how);
  }

  private List<MetricComparison> wanted(List<MetricComparison> metrics) {
    return metrics.stream().filter(metric -> question.asksFor(metric.name())).toList();
  }

  /** Intervals of the ranking metrics by resampling. */
  Map<String, Object> bootstrap() throws IOException {
    PieceReader.Held rows = reader.hold("a bootstrap", split.pieces());
    var how =
        new BinaryBootstrap.Options(
            question.bootstrap().replicates(), question.bootstrap().seed(), 1, options.level());
    return BootstrapJson.of(
        how, BinaryBootstrap.of(rows.scores(), rows.labels(), rows.weights(), how));
  }

  /** By operating point, the same question answered on rows that did not choose the threshold. */
  Map<String, Object> honestPoints() throws IOException {
    ScoredRows rows = reader.hold("honest operating points", split.pieces()).scored();
    BinaryOptions few = options.withThresholds(2);
    List<String> names =
        FullOptions.operatingPoints(question).stream()
            .map(OperatingPoint::name)
            .filter(name -> !name.equals("decision"))
            .toList();
    return HonestJson.byName(HonestOperatingPoint.of(rows, names, few), few.questions());
  }

  /** Every metric by fold, pooled and averaged; and the baseline's differences fold by fold. */
  Map<String, Object> folds() throws IOException {
    List<SetManifest> folds = split.aside().folds();
    CrossValidation mine = crossValidation("cross-validation", folds);
    List<MetricComparison> paired = null;
    if (!split.aside().baseline().isEmpty()) {
      CrossValidation theirs = crossValidation("a baseline", split.aside().baseline());
      paired = wanted(CrossValidation.compare(theirs, mine, Map.of()));
    }
    List<FoldMetric> metrics =
        mine.metrics().stream().filter(m -> question.asksFor(m.name())).toList();
    return FoldsJson.of(
        "fold",
        folds.stream().map(fold -> String.valueOf(fold.status().set().fold())).toList(),
        mine,
        metrics,
        paired);
  }

  private CrossValidation crossValidation(String what, List<SetManifest> folds) throws IOException {
    PieceReader.Held rows = reader.hold(what, Piece.of(folds));
    int[] foldOfRow = new int[rows.ids().length];
    int at = 0;
    for (SetManifest fold : folds) {
      int to = at + (int) fold.segments().stream().mapToLong(Segment::rows).sum();
      Arrays.fill(foldOfRow, at, to, fold.status().set().fold());
      at = to;
    }
    return CrossValidation.evaluate(rows.scored(), foldOfRow, options.withThresholds(2));
  }
}
