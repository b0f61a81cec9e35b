package dev.touchstone.cli.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Scores from a file of their own, by id: 16 bytes each, and 8 to 16 more where the two files have
 * not the same order.
 */
final class ReferenceScores {
  private static final int BITS = 16;
  private static final int CHUNK = 1 << BITS;
  // of at most 2^30 cells half stay empty
  private static final int MOST = 1 << 29;

  private final List<long[]> ids = new ArrayList<>();
  private final List<double[]> scores = new ArrayList<>();
  private int size;
  private int expected;

  /** Open addressing: a row + 1 a cell; null until rows are asked for in another order. */
  private int[] cells;

  void add(long id, double score) {
    if (size == MOST) {
      throw new IllegalArgumentException("reference scores must be at most 2^29, got more");
    }
    if ((size & CHUNK - 1) == 0) {
      ids.add(new long[CHUNK]);
      scores.add(new double[CHUNK]);
    }
    ids.get(size >> BITS)[size & CHUNK - 1] = id;
    scores.get(size >> BITS)[size & CHUNK - 1] = score;
    size++;
  }

  int size() {
    return size;
  }

  /**
   * The score of an example.
   *
   * @throws IllegalArgumentException if there is none, or the file has the id twice
   */
  double of(long id) {
    // mostly both files have one order
    if (expected < size && id(expected) == id && cells == null) {
      return score(expected++);
    }
    if (cells == null) {
      index();
    }
    int cell = cell(id);
    if (cells[cell] == 0) {
      throw new IllegalArgumentException("every id must have a reference score, not so " + id);
    }
    return score(cells[cell] - 1);
  }

  /** From the first row again. */
  void rewind() {
    expected = 0;
  }

  private void index() {
    cells = new int[Integer.highestOneBit(Math.max(8, Math.min(size, 1 << 28))) << 2];
    for (int row = 0; row < size; row++) {
      int cell = cell(id(row));
      if (cells[cell] != 0) {
        throw new IllegalArgumentException(
            "ids of reference scores must be unique, got " + id(row) + " twice");
      }
      cells[cell] = row + 1;
    }
  }

  private int cell(long id) {
    int mask = cells.length - 1;
    int cell = (int) (id * 0x9E3779B97F4A7C15L >>> 32) & mask;
    while (cells[cell] != 0 && id(cells[cell] - 1) != id) {
      cell = cell + 1 & mask;
    }
    return cell;
  }

  private long id(int row) {
    return ids.get(row >> BITS)[row & CHUNK - 1];
  }

  private double score(int row) {
    return scores.get(row >> BITS)[row & CHUNK - 1];
  }
}
