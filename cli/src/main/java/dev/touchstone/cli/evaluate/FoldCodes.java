package dev.touchstone.cli.evaluate;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Folds in the order that people count them.
 *
 * @param names numbers by size, texts by letters, without those that no row has
 * @param codes the fold of every row, an index into {@code names}
 */
record FoldCodes(List<String> names, int[] codes) {
  FoldCodes {
    names = List.copyOf(names);
  }

  /** Folds of a column. */
  static FoldCodes of(SliceColumn column) {
    List<String> values = column.values();
    boolean[] used = new boolean[values.size()];
    for (int code : column.codes()) {
      used[code] = true;
    }
    boolean numbers = values.stream().noneMatch(value -> Double.isNaN(Numbers.parse(value)));
    Comparator<Integer> order = Comparator.comparing(values::get);
    if (numbers) {
      order =
          Comparator.<Integer>comparingDouble(i -> Numbers.parse(values.get(i)))
              .thenComparing(order);
    }
    List<Integer> sorted =
        IntStream.range(0, used.length).filter(i -> used[i]).boxed().sorted(order).toList();
    int[] place = new int[used.length];
    for (int i = 0; i < sorted.size(); i++) {
      place[sorted.get(i)] = i;
    }
    int[] codes = new int[column.codes().length];
    for (int row = 0; row < codes.length; row++) {
      codes[row] = place[column.codes()[row]];
    }
    return new FoldCodes(sorted.stream().map(values::get).toList(), codes);
  }
}
