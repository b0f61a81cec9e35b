package dev.touchstone.cli.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Columns that grow while files are read. Scores stay float32 until the first file that declares
 * more.
 */
final class PredictionsBuilder {
  static final int MAX_ROWS = Integer.MAX_VALUE - 8;

  private final boolean weighted;
  private final RowIds ids;
  private final List<String> sliceNames;
  private final List<SliceColumn.Dictionary> dictionaries = new ArrayList<>();
  private int[][] codes;
  private int size;
  private byte[] labels = new byte[0];
  private float[] floats = new float[0];
  private double[] doubles;
  private double[] weights = new double[0];

  PredictionsBuilder(ColumnNames columns) {
    this.weighted = columns.weight() != null;
    this.ids = columns.id() == null ? null : new RowIds();
    this.sliceNames = columns.slices();
    this.codes = new int[sliceNames.size()][0];
    sliceNames.forEach(name -> dictionaries.add(new SliceColumn.Dictionary()));
  }

  /** Rows so far. */
  int size() {
    return size;
  }

  /** From here on scores are kept as float64; those so far widen exactly. */
  void declareFloat64() {
    if (doubles != null) {
      return;
    }
    doubles = new double[floats.length];
    for (int i = 0; i < size; i++) {
      doubles[i] = floats[i];
    }
    floats = null;
  }

  /** Whether scores are kept as float64. */
  boolean isFloat64() {
    return doubles != null;
  }

  /** Makes room at once for rows that will be {@link #reserve}d. */
  void ensureRoomFor(String file, long rows) {
    int before = size;
    reserve(file, rows);
    size = before;
  }

  /**
   * Makes room for more rows and returns the first of them.
   *
   * @throws BadInputException when there would be more than fit in an array
   */
  int reserve(String file, long rows) {
    if (rows < 0) {
      throw new IllegalArgumentException("rows must be at least 0, got " + rows);
    }
    long wanted = size + rows;
    if (wanted > MAX_ROWS) {
      throw BadInputException.inFile(
          file, "at most " + MAX_ROWS + " rows can be evaluated in memory, got " + wanted);
    }
    if (wanted > labels.length) {
      // exact for the first block, by half for those that follow
      long capacity =
          labels.length == 0
              ? Math.max(wanted, rows == 1 ? 4096 : 0)
              : Math.max(wanted, labels.length + (labels.length >> 1));
      resize((int) Math.min(MAX_ROWS, capacity));
    }
    int first = size;
    size = (int) wanted;
    return first;
  }

  private void resize(int capacity) {
    labels = Arrays.copyOf(labels, capacity);
    if (doubles != null) {
      doubles = Arrays.copyOf(doubles, capacity);
    } else {
      floats = Arrays.copyOf(floats, capacity);
    }
    if (weighted) {
      weights = Arrays.copyOf(weights, capacity);
    }
    for (int i = 0; i < codes.length; i++) {
      codes[i] = Arrays.copyOf(codes[i], capacity);
    }
  }

  void label(int row, byte value) {
    labels[row] = value;
  }

  void score(int row, float value) {
    if (doubles != null) {
      doubles[row] = value;
    } else {
      floats[row] = value;
    }
  }

  void score(int row, double value) {
    doubles[row] = value;
  }

  void weight(int row, double value) {
    weights[row] = value;
  }

  void slice(int column, int row, String value) {
    codes[column][row] = dictionaries.get(column).code(value);
  }

  /** Rows are named in their order. */
  RowIds ids() {
    return ids;
  }

  /** All rows so far. The builder is spent. */
  Predictions build() {
    resize(size);
    var slices = new ArrayList<SliceColumn>();
    for (int i = 0; i < codes.length; i++) {
      slices.add(new SliceColumn(sliceNames.get(i), codes[i], dictionaries.get(i).values()));
    }
    return new Predictions(labels, floats, doubles, weighted ? weights : null, slices, ids);
  }
}
