package dev.touchstone.metrics.ranking;

import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What a ranking evaluation should compute. States merge only under equal options.
 *
 * @param cutoffs the k of "at k", each in [1, 100,000]
 * @param gain of a relevance, for NDCG
 * @param relevantAbove a document is relevant iff its relevance is above this; at least 0
 * @param level confidence level of intervals, in (0, 1)
 */
public record RankingOptions(List<Integer> cutoffs, Gain gain, double relevantAbove, double level) {
  private static final int LARGEST_CUTOFF = 100_000;

  /** Checks the ranges above; sorts the cutoffs. */
  public RankingOptions {
    cutoffs = List.copyOf(new TreeSet<>(cutoffs));
    for (int k : cutoffs) {
      if (k < 1 || k > LARGEST_CUTOFF) {
        throw new IllegalArgumentException("k must be in [1, 100000], got " + k);
      }
    }
    Objects.requireNonNull(gain, "gain");
    if (!(relevantAbove >= 0 && relevantAbove <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "relevant above must be finite and at least 0, got " + relevantAbove);
    }
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("level must be in (0, 1), got " + level);
    }
  }

  /** At 1, 5 and 10; exponential gain; relevant above 0; level 0.95. */
  public static RankingOptions defaults() {
    return new RankingOptions(List.of(1, 5, 10), Gain.EXPONENTIAL, 0, 0.95);
  }

  /** The same with other cutoffs. */
  public RankingOptions withCutoffs(List<Integer> value) {
    return new RankingOptions(value, gain, relevantAbove, level);
  }

  /** The same with another gain. */
  public RankingOptions withGain(Gain value) {
    return new RankingOptions(cutoffs, value, relevantAbove, level);
  }

  /** The same with another bound of relevance. */
  public RankingOptions withRelevantAbove(double value) {
    return new RankingOptions(cutoffs, gain, value, level);
  }

  /** The same with another confidence level. */
  public RankingOptions withLevel(double value) {
    return new RankingOptions(cutoffs, gain, relevantAbove, value);
  }
}
