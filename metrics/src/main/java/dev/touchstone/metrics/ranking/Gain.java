package dev.touchstone.metrics.ranking;

/** What a document of a relevance is worth to the cumulative gain. */
public enum Gain {
  /** 2^relevance - 1 (Burges et al. 2005). The default. */
  EXPONENTIAL(50),
  /** The relevance itself (Järvelin and Kekäläinen 2002): scikit-learn's. */
  LINEAR(0x1p50);

  private final double largestRelevance;

  Gain(double largestRelevance) {
    this.largestRelevance = largestRelevance;
  }

  /** Largest relevance, so that sums of gains keep their digits. */
  public double largestRelevance() {
    return largestRelevance;
  }

  double of(float relevance) {
    return this == LINEAR ? relevance : StrictMath.pow(2, relevance) - 1;
  }
}
