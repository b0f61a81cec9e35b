package dev.touchstone.metrics.multiclass;

import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.LabelEncoding;
import dev.touchstone.metrics.shared.Moments;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import dev.touchstone.metrics.shared.Weighting;
import dev.touchstone.metrics.shared.WideSum;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The mergeable one-pass state of a multiclass evaluation: confusion matrix, top-k accuracy, log
 * loss, Brier score. Additive: any partition of the rows, combined in any order, gives the same
 * state and the same bytes.
 *
 * <p>The predicted class of a row is the one with the largest score; of tied ones the lowest index
 * (the convention of argmax), and such rows are counted. A row with a NaN score is counted as
 * invalid and makes every metric undefined. A call is checked as a whole before a row of it is
 * taken. Memory: 8 K² bytes for K classes. Not thread-safe.
 */
public final class MulticlassCounts {
  private static final int KIND = 'm';
  private static final int VERSION = 1;

  final MulticlassOptions options;
  final Weighting weighting;
  final ConfusionMatrix confusion;
  // by position in options.topK(): units of sure hits, and the sum of chances times units
  final long[] hits;
  final WideSum[] chances;
  Moments logLoss = Moments.of();
  Moments brier = Moments.of();
  long n;
  long withoutScores;
  long invalid;
  long tiedPredictions;
  long clipped;
  long outside;
  long unnormalized;

  private final double[] scratch;
  private final double sumTolerance;

  private MulticlassCounts(MulticlassOptions options, Weighting weighting) {
    this.options = options;
    this.weighting = weighting;
    this.confusion = new ConfusionMatrix(options.classes());
    this.hits = new long[options.topK().size()];
    this.chances = new WideSum[hits.length];
    Arrays.setAll(chances, i -> WideSum.of());
    this.scratch = new double[options.classes()];
    this.sumTolerance = Math.sqrt(options.precision().clipEpsilon());
  }

  /** Nothing counted yet. */
  public static MulticlassCounts of(MulticlassOptions options) {
    return new MulticlassCounts(options, Weighting.of());
  }

  /**
   * Adds rows of a prediction batch: float32 little-endian scores, row-major; labels U8 or I32;
   * float32 little-endian weights or null. Buffers are read between position and limit and left as
   * they are.
   *
   * @throws IllegalArgumentException for a length, label or weight that breaks its rule
   */
  public void accept(
      ByteBuffer scores, ByteBuffer labels, LabelEncoding encoding, ByteBuffer weights) {
    var table = ScoreTable.of(scores, options.classes());
    accept(
        table,
        encoding.integers(labels, table.rows()),
        LabelEncoding.weights(weights, table.rows()));
  }

  /** Adds rows: float32 scores, row-major; {@code weights} may be null. */
  public void accept(float[] scores, int[] labels, double[] weights) {
    accept(ScoreTable.of(scores, options.classes()), labels, weights);
  }

  /** Adds rows: float64 scores, row-major; {@code weights} may be null. */
  public void accept(double[] scores, int[] labels, double[] weights) {
    accept(ScoreTable.of(scores, options.classes()), labels, weights);
  }

  /** Adds all rows of a table. */
  public void accept(ScoreTable scores, int[] labels, double[] weights) {
    accept(scores, labels, weights, 0, scores.rows());
  }

  /**
   * Adds rows [from, to) of a table.
   *
   * @param labels true classes, each in [0, classes)
   * @param weights in [0, 2^20], rounded once to 2^-20, or null
   */
  public void accept(ScoreTable scores, int[] labels, double[] weights, int from, int to) {
    if (scores.columns() != options.classes()) {
      throw new IllegalArgumentException(
          "scores must have " + options.classes() + " columns, got " + scores.columns());
    }
    if (scores.precision() != options.precision()) {
      throw new IllegalArgumentException(
          "scores must be " + options.precision() + ", got " + scores.precision());
    }
    check(scores.rows(), labels, weights, from, to);
    weighting.begin(weights != null);
    for (int row = from; row < to; row++) {
      scores.row(row, scratch);
      addRow(labels[row], weights == null ? 1 : Weighting.units(weights[row], row));
    }
  }

  /**
   * Adds rows of which only the predicted class is known. Top-k accuracy, log loss and Brier score
   * are then undefined ({@code no_scores}).
   */
  public void acceptClasses(int[] labels, int[] predicted, double[] weights) {
    if (predicted.length != labels.length) {
      throw new IllegalArgumentException(
          "predicted classes must be as many as labels ("
              + labels.length
              + "), got "
              + predicted.length);
    }
    check(labels.length, labels, weights, 0, labels.length);
    for (int row = 0; row < predicted.length; row++) {
      checkClass("predicted class", predicted[row], row);
    }
    weighting.begin(weights != null);
    for (int row = 0; row < labels.length; row++) {
      long units = weights == null ? 1 : Weighting.units(weights[row], row);
      n++;
      withoutScores++;
      weighting.add(units);
      confusion.add(labels[row], predicted[row], units);
    }
  }

  private void check(int rows, int[] labels, double[] weights, int from, int to) {
    if (labels.length != rows) {
      throw new IllegalArgumentException(
          "labels must be as many as rows (" + rows + "), got " + labels.length);
    }
    if (weights != null && weights.length != rows) {
      throw new IllegalArgumentException(
          "weights must be as many as rows (" + rows + "), got " + weights.length);
    }
    if (from < 0 || to < from || to > rows) {
      throw new IllegalArgumentException(
          "rows must be in [0, " + rows + "), got [" + from + ", " + to + ")");
    }
    for (int row = from; row < to; row++) {
      checkClass("label", labels[row], row);
    }
    Weighting.check(weights, from, to);
  }

