package dev.touchstone.metrics.ranking;

import dev.touchstone.metrics.shared.Moments;
import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The mergeable state of a ranking evaluation: exact sums over queries. Additive: any partition of
 * the queries, combined in any order, gives the same state and the same bytes; the order of the
 * documents of a query does not matter either.
 *
 * <p>For each query, with k a cutoff, R its number of relevant documents, and ties by expected
 * value (McSherry and Najork 2008):
 *
 * <ul>
 *   <li>NDCG@k = DCG@k / ideal DCG@k, DCG = Σ gain / log2(1 + rank);
 *   <li>reciprocal rank: 1 / rank of the first relevant document, however deep;
 *   <li>AP@k = Σ precision at each relevant document among the first k / min(R, k);
 *   <li>hit rate@k: whether there is a relevant document among the first k;
 *   <li>precision@k = relevant among the first k / k, even where there are fewer documents;
 *   <li>recall@k = relevant among the first k / R.
 * </ul>
 *
 * <p>A query without a relevant document has no value of any but NDCG, one without a gain none of
 * NDCG: they are left out and counted. A NaN score makes every metric undefined ({@code
 * invalid_score}) and is counted. 1 KiB a metric, whatever the number of queries. Not thread-safe.
 */
public final class RankingSums {
  private static final int KIND = 'q';
  private static final int VERSION = 1;

  /** Metrics at a cutoff, in the order of {@link #atCutoff}. */
  static final List<String> AT = List.of("ndcg", "map", "hit_rate", "precision", "recall");

  final RankingOptions options;
  private final QueryScorer scorer;
  // [metric][cutoff]
  final List<List<Moments>> atCutoff = new ArrayList<>();
  Moments reciprocalRanks = Moments.of();
  long rows;
  long queries;
  long withoutRelevant;
  long withoutGain;
  long invalidRows;

  private RankingSums(RankingOptions options) {
    this.options = options;
    this.scorer = new QueryScorer(options);
    for (int m = 0; m < AT.size(); m++) {
      var cells = new ArrayList<Moments>();
      options.cutoffs().forEach(k -> cells.add(Moments.of()));
      atCutoff.add(cells);
    }
  }

  /** No queries yet. */
  public static RankingSums of(RankingOptions options) {
    return new RankingSums(options);
  }

  /**
   * Adds one query: all its documents, in any order. No document is no query.
   *
   * @param relevance at least 0, and at most what the gain allows
   * @throws IllegalArgumentException for lengths or relevances that break their rule, with the row
   */
  public void acceptQuery(float[] scores, float[] relevance) {
    acceptQuery(scores, relevance, 0, relevance.length);
  }

  /** Adds one query: documents [from, to). */
  public void acceptQuery(float[] scores, float[] relevance, int from, int to) {
    check(options, scores.length, relevance, from, to);
    int nan = 0;
    for (int i = from; i < to; i++) {
      nan += Float.isNaN(scores[i]) ? 1 : 0;
    }
    if (isScorable(to - from, nan)) {
      scorer.score(scores, relevance, from, to);
      add();
    }
  }

  /** Adds one query with float64 scores. */
  public void acceptQuery(double[] scores, float[] relevance) {
    acceptQuery(scores, relevance, 0, relevance.length);
  }

  /** Adds one query with float64 scores: documents [from, to). */
  public void acceptQuery(double[] scores, float[] relevance, int from, int to) {
    check(options, scores.length, relevance, from, to);
    int nan = 0;
    for (int i = from; i < to; i++) {
      nan += Double.isNaN(scores[i]) ? 1 : 0;
    }
    if (isScorable(to - from, nan)) {
      scorer.score(scores, relevance, from, to);
      add();
    }
  }

  static void check(RankingOptions options, int scores, float[] relevance, int from, int to) {
    if (scores != relevance.length) {
      throw new IllegalArgumentException(
          "scores must be as many as relevances (" + relevance.length + "), got " + scores);
    }
    if (from < 0 || to < from || to > relevance.length) {
      throw new IllegalArgumentException(
          "rows must be in [0, " + relevance.length + "), got [" + from + ", " + to + ")");
    }
    double most = options.gain().largestRelevance();
    for (int i = from; i < to; i++) {
      if (!(relevance[i] >= 0 && relevance[i] <= most)) {
        throw new IllegalArgumentException(
            "relevance must be in [0, "
                + (long) most
                + "], got "
                + relevance[i]
                + " (row "
                + i
                + ")");
      }
    }
  }

