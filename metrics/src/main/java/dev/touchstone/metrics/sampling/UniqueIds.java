package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether ids are all different: 8 bytes each, and none while they count up one by one. Not
 * thread-safe.
 */
final class UniqueIds {
  private static final int CHUNK = 1 << 22;

  private long first;
  private long run;
  private boolean counting = true;
  private long[] chunk;
  private int size;
  private boolean checked;
  private final List<long[]> full = new ArrayList<>();

  void accept(long id) {
    if (checked) {
      throw new IllegalStateException("no more ids can come once they were checked");
    }
    if (counting) {
      if (run == 0) {
        first = id;
      }
      if (id == first + run) {
        run++;
        return;
      }
      counting = false;
      chunk = new long[1 << 10];
      for (long i = 0; i < run; i++) {
        add(first + i);
      }
    }
    add(id);
  }

  private void add(long id) {
    if (size == chunk.length) {
      if (size < CHUNK) {
        chunk = Arrays.copyOf(chunk, 2 * size);
      } else {
        Arrays.sort(chunk);
        full.add(chunk);
        chunk = new long[CHUNK];
        size = 0;
      }
    }
    chunk[size++] = id;
  }

  /**
   * Looks at all of them, and lets go of them: no more can come.
   *
   * @throws IllegalArgumentException naming an id that came twice
   */
  void check() {
    if (checked || counting) {
      checked = true;
      return;
    }
    chunk = Arrays.copyOf(chunk, size);
    Arrays.sort(chunk);
    full.add(chunk);
    merge();
    checked = true;
    chunk = null;
    full.clear();
  }

  private void merge() {
    int[] at = new int[full.size()];
    boolean any = false;
    long last = 0;
    while (true) {
      int least = -1;
      for (int c = 0; c < at.length; c++) {
        if (at[c] < full.get(c).length
            && (least < 0 || full.get(c)[at[c]] < full.get(least)[at[least]])) {
          least = c;
        }
      }
      if (least < 0) {
        return;
      }
      long id = full.get(least)[at[least]++];
      if (any && id == last) {
        throw new IllegalArgumentException("ids must be unique, got " + id + " twice");
      }
      any = true;
      last = id;
    }
  }
}
