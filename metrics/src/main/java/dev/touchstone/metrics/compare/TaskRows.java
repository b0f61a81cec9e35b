package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.Weighting;
import java.util.Arrays;
import java.util.List;

/**
 * One model's predictions of a task other than the binary one, kept as a few figures a row: whether
 * it is right, its loss, its error. Rows come in any order, some at a time; their number is known.
 *
 * <p>A figure that a row does not have is NaN. Not thread-safe.
 */
public final class TaskRows {
  final Kind kind;
  final long[] ids;
  final long[] truths; // the class, the bits of the truth, or a hash of the labels
  final double[] weights;
  final double[][] figures; // by figure, by row
  private int size;

  /** Which figures there are. */
  enum Kind {
    MULTICLASS("hit", "log_loss", "brier"),
    MULTILABEL("exact", "wrong", "both", "marked"),
    REGRESSION("absolute", "square");

    final List<String> names;

    Kind(String... names) {
      this.names = List.of(names);
    }
  }

  private TaskRows(Kind kind, int rows, boolean weighted) {
    this.kind = kind;
    ids = new long[rows];
    truths = new long[rows];
    weights = weighted ? new double[rows] : null;
    figures = new double[kind.names.size()][rows];
  }

  /** Room for so many multiclass rows. */
  public static TaskRows multiclass(int rows, boolean weighted) {
    return new TaskRows(Kind.MULTICLASS, rows, weighted);
  }

  /** Room for so many multilabel rows. */
  public static TaskRows multilabel(int rows, boolean weighted) {
    return new TaskRows(Kind.MULTILABEL, rows, weighted);
  }

  /** Room for so many regression rows. */
  public static TaskRows regression(int rows, boolean weighted) {
    return new TaskRows(Kind.REGRESSION, rows, weighted);
  }

  /** Rows so far. */
  public int size() {
    return size;
  }

  /**
   * Adds multiclass rows. The predicted class is the largest score, of tied ones the lowest index.
   *
   * @param labels true classes
   * @param some weights in [0, 2^20], or null
   */
  public void addClasses(long[] rowIds, ScoreTable scores, int[] labels, double[] some) {
    int first = begin(Kind.MULTICLASS, rowIds, scores.rows(), some);
    double eps = scores.precision().clipEpsilon();
    double tolerance = Math.sqrt(eps);
    double[] row = new double[scores.columns()];
    for (int i = 0; i < labels.length; i++) {
      scores.row(i, row);
      int best = 0;
      double sum = 0;
      double squares = 0;
      boolean probabilities = true;
      for (int c = 0; c < row.length; c++) {
        best = row[c] > row[best] ? c : best;
        sum += row[c];
        double off = c == labels[i] ? 1 - row[c] : row[c];
        squares += off * off;
        probabilities &= row[c] >= 0 && row[c] <= 1;
      }
      int at = first + i;
      truths[at] = labels[i];
      boolean invalid = Arrays.stream(row).anyMatch(Double::isNaN);
      probabilities &= Math.abs(sum - 1) <= tolerance;
      double own = Math.min(Math.max(row[labels[i]], eps), 1 - eps);
      figures[0][at] = invalid ? Double.NaN : best == labels[i] ? 1 : 0;
      figures[1][at] = probabilities ? -Ln.of(own) : Double.NaN;
      figures[2][at] = probabilities ? squares : Double.NaN;
    }
  }

  /**
   * Adds multilabel rows.
   *
   * @param labels 0 or 1, row-major
   * @param threshold a label is predicted iff its score is at least this
   */
  public void addLabels(
      long[] rowIds, ScoreTable scores, byte[] labels, double threshold, double[] some) {
    int first = begin(Kind.MULTILABEL, rowIds, scores.rows(), some);
    int columns = scores.columns();
    // as scores are: a threshold of 0.1 is that of float32 scores
    double least = scores.precision() == ScorePrecision.FLOAT32 ? (float) threshold : threshold;
    double[] row = new double[columns];
    for (int i = 0; i < scores.rows(); i++) {
      scores.row(i, row);
      int both = 0;
      int marked = 0;
      boolean invalid = false;
      long truth = 1;
      for (int c = 0; c < columns; c++) {
        int label = labels[i * columns + c];
        int says = row[c] >= least ? 1 : 0;
        both += label & says;
        marked += label + says;
        invalid |= Double.isNaN(row[c]);
        truth = truth * 0x9E37_79B9_7F4A_7C15L + label;
      }
      int at = first + i;
      int wrong = marked - 2 * both;
      truths[at] = truth;
      figures[0][at] = invalid ? Double.NaN : wrong == 0 ? 1 : 0;
      figures[1][at] = invalid ? Double.NaN : (double) wrong / columns;
      figures[2][at] = invalid ? Double.NaN : both;
      figures[3][at] = invalid ? Double.NaN : marked;
    }
  }

  /** Adds regression rows of float32. */
  public void addErrors(long[] rowIds, float[] truth, float[] predictions, double[] some) {
    int first = begin(Kind.REGRESSION, rowIds, truth.length, some);
    for (int i = 0; i < truth.length; i++) {
      double error = Math.abs((double) predictions[i] - truth[i]);
      boolean valid = error <= Double.MAX_VALUE;
      truths[first + i] = Float.floatToIntBits(truth[i]);
      figures[0][first + i] = valid ? error : Double.NaN;
      figures[1][first + i] = valid ? error * error : Double.NaN;
    }
  }

  private int begin(Kind of, long[] rowIds, int rows, double[] some) {
    if (kind != of) {
      throw new IllegalArgumentException("rows must be " + kind + ", got " + of);
    }
    if (rowIds.length != rows || size + rows > ids.length) {
      throw new IllegalArgumentException(
          "ids must be as many as rows and fit in " + ids.length + ", got " + rowIds.length);
    }
    if ((some == null) != (weights == null)) {
      throw new IllegalArgumentException("rows must be all weighted or all unweighted, got both");
    }
    Weighting.check(some, 0, rows);
    System.arraycopy(rowIds, 0, ids, size, rows);
    if (some != null) {
      System.arraycopy(some, 0, weights, size, rows);
    }
    size += rows;
    return size - rows;
  }
}
