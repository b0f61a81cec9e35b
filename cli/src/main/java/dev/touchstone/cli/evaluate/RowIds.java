package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.sampling.InclusionHash;
import java.util.Arrays;

/** The names of rows: whole numbers as long as every name is one, text from the first other one. */
final class RowIds {
  private static final InclusionHash TEXT = InclusionHash.of("touchstone.text-id", 0);

  private long[] numbers = new long[0];
  private String[] texts;
  private int size;

  /** How many rows are named. */
  int size() {
    return size;
  }

  /** Adds a row named by a number. */
  void add(long id) {
    grow();
    if (texts == null) {
      numbers[size++] = id;
    } else {
      texts[size++] = Long.toString(id);
    }
  }

  /**
   * Adds a row named by text; {@code 17} and the number 17 are one name, {@code 017} is another.
   */
  void add(String id) {
    if (texts == null) {
      if (isCanonicalNumber(id)) {
        add(Long.parseLong(id));
        return;
      }
      texts = new String[numbers.length];
      for (int i = 0; i < size; i++) {
        texts[i] = Long.toString(numbers[i]);
      }
      numbers = null;
    }
    grow();
    texts[size++] = id;
  }

  private static boolean isCanonicalNumber(String id) {
    int digits = id.startsWith("-") ? id.length() - 1 : id.length();
    if (digits < 1 || digits > 18) {
      return false;
    }
    int first = id.length() - digits;
    for (int i = first; i < id.length(); i++) {
      if (id.charAt(i) < '0' || id.charAt(i) > '9') {
        return false;
      }
    }
    return id.charAt(first) != '0' || id.equals("0");
  }

  private void grow() {
    int capacity = texts == null ? numbers.length : texts.length;
    if (size == capacity) {
      int more = (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(1024, capacity * 2L));
      if (texts == null) {
        numbers = Arrays.copyOf(numbers, more);
      } else {
        texts = Arrays.copyOf(texts, more);
      }
    }
  }

  /** The name of a row, as text. */
  String get(int row) {
    return texts == null ? Long.toString(numbers[row]) : texts[row];
  }

  /**
   * A number for every row that is the same wherever the name comes up: a number's own, and 53 bits
   * of a text's hash.
   */
  long[] hashes() {
    long[] hashes = new long[size];
    for (int row = 0; row < size; row++) {
      hashes[row] =
          texts == null
              ? numbers[row]
              : isCanonicalNumber(texts[row])
                  ? Long.parseLong(texts[row])
                  : (long) (TEXT.u(texts[row]) * 0x1p53);
    }
    return hashes;
  }

  /** The rows of {@code keep}, in its order. */
  RowIds select(int[] keep) {
    var selected = new RowIds();
    for (int row : keep) {
      if (texts == null) {
        selected.add(numbers[row]);
      } else {
        selected.add(texts[row]);
      }
    }
    return selected;
  }

  private int hash(int row) {
    long h = texts == null ? numbers[row] : texts[row].hashCode();
    h *= 0x9E3779B97F4A7C15L; // neighbouring ids must not fill neighbouring cells
    return (int) (h >>> 32);
  }

  private boolean same(int row, RowIds other, int otherRow) {
    return texts == null
        ? numbers[row] == other.numbers[otherRow]
        : texts[row].equals(other.texts[otherRow]);
  }

  private RowIds asText() {
    if (texts != null) {
      return this;
    }
    var text = new RowIds();
    text.texts = new String[size];
    for (int i = 0; i < size; i++) {
      text.texts[i] = Long.toString(numbers[i]);
    }
    text.size = size;
    return text;
  }

  /** For every row the first row of the same name: itself, unless the name came before. */
  int[] firstOccurrences() {
    return new Table(this).firstRowOf;
  }

  /**
   * For every row of {@code this} the row of {@code other} with the same name, or −1.
   *
   * @param other names that occur once each
   */
  int[] rowsIn(RowIds other) {
    RowIds mine = this;
    RowIds theirs = other;
    if ((texts == null) != (other.texts == null)) {
      mine = asText();
      theirs = other.asText();
    }
    var table = new Table(theirs);
    int[] rows = new int[size];
    for (int i = 0; i < size; i++) {
      rows[i] = table.find(mine, i);
    }
    return rows;
  }

  /** Open addressing: one int a cell, at most half of them taken. */
  private static final class Table {
    private final RowIds ids;
    private final int[] cells;
    private final int mask;
    final int[] firstRowOf;

    Table(RowIds ids) {
      this.ids = ids;
      int capacity = Integer.highestOneBit(Math.max(8, Math.min(ids.size, 1 << 28))) << 2;
      this.cells = new int[capacity];
      this.mask = capacity - 1;
      this.firstRowOf = new int[ids.size];
      for (int row = 0; row < ids.size; row++) {
        int cell = cell(ids, row);
        if (cells[cell] == 0) {
          cells[cell] = row + 1; // 0 is an empty cell
        }
        firstRowOf[row] = cells[cell] - 1;
      }
    }

    private int cell(RowIds of, int row) {
      int cell = of.hash(row) & mask;
      while (cells[cell] != 0 && !of.same(row, ids, cells[cell] - 1)) {
        cell = cell + 1 & mask;
      }
      return cell;
    }

    int find(RowIds of, int row) {
      return cells[cell(of, row)] - 1;
    }
  }
}
