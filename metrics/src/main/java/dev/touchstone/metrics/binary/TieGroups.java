package dev.touchstone.metrics.binary;

import java.util.Arrays;
import java.util.List;

/**
 * All that average precision and ROC AUC depend on: the tie groups that hold a positive, in
 * descending order, and how many negatives lie between them. As many entries as positives have
 * distinct scores, whatever the number of rows.
 */
final class TieGroups {
  final int size;
  final long[] positives;
  final long[] negatives;
  // negatives above the group and below the one before; one entry more: below the last group
  final long[] gaps;

  private TieGroups(long[] positives, long[] negatives, long[] gaps) {
    this.size = positives.length;
    this.positives = positives;
    this.negatives = negatives;
    this.gaps = gaps;
  }

  /** Joins collectors of descending ranges. */
  static TieGroups of(List<Collector> ranges, long allNegatives) {
    int size = ranges.stream().mapToInt(r -> r.size).sum();
    long[] positives = new long[size];
    long[] negatives = new long[size];
    long[] gaps = new long[size + 1];
    int at = 0;
    long fp = 0;
    for (var range : ranges) {
      for (int i = 0; i < range.size; i++) {
        positives[at] = range.positives[i];
        negatives[at] = range.negatives[i];
        gaps[at] = range.fpBefore[i] - fp;
        fp = range.fpBefore[i] + negatives[at];
        at++;
      }
    }
    gaps[size] = allNegatives - fp;
    return new TieGroups(positives, negatives, gaps);
  }

  /** Keeps the groups of one range. */
  static final class Collector implements GroupSink {
    private int size;
    private long[] positives = new long[1024];
    private long[] negatives = new long[1024];
    private long[] fpBefore = new long[1024];
    private long fp;

    @Override
    public void startBin(int index, long tpAbove, long fpAbove, long tp2, long fp2) {
      fp = fpAbove;
    }

    @Override
    public void group(long key, long p, long n, long p2, long n2) {
      if (size == positives.length) {
        positives = Arrays.copyOf(positives, 2 * size);
        negatives = Arrays.copyOf(negatives, 2 * size);
        fpBefore = Arrays.copyOf(fpBefore, 2 * size);
      }
      positives[size] = p;
      negatives[size] = n;
      fpBefore[size] = fp;
      fp += n;
      size++;
    }

    @Override
    public void gap(long n, long n2) {
      fp += n;
    }

    @Override
    public void mark(long key) {
      // thresholds of a sweep are no tie groups
    }

    @Override
    public void endBin() {
      // nothing is kept by bin
    }
  }
}
