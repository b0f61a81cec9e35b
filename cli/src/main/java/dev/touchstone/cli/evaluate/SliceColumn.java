package dev.touchstone.cli.evaluate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A column to group by.
 *
 * @param name the column
 * @param codes the group of every row, an index into {@code values}
 * @param values in the order of their first row
 */
record SliceColumn(String name, int[] codes, List<String> values) {
  SliceColumn {
    values = List.copyOf(values);
  }

  /** What a slice is called in a report. */
  String slice(int code) {
    return name + "=" + values.get(code);
  }

  /** The groups of two columns at once: {@code country=DE,device=ios}. */
  static SliceColumn cross(SliceColumn a, SliceColumn b) {
    var dictionary = new Dictionary();
    var codeOfPair = new HashMap<Long, Integer>();
    int[] codes = new int[a.codes.length];
    for (int i = 0; i < codes.length; i++) {
      int codeA = a.codes[i];
      int codeB = b.codes[i];
      codes[i] =
          codeOfPair.computeIfAbsent(
              (long) codeA << 32 | codeB,
              pair -> dictionary.code(a.values.get(codeA) + "," + b.slice(codeB)));
    }
    return new SliceColumn(a.name, codes, dictionary.values());
  }

  /** Gives each value a code, in the order they come. */
  static final class Dictionary {
    private final Map<String, Integer> codes = new HashMap<>();
    private final List<String> values = new ArrayList<>();

    int code(String value) {
      Integer known = codes.get(value);
      if (known != null) {
        return known;
      }
      codes.put(value, values.size());
      values.add(value);
      return values.size() - 1;
    }

    List<String> values() {
      return values;
    }
  }
}
