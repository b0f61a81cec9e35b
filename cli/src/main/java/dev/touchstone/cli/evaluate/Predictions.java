package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.compare.ScoredRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The predictions of one evaluation, in memory, checked: labels are 0 or 1, no score is NaN, no
 * weight is negative or NaN. The arrays are not copied: they may hold gigabytes.
 *
 * @param labels 0 or 1 a row
 * @param floatScores scores that were declared float32, or null
 * @param doubleScores scores that were declared float64 or as decimal text, or null
 * @param weights a row, or null
 * @param slices columns to group by
 * @param ids names of the rows, or null
 */
record Predictions(
    byte[] labels,
    float[] floatScores,
    double[] doubleScores,
    double[] weights,
    List<SliceColumn> slices,
    RowIds ids) {
  Predictions {
    slices = List.copyOf(slices);
    if ((floatScores == null) == (doubleScores == null)) {
      throw new IllegalArgumentException("scores are either float32 or float64");
    }
  }

  /** How many rows there are. */
  int rows() {
    return labels.length;
  }

  /** {@code float32} or {@code float64}: which clip the log loss takes. */
  String scoreType() {
    return floatScores != null ? "float32" : "float64";
  }

  /** The score of a row; float32 scores widen exactly. */
  double score(int row) {
    return floatScores != null ? floatScores[row] : doubleScores[row];
  }

  /** The weight of a row. */
  double weight(int row) {
    return weights == null ? 1 : weights[row];
  }

  /** The same rows, each named by its position. */
  ScoredRows scoredByPosition() {
    long[] positions = new long[labels.length];
    Arrays.setAll(positions, row -> row);
    return scored(positions);
  }

  /** The same rows under {@link RowIds#hashes() the hashes} of their names. */
  ScoredRows scoredById() {
    return scored(ids.hashes());
  }

  private ScoredRows scored(long[] names) {
    return floatScores != null
        ? ScoredRows.of(names, floatScores, labels, weights)
        : ScoredRows.of(names, doubleScores, labels, weights);
  }

  /** The same rows without names and groups. */
  Predictions withoutSlices() {
    return new Predictions(labels, floatScores, doubleScores, weights, List.of(), null);
  }

  /** The rows of {@code keep}, in its order. */
  Predictions select(int[] keep) {
    byte[] someLabels = new byte[keep.length];
    float[] someFloats = floatScores == null ? null : new float[keep.length];
    double[] someDoubles = doubleScores == null ? null : new double[keep.length];
    double[] someWeights = weights == null ? null : new double[keep.length];
    for (int i = 0; i < keep.length; i++) {
      someLabels[i] = labels[keep[i]];
    }
    for (int i = 0; someFloats != null && i < keep.length; i++) {
      someFloats[i] = floatScores[keep[i]];
    }
    for (int i = 0; someDoubles != null && i < keep.length; i++) {
      someDoubles[i] = doubleScores[keep[i]];
    }
    for (int i = 0; someWeights != null && i < keep.length; i++) {
      someWeights[i] = weights[keep[i]];
    }
    var someSlices = new ArrayList<SliceColumn>();
    for (SliceColumn slice : slices) {
      int[] codes = new int[keep.length];
      for (int i = 0; i < keep.length; i++) {
        codes[i] = slice.codes()[keep[i]];
      }
      someSlices.add(new SliceColumn(slice.name(), codes, slice.values()));
    }
    return new Predictions(
        someLabels,
        someFloats,
        someDoubles,
        someWeights,
        someSlices,
        ids == null ? null : ids.select(keep));
  }

  /**
   * The first row of every id. A further row must say the same.
   *
   * @param file named in the message
   * @throws BadInputException when two rows of one id contradict each other
   */
  Predictions withoutDuplicates(String file) {
    if (ids == null) {
      return this;
    }
    int[] first = ids.firstOccurrences();
    int[] keep = new int[first.length];
    int kept = 0;
    for (int row = 0; row < first.length; row++) {
      if (first[row] == row) {
        keep[kept++] = row;
      } else {
        requireSame(file, first[row], row);
      }
    }
    return kept == first.length ? this : select(Arrays.copyOf(keep, kept));
  }

  private void requireSame(String file, int first, int row) {
    String differs = null;
    if (labels[first] != labels[row]) {
      differs = "label " + labels[row] + " after " + labels[first];
    } else if (score(first) != score(row)) {
      differs = "score " + score(row) + " after " + score(first);
    } else if (weight(first) != weight(row)) {
      differs = "weight " + weight(row) + " after " + weight(first);
    }
    for (SliceColumn slice : slices) {
      if (differs == null && slice.codes()[first] != slice.codes()[row]) {
        differs =
            slice.name()
                + " "
                + BadInputException.quote(slice.values().get(slice.codes()[row]))
                + " after "
                + BadInputException.quote(slice.values().get(slice.codes()[first]));
      }
    }
    if (differs != null) {
      throw BadInputException.inRow(
          file,
          row + 1L,
          "rows of one id must agree, got "
              + differs
              + " in row "
              + (first + 1L)
              + " for id "
              + BadInputException.quote(ids.get(row)));
    }
  }
}
