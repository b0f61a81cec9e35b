package dev.touchstone.metrics.multilabel;

import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.LabelEncoding;
import dev.touchstone.metrics.shared.Moments;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import dev.touchstone.metrics.shared.Weighting;
import java.nio.ByteBuffer;

/**
 * The mergeable one-pass state of a multilabel evaluation at fixed thresholds: counts by label,
 * subset accuracy, Hamming loss, samples F1. Additive: any partition of the rows, combined in any
 * order, gives the same state and the same bytes.
 *
 * <p>A row with a NaN score is counted as invalid and makes every metric undefined. A call is
 * checked as a whole before a row of it is taken. Memory: 24 bytes a label. Not thread-safe.
 */
public final class MultilabelCounts {
  private static final int KIND = 'l';
  private static final int VERSION = 1;

  final MultilabelOptions options;
  final Weighting weighting;
  // units by label
  final long[] support;
  final long[] predicted;
  final long[] truePositives;
  long exactUnits; // rows whose labels are all right
  Moments wrong = Moments.of(); // wrong labels a row
  Moments samplesF1 = Moments.of(); // of rows with a label, true or predicted
  Weighting withLabels; // of the same rows
  long rowsWithoutLabels;
  long n;
  long invalid;

  private final double[] scratch;
  private final double[] thresholds;

  private MultilabelCounts(MultilabelOptions options, Weighting weighting, Weighting withLabels) {
    this.options = options;
    this.weighting = weighting;
    this.withLabels = withLabels;
    int labels = options.labels();
    this.support = new long[labels];
    this.predicted = new long[labels];
    this.truePositives = new long[labels];
    this.scratch = new double[labels];
    this.thresholds = new double[labels];
    for (int c = 0; c < labels; c++) {
      double t = options.thresholds().get(c);
      thresholds[c] = options.precision() == ScorePrecision.FLOAT32 ? (float) t : t;
    }
  }

  /** Nothing counted yet. */
  public static MultilabelCounts of(MultilabelOptions options) {
    return new MultilabelCounts(options, Weighting.of(), Weighting.of());
  }

  /**
   * Adds rows of a prediction batch: float32 little-endian scores and labels of one byte (0 or 1),
   * both row-major; float32 little-endian weights or null. Buffers are read between position and
   * limit and left as they are.
   *
   * @throws IllegalArgumentException for a length, label or weight that breaks its rule
   */
  public void accept(ByteBuffer scores, ByteBuffer labels, ByteBuffer weights) {
    var table = ScoreTable.of(scores, options.labels());
    byte[] truth = new byte[labels.remaining()];
    labels.get(labels.position(), truth);
    accept(table, truth, LabelEncoding.weights(weights, table.rows()));
  }

  /** Adds all rows of a table. */
  public void accept(ScoreTable scores, byte[] labels, double[] weights) {
    accept(scores, labels, weights, 0, scores.rows());
  }

  /**
   * Adds rows [from, to) of a table.
   *
   * @param labels 0 or 1, row-major, as many as scores
   * @param weights in [0, 2^20], rounded once to 2^-20, or null
   */
  public void accept(ScoreTable scores, byte[] labels, double[] weights, int from, int to) {
    check(scores, labels, weights, from, to);
    weighting.begin(weights != null);
    withLabels.begin(weights != null);
    for (int row = from; row < to; row++) {
      scores.row(row, scratch);
      long units = weights == null ? 1 : Weighting.units(weights[row], row);
      addRow(labels, row * scratch.length, units);
    }
  }

