package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.RowPage;
import dev.touchstone.jobs.model.Question;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which groups a grouping makes, and how many rows and positives each has. A group is called {@code
 * country=DE}, one of a cross {@code country=DE,device=ios}.
 *
 * <p>Not thread-safe.
 */
final class SliceTally {

  /** More values than this make no groups but ids: they would fill the memory. */
  static final int MOST_GROUPS = 100_000;

  /** Combinations of codes that are looked up in an array. */
  private static final long MOST_COMBINATIONS = 1 << 20;

  private final String grouping;
  private final List<String> columns;
  private final boolean ofPositives;
  // values hold no control characters, so that NUL keeps those of a cross apart
  private final Map<String, Integer> groupOf = new HashMap<>();
  private final List<String> values = new ArrayList<>();
  private long[] rows = new long[16];
  private long[] positives = new long[16];
  private int[] groups = new int[0];
  // of the row group that is read: its first dictionary, and the group of each combination or -1
  private List<String> dictionary;
  private int[] ofCodes;
  private Map<Long, Integer> ofManyCodes;

  /**
   * @param ofPositives whether labels are 0 or 1 and positives are counted; otherwise there are
   *     none
   */
  SliceTally(String grouping, boolean ofPositives) {
    this.ofPositives = ofPositives;
    this.grouping = grouping;
    this.columns = Question.Slices.columns(grouping);
  }

  /** A group and its size. */
  record Group(int id, String name, long rows, long positives) {}

  /** Counts the rows of a page. */
  void accept(RowPage page) {
    int[] of = groups(page);
    for (int row = 0; row < page.count(); row++) {
      rows[of[row]]++;
    }
    if (!ofPositives) {
      return;
    }
    ByteBuffer labels = page.labels().get(0);
    int at = labels.position();
    for (int row = 0; row < page.count(); row++) {
      positives[of[row]] += labels.get(at + row);
    }
  }

  /** The group of each row; the array is reused by the next call. */
  int[] groups(RowPage page) {
    List<RowPage.Slice> slices = page.slices();
    if (dictionary != slices.get(0).dictionary()) {
      begin(slices);
    }
    if (groups.length < page.count()) {
      groups = new int[page.count()];
    }
    for (int row = 0; row < page.count(); row++) {
      long codes = 0;
      for (RowPage.Slice slice : slices) {
        codes = codes * slice.dictionary().size() + slice.codes()[row];
      }
      groups[row] = ofCodes != null ? group(slices, row, (int) codes) : group(slices, row, codes);
    }
    return groups;
  }

  private void begin(List<RowPage.Slice> slices) {
    dictionary = slices.get(0).dictionary();
    double combinations = 1;
    for (RowPage.Slice slice : slices) {
      combinations *= slice.dictionary().size();
    }
    if (combinations > Long.MAX_VALUE) {
      throw new IllegalArgumentException(
          "slice " + grouping + " must have fewer combinations of values, got " + combinations);
    }
    ofManyCodes = new HashMap<>();
    ofCodes = null;
    if (combinations <= MOST_COMBINATIONS) {
      ofCodes = new int[(int) combinations];
      Arrays.fill(ofCodes, -1);
    }
  }

  private int group(List<RowPage.Slice> slices, int row, int codes) {
    int group = ofCodes[codes];
    if (group < 0) {
      group = group(slices, row);
      ofCodes[codes] = group;
    }
    return group;
  }

  private int group(List<RowPage.Slice> slices, int row, long codes) {
    Integer group = ofManyCodes.get(codes);
    if (group == null) {
      group = group(slices, row);
      ofManyCodes.put(codes, group);
    }
    return group;
  }

  private int group(List<RowPage.Slice> slices, int row) {
    List<String> parts = new ArrayList<>(slices.size());
    slices.forEach(slice -> parts.add(slice.dictionary().get(slice.codes()[row])));
    return groupOf.computeIfAbsent(String.join("\u0000", parts), this::add);
  }

  private int add(String value) {
    int id = values.size();
    if (id == MOST_GROUPS) {
      throw new IllegalArgumentException(
          "slice " + grouping + " must have at most " + MOST_GROUPS + " values, got more");
    }
    values.add(value);
    if (id == rows.length) {
      rows = Arrays.copyOf(rows, 2 * id);
      positives = Arrays.copyOf(positives, 2 * id);
    }
    return id;
  }

  private String name(int id) {
    String[] parts = values.get(id).split("\u0000", -1);
    List<String> named = new ArrayList<>(parts.length);
    for (int i = 0; i < parts.length; i++) {
      named.add(columns.get(i) + "=" + parts[i]);
    }
    return String.join(",", named);
  }

  /** All groups, larger ones first, equal ones by value: the same in whatever order rows came. */
  List<Group> largestFirst() {
    return IntStream.range(0, values.size())
        .boxed()
        .sorted(Comparator.<Integer>comparingLong(id -> -rows[id]).thenComparing(values::get))
        .map(id -> new Group(id, name(id), rows[id], positives[id]))
        .toList();
  }
}