  private void checkClass(String what, int value, int row) {
    if (value < 0 || value >= options.classes()) {
      throw new IllegalArgumentException(
          what + " must be in [0, " + options.classes() + "), got " + value + " (row " + row + ")");
    }
  }

  /** Adds the row in scratch. */
  private void addRow(int label, long units) {
    n++;
    int best = 0;
    int ties = 0;
    double sum = 0;
    double squares = 0;
    boolean probabilities = true;
    double own = scratch[label];
    int above = 0;
    int tied = 0;
    int tiedHigher = 0;
    for (int c = 0; c < scratch.length; c++) {
      double score = scratch[c];
      if (score > scratch[best]) {
        best = c;
        ties = 0;
      } else if (score == scratch[best]) {
        ties++;
      }
      above += score > own ? 1 : 0;
      if (score == own) {
        tied++;
        tiedHigher += c > label ? 1 : 0;
      }
      probabilities &= score >= 0 && score <= 1;
      sum += score;
      double off = c == label ? 1 - score : score;
      squares += off * off;
    }
    if (Double.isNaN(sum) && hasNan()) {
      invalid++;
      return;
    }
    weighting.add(units);
    if (units == 0) {
      return;
    }
    // the first class meets itself once
    tiedPredictions += ties > (best == 0 ? 1 : 0) ? 1 : 0;
    confusion.add(label, best, units);
    addTopK(above, tied, tiedHigher, units);
    if (!probabilities) {
      outside++;
      return;
    }
    if (!(Math.abs(sum - 1) <= sumTolerance)) {
      unnormalized++;
    }
    double eps = options.precision().clipEpsilon();
    double kept = Math.min(Math.max(own, eps), 1 - eps);
    clipped += kept == own ? 0 : 1;
    logLoss.add(-Ln.of(kept), units);
    brier.add(squares, units); // Σ (p - y)²
  }

  private boolean hasNan() {
    for (double score : scratch) {
      if (Double.isNaN(score)) {
        return true;
      }
    }
    return false;
  }

  private void addTopK(int above, int tied, int tiedHigher, long units) {
    for (int i = 0; i < hits.length; i++) {
      int k = options.topK().get(i);
      if (options.tieRule() == TieRule.HIGHER_INDEX) {
        hits[i] += above + tiedHigher < k ? units : 0;
      } else if (k >= above + tied) {
        hits[i] += units;
      } else if (k > above) {
        chances[i].addProduct((double) (k - above) / tied, units);
      }
    }
  }

  /** Adds what the other counted; returns this. Both must have equal options. */
  public MulticlassCounts combine(MulticlassCounts other) {
    if (!options.withThreads(1).equals(other.options.withThreads(1))) {
      throw new IllegalArgumentException(
          "options must be equal, got " + options + " and " + other.options);
    }
    weighting.combine(other.weighting);
    confusion.combine(other.confusion);
    for (int i = 0; i < hits.length; i++) {
      hits[i] += other.hits[i];
      chances[i].combine(other.chances[i]);
    }
    logLoss.combine(other.logLoss);
    brier.combine(other.brier);
    n += other.n;
    withoutScores += other.withoutScores;
    invalid += other.invalid;
    tiedPredictions += other.tiedPredictions;
    clipped += other.clipped;
    outside += other.outside;
    unnormalized += other.unnormalized;
    return this;
  }

  /** The metrics so far; rankings are {@code not_requested}. */
  public MulticlassReport result() {
    return new MulticlassAssembly(this, null).report();
  }

  /** Versioned bytes; equal states give equal bytes. Options travel apart. */
  public byte[] toBytes() {
    var out = new StateWriter(KIND, VERSION);
    out.writeCount(options.classes()).writeCount(hits.length);
    out.writeByte(options.precision() == ScorePrecision.FLOAT32 ? 0 : 1);
    weighting.write(out);
    for (long count :
        new long[] {n, withoutScores, invalid, tiedPredictions, clipped, outside, unnormalized}) {
      out.writeCount(count);
    }
    for (int i = 0; i < hits.length; i++) {
      out.writeCount(hits[i]);
      chances[i].write(out);
    }
    logLoss.write(out);
    brier.write(out);
    confusion.write(out);
    return out.toBytes();
  }

  /** The inverse of {@link #toBytes} under the same options; refuses anything else. */
  public static MulticlassCounts fromBytes(byte[] bytes, MulticlassOptions options) {
    String what = "multiclass counts";
    var in = new StateReader(what, bytes, KIND, VERSION);
    same(what + ": classes", options.classes(), in.readCount());
    same(what + ": number of top k", options.topK().size(), in.readCount());
    same(what + ": score bits", options.precision().bits(), in.readIndex(2) == 0 ? 32 : 64);
    var counts = new MulticlassCounts(options, Weighting.read(in));
    counts.n = in.readCount();
    counts.withoutScores = in.readCount();
    counts.invalid = in.readCount();
    counts.tiedPredictions = in.readCount();
    counts.clipped = in.readCount();
    counts.outside = in.readCount();
    counts.unnormalized = in.readCount();
    for (int i = 0; i < counts.hits.length; i++) {
      counts.hits[i] = in.readCount();
      counts.chances[i] = WideSum.read(in);
    }
    counts.logLoss = Moments.read(in);
    counts.brier = Moments.read(in);
    counts.confusion.read(in);
    in.end();
    return counts;
  }

  private static void same(String what, long expected, long actual) {
    if (actual != expected) {
      throw new IllegalArgumentException(what + " must be " + expected + ", got " + actual);
    }
  }
}