  private void check(ScoreTable scores, byte[] labels, double[] weights, int from, int to) {
    int columns = options.labels();
    if (scores.columns() != columns) {
      throw new IllegalArgumentException(
          "scores must have " + columns + " columns, got " + scores.columns());
    }
    if (scores.precision() != options.precision()) {
      throw new IllegalArgumentException(
          "scores must be " + options.precision() + ", got " + scores.precision());
    }
    if (labels.length != scores.rows() * columns) {
      throw new IllegalArgumentException(
          "labels must be as many as scores ("
              + scores.rows() * columns
              + "), got "
              + labels.length);
    }
    if (weights != null && weights.length != scores.rows()) {
      throw new IllegalArgumentException(
          "weights must be as many as rows (" + scores.rows() + "), got " + weights.length);
    }
    if (from < 0 || to < from || to > scores.rows()) {
      throw new IllegalArgumentException(
          "rows must be in [0, " + scores.rows() + "), got [" + from + ", " + to + ")");
    }
    for (int i = from * columns; i < to * columns; i++) {
      if ((labels[i] & ~1) != 0) {
        throw new IllegalArgumentException(
            "label must be 0 or 1, got "
                + (labels[i] & 0xFF)
                + " (row "
                + i / columns
                + ", label "
                + options.labelNames().get(i % columns)
                + ")");
      }
    }
    Weighting.check(weights, from, to);
  }

  /** Adds the row in scratch whose truth starts there. */
  private void addRow(byte[] labels, int start, long units) {
    n++;
    for (double score : scratch) {
      if (Double.isNaN(score)) {
        invalid++;
        return;
      }
    }
    weighting.add(units);
    if (units == 0) {
      return;
    }
    int truths = 0;
    int said = 0;
    int both = 0;
    for (int c = 0; c < scratch.length; c++) {
      int truth = labels[start + c];
      int says = scratch[c] >= thresholds[c] ? 1 : 0;
      support[c] += truth * units;
      predicted[c] += says * units;
      truePositives[c] += (truth & says) * units;
      truths += truth;
      said += says;
      both += truth & says;
    }
    int errors = truths + said - 2 * both;
    exactUnits += errors == 0 ? units : 0;
    wrong.add(errors, units);
    if (truths + said == 0) {
      rowsWithoutLabels++;
      return;
    }
    withLabels.add(units);
    samplesF1.add(2.0 * both / (truths + said), units);
  }

  /** Adds what the other counted; returns this. Both must have equal options. */
  public MultilabelCounts combine(MultilabelCounts other) {
    if (!options.withThreads(1).equals(other.options.withThreads(1))) {
      throw new IllegalArgumentException(
          "options must be equal, got " + options + " and " + other.options);
    }
    weighting.combine(other.weighting);
    withLabels.combine(other.withLabels);
    for (int c = 0; c < support.length; c++) {
      support[c] += other.support[c];
      predicted[c] += other.predicted[c];
      truePositives[c] += other.truePositives[c];
    }
    exactUnits += other.exactUnits;
    wrong.combine(other.wrong);
    samplesF1.combine(other.samplesF1);
    rowsWithoutLabels += other.rowsWithoutLabels;
    n += other.n;
    invalid += other.invalid;
    return this;
  }

  /** The metrics so far; rankings are {@code not_requested}. */
  public MultilabelReport result() {
    return new MultilabelAssembly(this, null).report();
  }

  /** Versioned bytes; equal states give equal bytes. Options travel apart. */
  public byte[] toBytes() {
    var out = new StateWriter(KIND, VERSION).writeCount(options.labels());
    weighting.write(out);
    withLabels.write(out);
    out.writeCount(n).writeCount(invalid).writeCount(rowsWithoutLabels).writeCount(exactUnits);
    wrong.write(out);
    samplesF1.write(out);
    return out.writeSparse(support).writeSparse(predicted).writeSparse(truePositives).toBytes();
  }

  /** The inverse of {@link #toBytes} under the same options; refuses anything else. */
  public static MultilabelCounts fromBytes(byte[] bytes, MultilabelOptions options) {
    var in = new StateReader("multilabel counts", bytes, KIND, VERSION);
    long labels = in.readCount();
    if (labels != options.labels()) {
      throw new IllegalArgumentException(
          "multilabel counts: labels must be " + options.labels() + ", got " + labels);
    }
    var weighting = Weighting.read(in);
    var counts = new MultilabelCounts(options, weighting, Weighting.read(in));
    counts.n = in.readCount();
    counts.invalid = in.readCount();
    counts.rowsWithoutLabels = in.readCount();
    counts.exactUnits = in.readCount();
    counts.wrong = Moments.read(in);
    counts.samplesF1 = Moments.read(in);
    in.readSparse(counts.support);
    in.readSparse(counts.predicted);
    in.readSparse(counts.truePositives);
    in.end();
    return counts;
  }
}
