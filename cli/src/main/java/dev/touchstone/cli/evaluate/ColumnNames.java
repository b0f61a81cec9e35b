package dev.touchstone.cli.evaluate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Which columns of a table hold what.
 *
 * @param label 0 or 1
 * @param score higher means more positive
 * @param weight null when rows are not weighted
 * @param id null when rows are not named
 * @param slices columns to group by, possibly none
 */
record ColumnNames(String label, String score, String weight, String id, List<String> slices) {
  /** Refuses a column that is to serve two purposes. */
  ColumnNames {
    slices = List.copyOf(slices);
    var seen = new HashSet<String>();
    for (String name : all(label, score, weight, id, slices)) {
      if (!seen.add(name)) {
        throw new IllegalArgumentException(
            "a column can serve one purpose, got two for " + BadInputException.quote(name));
      }
    }
  }

  /** Every column to read. */
  List<String> all() {
    return all(label, score, weight, id, slices);
  }

  private static List<String> all(
      String label, String score, String weight, String id, List<String> slices) {
    var names = new ArrayList<String>();
    names.add(label);
    names.add(score);
    if (weight != null) {
      names.add(weight);
    }
    if (id != null) {
      names.add(id);
    }
    names.addAll(slices);
    return names;
  }

  /** The message for a column that is not there. */
  static String missing(String name, List<String> there) {
    return "has no column "
        + BadInputException.quote(name)
        + "; there are "
        + there.stream().limit(50).map(BadInputException::quote).toList()
        + (there.size() > 50 ? " and " + (there.size() - 50) + " more" : "");
  }

  /**
   * Where in a header the columns stand.
   *
   * @throws BadInputException for one that is missing or comes twice
   */
  static int[] positions(String file, List<String> header, List<String> names) {
    int[] fields = new int[names.size()];
    for (int c = 0; c < fields.length; c++) {
      String name = names.get(c);
      fields[c] = header.indexOf(name);
      if (fields[c] < 0) {
        throw BadInputException.inFile(file, missing(name, header));
      }
      if (header.lastIndexOf(name) != fields[c]) {
        throw BadInputException.inFile(
            file, "has more than one column " + BadInputException.quote(name));
      }
    }
    return fields;
  }

  /** How messages call a column: its role, and its name where that is another word. */
  static String role(String role, String name) {
    return role.equals(name) ? role : role + " (column " + BadInputException.quote(name) + ")";
  }
}
