package dev.touchstone.metrics.ranking;

import dev.touchstone.metrics.ScoreKey;
import java.util.Arrays;
import java.util.List;

/**
 * The figures of one query: expected values over all orders of tied documents. O(m log m) for m
 * documents. Holds scratch space of the largest query so far. Not thread-safe.
 */
final class QueryScorer {
  private static final double LN2 = StrictMath.log(2);

  private final RankingOptions options;
  private final int[] cutoffs;
  // by position in cutoffs
  final double[] ndcg;
  final double[] averagePrecision;
  final double[] hitRate;
  final double[] precision;
  final double[] recall;
  double reciprocalRank;
  boolean hasRelevant;
  boolean hasGain;

  private double[] discounts = new double[0];
  private long[] documents = new long[0];

  QueryScorer(RankingOptions options) {
    this.options = options;
    List<Integer> ks = options.cutoffs();
    this.cutoffs = ks.stream().mapToInt(k -> k).toArray();
    this.ndcg = new double[cutoffs.length];
    this.averagePrecision = new double[cutoffs.length];
    this.hitRate = new double[cutoffs.length];
    this.precision = new double[cutoffs.length];
    this.recall = new double[cutoffs.length];
  }

  /** Scores documents [from, to); no score is NaN. */
  void score(float[] scores, float[] relevance, int from, int to) {
    ensure(to - from);
    for (int i = from; i < to; i++) {
      documents[i - from] = pack(ScoreKey.of(scores[i]), relevance[i]);
    }
    score(to - from);
  }

  /** Scores documents [from, to); no score is NaN. */
  void score(double[] scores, float[] relevance, int from, int to) {
    ensure(to - from);
    double[] distinct = Arrays.copyOfRange(scores, from, to);
    for (int i = 0; i < distinct.length; i++) {
      distinct[i] += 0.0; // -0.0 is 0.0
    }
    Arrays.sort(distinct);
    // the first place of an equal score is as good a key as the score; places are below 2^31
    int kept = 0;
    for (int i = 0; i < distinct.length; i++) {
      if (kept == 0 || distinct[i] != distinct[kept - 1]) {
        distinct[kept++] = distinct[i];
      }
    }
    for (int i = from; i < to; i++) {
      int place = Arrays.binarySearch(distinct, 0, kept, scores[i] + 0.0);
      documents[i - from] = pack(place ^ Integer.MIN_VALUE, relevance[i]);
    }
    score(to - from);
  }

  /** Orders by score, then by relevance, so that sums do not depend on the order of rows. */
  private static long pack(int unsignedKey, float relevance) {
    long key = unsignedKey ^ Integer.MIN_VALUE;
    // a float of at least 0 has ascending bits
    return key << 32 | Float.floatToRawIntBits(relevance + 0f);
  }

  private static float relevance(long document) {
    return Float.intBitsToFloat((int) document);
  }

  private void ensure(int size) {
    if (documents.length < size) {
      documents = new long[Math.max(size, 2 * documents.length)];
    }
    int deepest = Math.min(size, cutoffs.length == 0 ? 0 : cutoffs[cutoffs.length - 1]);
    if (discounts.length < deepest) {
      int known = discounts.length;
      discounts = Arrays.copyOf(discounts, deepest);
      for (int i = known; i < deepest; i++) {
        discounts[i] = LN2 / StrictMath.log(i + 2.0); // 1 / log2(1 + rank)
      }
    }
  }

  private boolean isRelevant(long document) {
    return relevance(document) > options.relevantAbove();
  }

  /** The document at a place from the top. */
  private long at(int place, int size) {
    return documents[size - 1 - place];
  }

  private void score(int size) {
    Arrays.sort(documents, 0, size);
    int relevant = 0;
    for (int i = 0; i < size; i++) {
      relevant += isRelevant(documents[i]) ? 1 : 0;
    }
    hasRelevant = relevant > 0;
    reciprocalRank = 0;
    Arrays.fill(hitRate, 0);
    walk(size, relevant);
    ideal(size);
  }

  /** Down the groups of tied documents. */
  private void walk(int size, int relevant) {
    int deepest = cutoffs.length == 0 ? 0 : cutoffs[cutoffs.length - 1];
    double gain = 0;
    double precisions = 0;
    int cutoff = 0;
    int relevantAbove = 0;
    for (int above = 0; above < size && (above < deepest || relevantAbove == 0); ) {
      int end = above;
      int hits = 0;
      double gains = 0;
      long score = at(above, size) >> 32;
      for (; end < size && at(end, size) >> 32 == score; end++) {
        hits += isRelevant(at(end, size)) ? 1 : 0;
        gains += options.gain().of(relevance(at(end, size)));
      }
      int tied = end - above;
      if (relevantAbove == 0 && hits > 0) {
        firstRelevant(above, tied, hits);
      }
      for (int j = 1; j <= tied && above + j <= deepest; j++) {
        int rank = above + j;
        gain += gains / tied * discounts[rank - 1];
        // a tied document is relevant with chance hits / tied; of the j - 1 before it then
        // (j - 1) (hits - 1) / (tied - 1) are
        double before = tied > 1 ? (j - 1.0) * (hits - 1) / (tied - 1) : 0;
        precisions += (double) hits / tied * (relevantAbove + 1 + before) / rank;
        if (cutoff < cutoffs.length && rank == cutoffs[cutoff]) {
          double found = relevantAbove + (double) j * hits / tied;
          record(cutoff++, gain, precisions, found, relevant);
        }
      }
      above = end;
      relevantAbove += hits;
    }
    // fewer documents than k
    for (; cutoff < cutoffs.length; cutoff++) {
      record(cutoff, gain, precisions, relevant, relevant);
    }
  }

  private void record(int cutoff, double gain, double precisions, double found, int relevant) {
    int k = cutoffs[cutoff];
    ndcg[cutoff] = gain;
    averagePrecision[cutoff] = relevant > 0 ? precisions / Math.min(relevant, k) : 0;
    precision[cutoff] = found / k;
    recall[cutoff] = relevant > 0 ? found / relevant : 0;
  }

  /** The first group that holds a relevant document decides reciprocal rank and hits. */
  private void firstRelevant(int above, int tied, int hits) {
    double chance = (double) hits / tied; // that the first relevant one is the j-th
    for (int j = 1; j <= tied - hits + 1; j++) {
      reciprocalRank += chance / (above + j);
      chance = tied > j ? chance * (tied - j - hits + 1) / (tied - j) : 0;
    }
    for (int c = 0; c < cutoffs.length; c++) {
      int places = cutoffs[c] - above;
      if (places >= tied) {
        hitRate[c] = 1;
      } else if (places > 0) {
        double miss = 1;
        for (int i = 0; i < places && miss > 0; i++) {
          miss *= (double) Math.max(0, tied - hits - i) / (tied - i);
        }
        hitRate[c] = 1 - miss;
      }
    }
  }

  /** Divides gains by those of the best order. */
  private void ideal(int size) {
    // by relevance alone
    for (int i = 0; i < size; i++) {
      documents[i] &= 0xFFFF_FFFFL;
    }
    Arrays.sort(documents, 0, size);
    hasGain = size > 0 && relevance(at(0, size)) > 0;
    double gain = 0;
    int rank = 0;
    for (int c = 0; c < cutoffs.length; c++) {
      for (; rank < Math.min(size, cutoffs[c]); rank++) {
        gain += options.gain().of(relevance(at(rank, size))) * discounts[rank];
      }
      ndcg[c] = hasGain ? Math.min(1, ndcg[c] / gain) : 0;
    }
  }
}