  private boolean isScorable(int size, int nan) {
    if (size == 0) {
      return false;
    }
    rows += size;
    queries++;
    invalidRows += nan;
    return nan == 0;
  }

  private void add() {
    boolean relevant = scorer.hasRelevant;
    withoutRelevant += relevant ? 0 : 1;
    withoutGain += scorer.hasGain ? 0 : 1;
    if (scorer.hasGain) {
      add(0, scorer.ndcg);
    }
    if (relevant) {
      reciprocalRanks.add(scorer.reciprocalRank);
      add(1, scorer.averagePrecision);
      add(2, scorer.hitRate);
      add(3, scorer.precision);
      add(4, scorer.recall);
    }
  }

  private void add(int metric, double[] values) {
    for (int c = 0; c < values.length; c++) {
      atCutoff.get(metric).get(c).add(values[c]);
    }
  }

  /** Adds what the other saw, of other queries; returns this. Both must have equal options. */
  public RankingSums combine(RankingSums other) {
    if (!options.equals(other.options)) {
      throw new IllegalArgumentException(
          "options must be equal, got " + options + " and " + other.options);
    }
    for (int m = 0; m < AT.size(); m++) {
      for (int c = 0; c < options.cutoffs().size(); c++) {
        atCutoff.get(m).get(c).combine(other.atCutoff.get(m).get(c));
      }
    }
    reciprocalRanks.combine(other.reciprocalRanks);
    rows += other.rows;
    queries += other.queries;
    withoutRelevant += other.withoutRelevant;
    withoutGain += other.withoutGain;
    invalidRows += other.invalidRows;
    return this;
  }

  /** The means so far. */
  public RankingReport result() {
    return new RankingAssembly(this).report();
  }

  /** Versioned bytes; equal states give equal bytes. */
  public byte[] toBytes() {
    var out = new StateWriter(KIND, VERSION);
    out.writeByte(options.gain().ordinal()).writeDouble(options.relevantAbove());
    out.writeCount(options.cutoffs().size());
    options.cutoffs().forEach(out::writeCount);
    out.writeCount(rows).writeCount(queries).writeCount(withoutRelevant).writeCount(withoutGain);
    out.writeCount(invalidRows);
    reciprocalRanks.write(out);
    atCutoff.forEach(cells -> cells.forEach(cell -> cell.write(out)));
    return out.toBytes();
  }

  /** The inverse of {@link #toBytes} under the same options; refuses anything else. */
  public static RankingSums fromBytes(byte[] bytes, RankingOptions options) {
    var in = new StateReader("ranking sums", bytes, KIND, VERSION);
    var gain = Gain.values()[in.readIndex(Gain.values().length)];
    double relevantAbove = in.readDouble();
    var cutoffs = new ArrayList<Integer>();
    for (int left = in.readIndex(1 << 20); left > 0; left--) {
      cutoffs.add(in.readIndex(1 << 20));
    }
    if (gain != options.gain()
        || relevantAbove != options.relevantAbove()
        || !cutoffs.equals(options.cutoffs())) {
      throw new IllegalArgumentException(
          "ranking sums: options must be "
              + options
              + ", got "
              + gain
              + ", relevant above "
              + relevantAbove
              + ", cutoffs "
              + cutoffs);
    }
    var sums = new RankingSums(options);
    sums.rows = in.readCount();
    sums.queries = in.readCount();
    sums.withoutRelevant = in.readCount();
    sums.withoutGain = in.readCount();
    sums.invalidRows = in.readCount();
    sums.reciprocalRanks = Moments.read(in);
    sums.atCutoff.forEach(cells -> Collections.fill(cells, null));
    sums.atCutoff.forEach(cells -> cells.replaceAll(cell -> Moments.read(in)));
    in.end();
    return sums;
  }
}
