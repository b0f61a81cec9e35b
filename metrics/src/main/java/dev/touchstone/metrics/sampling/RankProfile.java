package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.Sum128;

/**
 * {@link RankInfluence} over counts: what one example of each bucket of scores contributes to
 * average precision and ROC AUC. Examples of one bucket count as tied. All 0 where a class is
 * absent.
 */
final class RankProfile {
  /** Weight H of a negative in average precision, by cell. */
  final double[] weights;

  /** Influence P u of a positive and of a negative on average precision, by cell. */
  private final double[][] influence;

  /** Placement less AUC, over the size of its own class, by cell. */
  private final double[][] placement;

  final long positives;
  final long negatives;

  RankProfile(ValueCounts.Cells cells) {
    int n = cells.size();
    weights = new double[n];
    influence = new double[2][n];
    placement = new double[2][n];
    long p = 0;
    long q = 0;
    for (int i = 0; i < n; i++) {
      p += cells.ones()[i];
      q += cells.zeros()[i];
    }
    positives = p;
    negatives = q;
    if (p == 0 || q == 0) {
      return;
    }
    fill(cells);
  }

  private void fill(ValueCounts.Cells cells) {
    long tp = positives;
    long fp = negatives;
    double g = 0;
    double h = 0;
    double precisions = 0;
    var below = Sum128.zero();
    for (int end = cells.size(); end > 0; ) {
      int start = end;
      long groupP = 0;
      long groupN = 0;
      do {
        start--;
        groupP += cells.ones()[start];
        groupN += cells.zeros()[start];
      } while (start > 0 && cells.bucket()[start - 1] == cells.bucket()[start]);
      double precision = 0;
      if (groupP > 0) {
        double total = (double) (tp + fp);
        precision = tp / total;
        g += groupP / total;
        h += groupP * precision / total;
        precisions += groupP * precision;
        below.addProduct(groupP, 2 * fp - groupN);
      }
      for (int i = start; i < end; i++) {
        weights[i] = h;
        influence[1][i] = precision + g - h;
        influence[0][i] = -h;
        placement[1][i] = 1 - (fp - groupN / 2.0) / negatives;
        placement[0][i] = (tp - groupP / 2.0) / positives;
      }
      tp -= groupP;
      fp -= groupN;
      end = start;
    }
    double ap = precisions / positives;
    double auc = 1 - below.toDouble() / 2 / positives / negatives;
    for (int i = 0; i < cells.size(); i++) {
      influence[1][i] -= ap;
      placement[1][i] = (placement[1][i] - auc) / positives;
      placement[0][i] = (placement[0][i] - auc) / negatives;
    }
  }

  /** Influence of one example on average precision. */
  double influence(int label, int cell) {
    return positives == 0 ? 0 : influence[label][cell] / positives;
  }

  /** What one example adds to ROC AUC less its expectation. */
  double placement(int label, int cell) {
    return placement[label][cell];
  }
}
