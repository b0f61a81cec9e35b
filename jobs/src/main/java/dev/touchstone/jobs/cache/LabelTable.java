package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Labels that came alone, by example id: open addressing with linear probing, so 12 bytes a slot
 * beside the labels. Of two labels of an example the one that is added first stays.
 */
final class LabelTable {

  private static final int SMALLEST = 1 << 10;
  private static final int FREE = -1;

  private final Task task;
  private final int labels;
  private final List<PredictionBatch> batches = new ArrayList<>();
  private int[] firstRows = new int[16];
  private int rows;
  private int size;
  private long[] ids = new long[SMALLEST];
  private int[] rowOf = new int[SMALLEST];

  /**
   * @param labels of a row
   */
  LabelTable(Task task, int labels) {
    this.task = task;
    this.labels = labels;
    Arrays.fill(rowOf, FREE);
  }

  /** How one label of such a task lies in a segment. */
  static LabelEncoding stored(Task task, LabelEncoding sent) {
    return switch (task) {
      case BINARY, MULTILABEL -> LabelEncoding.U8;
      case MULTICLASS -> LabelEncoding.I32;
      case REGRESSION -> sent == LabelEncoding.F32 ? LabelEncoding.F32 : LabelEncoding.I32;
    };
  }

  void add(PredictionBatch batch) {
    if (batches.size() == firstRows.length) {
      firstRows = Arrays.copyOf(firstRows, 2 * firstRows.length);
    }
    firstRows[batches.size()] = rows;
    batches.add(batch);
    for (int row = 0; row < batch.count(); row++) {
      if (size >= ids.length / 4 * 3) {
        grow();
      }
      long id = RowDigest.id(batch, row);
      int slot = slot(id);
      if (rowOf[slot] == FREE) {
        ids[slot] = id;
        rowOf[slot] = rows + row;
        size++;
      }
    }
    rows = Math.addExact(rows, batch.count());
  }

  /** Examples that have a label. */
  int size() {
    return size;
  }

  /** Of any label in it; null for none. */
  LabelEncoding encoding() {
    return batches.isEmpty() ? null : stored(task, batches.get(0).labelEncoding());
  }

  /**
   * Writes the labels of an example as they lie in a segment.
   *
   * @return false: it has none
   */
  boolean copy(long id, byte[] to, int offset) {
    int row = rowOf[slot(id)];
    if (row == FREE) {
      return false;
    }
    int found = Arrays.binarySearch(firstRows, 0, batches.size(), row);
    int at = found < 0 ? -found - 2 : found;
    PredictionBatch batch = batches.get(at);
    int width = batch.labelEncoding().bytes();
    int from = (row - firstRows[at]) * labels * width;
    int storedWidth = stored(task, batch.labelEncoding()).bytes();
    for (int i = 0; i < labels; i++) {
      // narrower ones are unsigned: the upper bytes stay 0
      Arrays.fill(to, offset + i * storedWidth, offset + (i + 1) * storedWidth, (byte) 0);
      System.arraycopy(batch.labels(), from + i * width, to, offset + i * storedWidth, width);
    }
    return true;
  }

  private void grow() {
    long[] oldIds = ids;
    int[] oldRows = rowOf;
    ids = new long[Math.multiplyExact(2, oldIds.length)];
    rowOf = new int[ids.length];
    Arrays.fill(rowOf, FREE);
    for (int i = 0; i < oldIds.length; i++) {
      if (oldRows[i] != FREE) {
        int slot = slot(oldIds[i]);
        ids[slot] = oldIds[i];
        rowOf[slot] = oldRows[i];
      }
    }
  }

  /** Where {@code id} stands, or would. */
  private int slot(long id) {
    long hash = id * 0x9E3779B97F4A7C15L; // Fibonacci hashing (Knuth 1973): the upper bits are good
    int mask = ids.length - 1;
    int slot = (int) (hash >>> 32) & mask;
    while (rowOf[slot] != FREE && ids[slot] != id) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
