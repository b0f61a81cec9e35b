package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.RowPage;
import dev.touchstone.jobs.cache.SegmentReader;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.compare.TaskBootstrap;
import dev.touchstone.metrics.compare.TaskComparison;
import dev.touchstone.metrics.compare.TaskRows;
import dev.touchstone.metrics.shared.LabelEncoding;
import dev.touchstone.metrics.shared.ScoreTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * The rows of a task other than the binary one and a baseline's, paired by example id. A few
 * figures a row are in memory, up to a setting.
 */
final class TaskHeld {

  private static final double LEVEL = 0.95;

  private final Split split;
  private final PieceReader reader;

  TaskHeld(Split split, PieceReader reader) {
    this.split = split;
    this.reader = reader;
  }

  /** Intervals of the main metrics by resampling: the section {@code bootstrap}. */
  Map<String, Object> bootstrap() throws IOException {
    Question question = split.question();
    var how =
        new BinaryBootstrap.Options(
            question.bootstrap().replicates(), question.bootstrap().seed(), 1, LEVEL);
    var spreads = TaskBootstrap.of(hold("a bootstrap", split.set(), split.pieces()), how);
    spreads.keySet().removeIf(name -> !question.asksFor(name));
    return BootstrapJson.of(how, spreads);
  }

  /** The rows and a baseline's, paired by example id: the section {@code comparison}. */
  Map<String, Object> comparison() throws IOException {
    List<SetManifest> baseline = split.aside().baseline();
    TaskRows theirs = hold("a baseline", baseline.get(0).status().set(), Piece.of(baseline));
    TaskRows mine = hold("a comparison", split.set(), split.pieces());
    TaskComparison report = TaskComparison.of(theirs, mine, LEVEL);
    if (report.coverage().joined() == 0 && mine.size() > 0) {
      throw new IllegalArgumentException(
          "baseline must have examples of the prediction set, got none of its "
              + mine.size()
              + " in "
              + split.question().baseline());
    }
    return ComparisonJson.of(
        FoldSets.key(baseline),
        report,
        report.metrics().stream().filter(m -> split.question().asksFor(m.name())).toList());
  }

  private TaskRows hold(String what, SetIdentity set, List<Piece> pieces) throws IOException {
    Filler filler = new Filler(set, reader.rowsToHold(what, pieces));
    reader.read(pieces, new SegmentReader.Also(true, List.of()), filler);
    return filler.rows == null ? filler.begin(false) : filler.rows;
  }

  private final class Filler implements SegmentReader.Pages {

    private final SetIdentity set;
    private final int count;
    private TaskRows rows;

    Filler(SetIdentity set, int count) {
      this.set = set;
      this.count = count;
    }

    TaskRows begin(boolean weighted) {
      return switch (set.task()) {
        case MULTICLASS -> TaskRows.multiclass(count, weighted);
        case MULTILABEL -> TaskRows.multilabel(count, weighted);
        case REGRESSION -> TaskRows.regression(count, weighted);
        case BINARY -> throw new IllegalStateException("the binary task has its own comparison");
      };
    }

    @Override
    public void accept(RowPage page) {
      if (rows == null) {
        rows = begin(page.weights() != null);
      }
      double[] weights = LabelEncoding.weights(page.weights(), page.count());
      LabelEncoding encoding = LabelEncoding.valueOf(page.labelEncoding().name());
      ScoreTable scores = ScoreTable.of(page.rowMajorScores(), set.outputs());
      switch (set.task()) {
        case MULTICLASS ->
            rows.addClasses(
                page.ids(), scores, encoding.integers(page.labels().get(0), page.count()), weights);
        case MULTILABEL -> {
          ByteBuffer bytes = page.rowMajorLabels();
          byte[] labels = new byte[bytes.remaining()];
          bytes.get(bytes.position(), labels);
          rows.addLabels(page.ids(), scores, labels, split.question().decisionThreshold(), weights);
        }
        default ->
            rows.addErrors(
                page.ids(),
                encoding.floats(page.labels().get(0), page.count()),
                LabelEncoding.floats("predictions", page.scores().get(0), page.count()),
                weights);
      }
    }
  }
}
