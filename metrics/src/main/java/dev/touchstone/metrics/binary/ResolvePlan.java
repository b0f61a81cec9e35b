package dev.touchstone.metrics.binary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What pass 2 has to resolve: disjoint ranges of score keys, each of bounded memory. Bins without a
 * positive and without a fixed threshold inside need no second look.
 *
 * <p>How the plan is cut never changes a result. Scores that are NaN leave nothing to resolve: the
 * plan is then empty, and {@link BinaryReport#assemble} takes an empty list.
 *
 * @param ranges descending
 */
public record ResolvePlan(List<RangeTask> ranges) {
  /** Rows a range may hold by default: 2 bytes each, 64 MiB. */
  public static final long DEFAULT_MAX_ROWS = 32L << 20;

  private static final int RANGES_PER_THREAD = 8;

  /** Rows of one array. */
  private static final long MOST_ROWS = 1L << 30;

  /** Copies the list. */
  public ResolvePlan {
    ranges = List.copyOf(ranges);
  }

  /** A plan of ranges of at most {@value #DEFAULT_MAX_ROWS} rows. */
  public static ResolvePlan of(CoarseCounts total, BinaryOptions options) {
    return of(total, options, DEFAULT_MAX_ROWS);
  }

  /**
   * A plan of ranges that keep at most {@code maxRowsPerRange} rows (2 bytes each, 10 with
   * weights). A bin with more than 2^19 rows is kept as a table of counts, which takes as much as
   * 2^19 rows; one bin is the least that a range can hold.
   */
  public static ResolvePlan of(CoarseCounts total, BinaryOptions options, long maxRowsPerRange) {
    return of(
        total,
        options,
        maxRowsPerRange,
        RangeTask.tableFrom(Math.min(maxRowsPerRange, MOST_ROWS), total.weighted()));
  }

  /**
   * A plan that shares work among threads and keeps every row. Several ranges a thread, since equal
   * rows are not equal work: a range with more positives has more tie groups.
   */
  static ResolvePlan inMemory(CoarseCounts total, BinaryOptions options, int threads) {
    int ranges = threads == 1 ? 1 : RANGES_PER_THREAD * threads;
    return of(total, options, total.n() / ranges + 1, Long.MAX_VALUE);
  }

  private static ResolvePlan of(
      CoarseCounts total, BinaryOptions options, long maxRowsPerRange, long tableFrom) {
    if (maxRowsPerRange < 1) {
      throw new IllegalArgumentException(
          "max rows per range must be at least 1, got " + maxRowsPerRange);
    }
    if (total.invalidScores() > 0) {
      return new ResolvePlan(List.of());
    }
    long limit = Math.min(maxRowsPerRange, MOST_ROWS);
    long positives = total.units(1);
    long negatives = total.units(0);
    boolean grid = total.looksLikeProbabilities();
    var marks =
        Marks.of(
            total.precision(), options.thresholds(), options.decisionThreshold(), grid, positives);
    int shift = total.precision().bits() - 16;
    int[] bins = new int[CoarseCounts.BINS];
    long[] tpAbove = new long[CoarseCounts.BINS];
    long[] fpAbove = new long[CoarseCounts.BINS];
    boolean weighted = total.weighted();
    int squareShift = total.squareShift();
    long[] tpSquares = weighted ? new long[CoarseCounts.BINS] : tpAbove;
    long[] fpSquares = weighted ? new long[CoarseCounts.BINS] : fpAbove;
    long tp2 = 0;
    long fp2 = 0;
    var ends = new ArrayList<Integer>();
    int slots = 0;
    long tp = 0;
    long fp = 0;
    long held = 0;
    for (int bin = CoarseCounts.BINS - 1; bin >= 0; bin--) {
      long rows = total.rows(bin, 0) + total.rows(bin, 1);
      if (rows == 0) {
        continue;
      }
      if (total.rows(bin, 1) > 0 || marks.splits((long) bin << shift, shift)) {
        long cost = rows > tableFrom ? RangeTask.tableRows(weighted) : rows;
        if (held > 0 && held + cost > limit) {
          ends.add(slots);
          held = 0;
        }
        held += cost;
        bins[slots] = bin;
        tpAbove[slots] = tp;
        fpAbove[slots] = fp;
        if (weighted) {
          tpSquares[slots] = tp2;
          fpSquares[slots] = fp2;
        }
        slots++;
      }
      tp += total.units(bin, 1);
      fp += total.units(bin, 0);
      if (weighted) {
        tp2 += total.squares(bin, 1, squareShift);
        fp2 += total.squares(bin, 0, squareShift);
      }
    }
    if (slots > 0) {
      ends.add(slots);
    }
    var ranges = new ArrayList<RangeTask>();
    int from = 0;
    for (int to : ends) {
      ranges.add(
          new RangeTask(
              ranges.size(),
              ends.size(),
              total,
              options,
              grid,
              tableFrom,
              positives,
              negatives,
              Arrays.copyOfRange(bins, from, to),
              Arrays.copyOfRange(tpAbove, from, to),
              Arrays.copyOfRange(fpAbove, from, to),
              Arrays.copyOfRange(tpSquares, from, to),
              Arrays.copyOfRange(fpSquares, from, to)));
      from = to;
    }
    return new ResolvePlan(ranges);
  }
}
