package dev.touchstone.metrics.ranking;

import dev.touchstone.metrics.shared.LabelEncoding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Cuts a stream of rows that is grouped by query into queries, across the borders of calls. Keeps
 * the rows of one query, the open one, and nothing else: call {@link #finish()} at the end.
 *
 * <p>Rows of a query must be next to each other: an id that comes back later is taken for another
 * query (seeing that would need all ids in memory). Rows in any order are for {@link
 * RankingEvaluation}. Not thread-safe.
 */
public final class GroupedQueries {
  /** Most documents of a query: 128 MiB of rows. */
  private static final int MOST_DOCUMENTS = 1 << 24;

  private final RankingSums sums;
  private long open;
  private int size;
  private float[] scores = new float[64];
  private float[] relevance = new float[64];

  private GroupedQueries(RankingSums sums) {
    this.sums = sums;
  }

  /** Feeds the queries of a stream into {@code sums}. */
  public static GroupedQueries into(RankingSums sums) {
    return new GroupedQueries(sums);
  }

  /**
   * Adds rows of bytes: query ids as little-endian int64, float32 little-endian scores, relevances
   * in any encoding. Buffers are read between position and limit and left as they are.
   */
  public void accept(
      ByteBuffer queryIds, ByteBuffer rowScores, ByteBuffer relevances, LabelEncoding encoding) {
    if (queryIds.remaining() % 8 != 0) {
      throw new IllegalArgumentException(
          "query ids must be whole int64 values, got " + queryIds.remaining() + " bytes");
    }
    long[] ids = new long[queryIds.remaining() / 8];
    queryIds.slice().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(ids);
    accept(
        ids,
        LabelEncoding.floats("scores", rowScores, ids.length),
        encoding.floats(relevances, ids.length));
  }

  /**
   * Adds rows.
   *
   * @throws IllegalArgumentException for lengths or relevances that break their rule, with the row;
   *     nothing is taken then
   */
  public void accept(long[] queryIds, float[] rowScores, float[] relevances) {
    if (queryIds.length != relevances.length) {
      throw new IllegalArgumentException(
          "query ids must be as many as relevances ("
              + relevances.length
              + "), got "
              + queryIds.length);
    }
    RankingSums.check(sums.options, rowScores.length, relevances, 0, relevances.length);
    for (int from = 0; from < queryIds.length; ) {
      int to = from + 1;
      while (to < queryIds.length && queryIds[to] == queryIds[from]) {
        to++;
      }
      if (size > 0 && queryIds[from] != open) {
        finish();
      }
      open = queryIds[from];
      keep(rowScores, relevances, from, to);
      from = to;
    }
  }

  private void keep(float[] rowScores, float[] relevances, int from, int to) {
    int wanted = size + to - from;
    if (wanted > MOST_DOCUMENTS) {
      throw new IllegalArgumentException(
          "a query must have at most " + MOST_DOCUMENTS + " documents, got more of query " + open);
    }
    if (wanted > scores.length) {
      int capacity = Math.min(MOST_DOCUMENTS, Math.max(wanted, 2 * scores.length));
      scores = Arrays.copyOf(scores, capacity);
      relevance = Arrays.copyOf(relevance, capacity);
    }
    System.arraycopy(rowScores, from, scores, size, to - from);
    System.arraycopy(relevances, from, relevance, size, to - from);
    size = wanted;
  }

  /** Ends the open query, if there is one. Rows of another stream may follow. */
  public void finish() {
    sums.acceptQuery(scores, relevance, 0, size);
    size = 0;
  }
}
