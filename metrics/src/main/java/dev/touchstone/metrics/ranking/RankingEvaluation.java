package dev.touchstone.metrics.ranking;

import java.util.Arrays;

/**
 * The ranking report of rows in memory, in any order: rows are grouped by query id first. O(n log
 * n), 20 bytes a row more. Does not depend on the order of rows.
 */
public final class RankingEvaluation {
  private RankingEvaluation() {}

  /**
   * Evaluates rows.
   *
   * @param queryIds which query a row belongs to; any numbers
   * @param scores a larger one ranks higher
   * @param relevance at least 0, and at most what the gain allows
   * @throws IllegalArgumentException for lengths or relevances that break their rule, with the row
   */
  public static RankingReport evaluate(
      long[] queryIds, float[] scores, float[] relevance, RankingOptions options) {
    check(queryIds, scores.length, relevance, options);
    var groups = new Groups(queryIds);
    float[] groupedScores = new float[scores.length];
    float[] groupedRelevance = new float[scores.length];
    for (int i = 0; i < scores.length; i++) {
      groupedScores[i] = scores[groups.rows[i]];
      groupedRelevance[i] = relevance[groups.rows[i]];
    }
    var sums = RankingSums.of(options);
    for (int q = 0; q + 1 < groups.starts.length; q++) {
      sums.acceptQuery(groupedScores, groupedRelevance, groups.starts[q], groups.starts[q + 1]);
    }
    return sums.result();
  }

  /** Evaluates rows with float64 scores. */
  public static RankingReport evaluate(
      long[] queryIds, double[] scores, float[] relevance, RankingOptions options) {
    check(queryIds, scores.length, relevance, options);
    var groups = new Groups(queryIds);
    double[] groupedScores = new double[scores.length];
    float[] groupedRelevance = new float[scores.length];
    for (int i = 0; i < scores.length; i++) {
      groupedScores[i] = scores[groups.rows[i]];
      groupedRelevance[i] = relevance[groups.rows[i]];
    }
    var sums = RankingSums.of(options);
    for (int q = 0; q + 1 < groups.starts.length; q++) {
      sums.acceptQuery(groupedScores, groupedRelevance, groups.starts[q], groups.starts[q + 1]);
    }
    return sums.result();
  }

  private static void check(
      long[] queryIds, int scores, float[] relevance, RankingOptions options) {
    if (queryIds.length != relevance.length) {
      throw new IllegalArgumentException(
          "query ids must be as many as relevances ("
              + relevance.length
              + "), got "
              + queryIds.length);
    }
    // with the rows of the caller, before they are moved
    RankingSums.check(options, scores, relevance, 0, relevance.length);
  }

  /** Rows by query. */
  private static final class Groups {
    final int[] rows;
    // where each query starts in rows, and the end
    final int[] starts;

    Groups(long[] ids) {
      long[] distinct = ids.clone();
      Arrays.parallelSort(distinct);
      int queries = 0;
      for (int i = 0; i < distinct.length; i++) {
        if (i == 0 || distinct[i] != distinct[queries - 1]) {
          distinct[queries++] = distinct[i];
        }
      }
      int[] queryOf = new int[ids.length];
      starts = new int[queries + 1];
      for (int i = 0; i < ids.length; i++) {
        queryOf[i] = Arrays.binarySearch(distinct, 0, queries, ids[i]);
        starts[queryOf[i] + 1]++;
      }
      for (int q = 0; q < queries; q++) {
        starts[q + 1] += starts[q];
      }
      int[] next = starts.clone();
      rows = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        rows[next[queryOf[i]]++] = i;
      }
    }
  }
}
