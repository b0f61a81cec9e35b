package dev.touchstone.metrics.binary;

import java.util.List;

/** What pass 2 has to resolve: disjoint ranges of score keys, each of bounded memory. */
public record ResolvePlan(List<RangeTask> ranges) {
  /** Rows a range may hold by default: 2 bytes each, 64 MiB. */
  public static final long DEFAULT_MAX_ROWS = 32L << 20;

  /** Copies the list. */
  public ResolvePlan {
    ranges = List.copyOf(ranges);
  }

  /** Plans pass 2; {@code maxRowsPerRange} bounds the rows one range keeps in memory. */
  public static ResolvePlan of(CoarseCounts total, BinaryOptions options, long maxRowsPerRange) {
    throw new UnsupportedOperationException("next commit");
  }
}
