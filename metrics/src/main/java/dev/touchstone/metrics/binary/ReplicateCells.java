package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.sampling.RowOrder;
import java.util.Arrays;

/**
 * What a bootstrap of ranking metrics draws: rows of one class and one weight that no threshold at
 * a positive can part are a cell, whose weight in a replicate is the row's weight times one Poisson
 * number.
 *
 * <p>Segment 3 g holds the cells of negatives above tie group g and below the one before, 3 g + 1
 * its positives, 3 g + 2 its negatives; the last segment is the negatives below all groups. Without
 * weights a segment is at most one cell, so there are as many as positives have distinct scores,
 * three times; with weights at most as many as rows, and few where weights have few values.
 */
final class ReplicateCells {
  static final int GAP = 0;
  static final int POSITIVES = 1;
  static final int NEGATIVES = 2;

  final int groups;

  /** Cells of segment s: from starts[s] to starts[s + 1]. */
  final int[] starts;

  /** Rows of a cell, at least 1. */
  final int[] counts;

  /** Weight of a row of a cell, ascending within a segment; null without weights. */
  final double[] weights;

  /** The least weight of all, 1 without weights. */
  final double least;

  private ReplicateCells(int groups, int[] starts, int[] counts, double[] weights) {
    this.groups = groups;
    this.starts = starts;
    this.counts = counts;
    this.weights = weights;
    this.least = weights == null ? 1 : Arrays.stream(weights).min().orElse(1);
  }

  static boolean isOfPositives(int segment) {
    return segment % 3 == POSITIVES;
  }

  int segments() {
    return 3 * groups + 1;
  }

  double weight(int cell) {
    return weights == null ? 1 : weights[cell];
  }

  /** Weight of a segment. */
  double weightOf(int segment) {
    double sum = 0;
    for (int cell = starts[segment]; cell < starts[segment + 1]; cell++) {
      sum += weight(cell) * counts[cell];
    }
    return sum;
  }

  static ReplicateCells of(TieGroups groups) {
    var builder = new Builder(false);
    for (int g = 0; g < groups.size; g++) {
      builder.segment(groups.gaps[g]).segment(groups.positives[g]).segment(groups.negatives[g]);
    }
    return builder.segment(groups.gaps[groups.size]).build(groups.size, 0);
  }

  /** Rows with weights in descending order of scores. */
  static ReplicateCells of(RowOrder order, byte[] labels, double[] weights) {
    BinaryEvaluation.check(order.size(), labels, weights);
    int bits = BinaryEvaluation.weightBits(weights);
    var builder = new Builder(true);
    var gap = new Units();
    var positives = new Units();
    var negatives = new Units();
    int groups = 0;
    for (int start = 0; start < order.size(); ) {
      int end = order.endOfTies(start);
      for (int place = start; place < end; place++) {
        int row = order.row(place);
        long units = RowAccumulator.weightUnits(weights[row], bits, row);
        if (units > 0) {
          (labels[row] == 1 ? positives : negatives).add(units);
        }
      }
      if (positives.size > 0) {
        builder.segment(gap).segment(positives).segment(negatives);
        groups++;
      } else {
        gap.takeFrom(negatives);
      }
      start = end;
    }
    return builder.segment(gap).build(groups, bits);
  }

  /** Weights of the rows of a segment. */
  private static final class Units {
    private long[] values = new long[16];
    private int size;

    void add(long units) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = units;
    }

    void takeFrom(Units other) {
      for (int i = 0; i < other.size; i++) {
        add(other.values[i]);
      }
      other.size = 0;
    }
  }

  private static final class Builder {
    private int[] starts = new int[16];
    private int segments;
    private int[] counts = new int[16];
    private long[] units;
    private int cells;

    Builder(boolean weighted) {
      units = weighted ? new long[16] : null;
    }

    Builder segment(long rows) {
      open();
      if (rows > 0) {
        cell(rows, 1);
      }
      return this;
    }

    /** Takes the rows away. */
    Builder segment(Units rows) {
      open();
      Arrays.sort(rows.values, 0, rows.size);
      for (int from = 0; from < rows.size; ) {
        int to = from + 1;
        while (to < rows.size && rows.values[to] == rows.values[from]) {
          to++;
        }
        cell(to - from, rows.values[from]);
        from = to;
      }
      rows.size = 0;
      return this;
    }

    private void open() {
      if (segments + 1 == starts.length) {
        starts = Arrays.copyOf(starts, 2 * starts.length);
      }
      starts[segments++] = cells;
    }

    private void cell(long rows, long weight) {
      if (cells == counts.length) {
        counts = Arrays.copyOf(counts, 2 * cells);
        units = units == null ? null : Arrays.copyOf(units, 2 * cells);
      }
      counts[cells] = Math.toIntExact(rows);
      if (units != null) {
        units[cells] = weight;
      }
      cells++;
    }

    ReplicateCells build(int groups, int bits) {
      starts[segments] = cells;
      double unit = Math.scalb(1.0, -bits);
      return new ReplicateCells(
          groups,
          Arrays.copyOf(starts, segments + 1),
          Arrays.copyOf(counts, cells),
          units == null
              ? null
              : Arrays.stream(units, 0, cells).mapToDouble(u -> u * unit).toArray());
    }
  }
}
