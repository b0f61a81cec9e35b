package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.ExactSum;

/**
 * Sums of squared contributions by class, weighted for both targets: w (w - 1) for the finite one,
 * w² for the superpopulation. Sums are exact in fixed point, so no order of rows changes a bit.
 */
final class Spread {
  private final RankInfluence ranks;
  private final double scale;
  private final ExactSum[] finite = {ExactSum.of(), ExactSum.of()};
  private final ExactSum[] superpopulation = {ExactSum.of(), ExactSum.of()};
  private final ExactSum[] weightSquares = {ExactSum.of(), ExactSum.of()};

  private Spread(RankInfluence ranks) {
    this.ranks = ranks;
    double largest = 1;
    for (int i = 0; ranks.weighted() && i < ranks.size(); i++) {
      largest = Math.max(largest, ranks.weight(i));
    }
    // keeps addends near 1 whatever the weights; a power of two, so nothing is rounded
    scale = Math.scalb(1.0, -Math.getExponent(largest));
  }

  static Spread of(RankInfluence ranks) {
    return new Spread(ranks);
  }

  void accept(int row, double contribution) {
    int label = ranks.label(row);
    double square = contribution * contribution;
    if (!ranks.weighted()) {
      superpopulation[label].add(square);
      return;
    }
    double w = ranks.weight(row) * scale;
    superpopulation[label].add(w * w * square);
    weightSquares[label].add(w * w);
    // a weight below 1 is no inverse of an inclusion rate: its row was not sampled
    finite[label].add(Math.max(0, w * (w - scale)) * square);
  }

  /** Sum of both classes over the squared total of positives. */
  double overPositives(boolean finiteTarget) {
    double total = ranks.total(1) * scale;
    var sums = finiteTarget ? finite : superpopulation;
    return (sums[0].value() + sums[1].value()) / total / total;
  }

  /** S10 / P + S01 / N; without weights with the divisors P - 1 and N - 1. */
  double placementVariance(boolean finiteTarget) {
    double sum = 0;
    for (int label = 0; label < 2; label++) {
      double total = ranks.total(label) * scale;
      double squares = (finiteTarget ? finite : superpopulation)[label].value();
      sum += ranks.weighted() ? squares / total / total : squares / total / Math.max(1, total - 1);
    }
    return sum;
  }

  /** (sum w)² / sum w² of a class. */
  double effective(int label) {
    double total = ranks.total(label) * scale;
    return ranks.weighted() && total > 0 ? total * total / weightSquares[label].value() : total;
  }
}
