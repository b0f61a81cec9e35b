package dev.touchstone.cli.evaluate;

import java.util.ArrayList;
import java.util.List;

/** Columns aligned with spaces; the first ones to the left, numbers to the right. */
public final class TextTable {
  private static final String GAP = "  ";

  private final String alignment;
  private final List<String[]> rows = new ArrayList<>();

  /**
   * An empty table.
   *
   * @param alignment {@code <} or {@code >} a column
   */
  public TextTable(String alignment) {
    this.alignment = alignment;
  }

  /** Adds a row of as many cells. */
  public TextTable row(String... cells) {
    if (cells.length != alignment.length()) {
      throw new IllegalArgumentException(alignment.length() + " cells, got " + cells.length);
    }
    rows.add(cells);
    return this;
  }

  /** The table, one line a row, each line ended. */
  public String render() {
    int[] widths = new int[alignment.length()];
    for (String[] row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row[i]));
      }
    }
    var text = new StringBuilder();
    for (String[] row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String padding = " ".repeat(widths[i] - width(row[i]));
        line.append(i == 0 ? "" : GAP);
        line.append(alignment.charAt(i) == '<' ? row[i] + padding : padding + row[i]);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** Characters that are seen: colours are none. */
  private static int width(String cell) {
    String seen = cell.indexOf('\u001b') < 0 ? cell : cell.replaceAll("\u001b\\[[0-9;]*m", "");
    return seen.codePointCount(0, seen.length());
  }
}
