package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Segment;
import java.io.IOException;
import java.util.function.Consumer;

/** The rows of one cached set, a segment at a time. */
public final class CacheRows {

  private final CacheLayout layout;

  public CacheRows(CacheDirectory cache) {
    this.layout = cache.layout();
  }

  /**
   * Gives all rows, always in the same order. A damaged segment ends it with an error: no rows are
   * left out.
   */
  public void forEach(CachedSet set, Consumer<PredictionBatch> batches) throws IOException {
    if (set.manifest() == null) {
      throw new IllegalArgumentException(
          "set must be COMPLETE to be read, got " + set.state() + " (" + set.setKey() + ")");
    }
    for (Segment segment : set.manifest().segments()) {
      SegmentRows.read(layout, set.manifest().status(), segment).forEach(batches);
    }
  }
}
