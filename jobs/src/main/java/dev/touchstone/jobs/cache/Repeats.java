package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import java.util.HashMap;
import java.util.Map;

/**
 * Rows that were left out since their example was there before, held against the rows that count.
 * Those came earlier, so they wait in the state or lie in a segment.
 */
final class Repeats {

  private final Map<Long, long[]> hashes = new HashMap<>();
  private long conflicting;

  /** Takes pairs of example id and row hash. */
  void accept(long[] pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      long[] known = hashes.get(pairs[i]);
      long[] more = new long[known == null ? 1 : known.length + 1];
      if (known != null) {
        System.arraycopy(known, 0, more, 0, known.length);
      }
      more[more.length - 1] = pairs[i + 1];
      hashes.put(pairs[i], more);
    }
  }

  /** Looks for the same examples among rows that count. */
  void compare(PredictionBatch batch) {
    for (int row = 0; row < batch.count(); row++) {
      long[] repeated = hashes.get(RowDigest.id(batch, row));
      if (repeated != null) {
        long first = RowDigest.row(batch, row);
        for (long hash : repeated) {
          conflicting += hash == first ? 0 : 1;
        }
      }
    }
  }

  /** Repeated rows whose content differs from the row that counts. */
  long conflicting() {
    return conflicting;
  }
}
