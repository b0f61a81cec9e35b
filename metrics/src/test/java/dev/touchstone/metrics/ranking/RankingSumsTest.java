package dev.touchstone.metrics.ranking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.shared.LabelEncoding;
import dev.touchstone.metrics.shared.Shuffle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RankingSumsTest {
  private static final RankingOptions OPTIONS =
      RankingOptions.defaults().withCutoffs(List.of(1, 2, 4, 9));

  /** Rows of several queries, next to each other, with many ties. */
  record Rows(long[] ids, float[] scores, float[] relevance) {
    static Rows of(long seed, int queries, int most) {
      var random = new SplittableRandom(seed);
      var ids = new ArrayList<Long>();
      for (int q = 0; q < queries; q++) {
        for (int left = random.nextInt(1, most + 1); left > 0; left--) {
          ids.add(q * 1_000_003L - 5_000_000_000L);
        }
      }
      int n = ids.size();
      float[] scores = new float[n];
      float[] relevance = new float[n];
      for (int i = 0; i < n; i++) {
        scores[i] = random.nextInt(4) - 1;
        relevance[i] = Math.max(0, random.nextInt(6) - 2);
      }
      return new Rows(ids.stream().mapToLong(x -> x).toArray(), scores, relevance);
    }

    Rows pick(int... rows) {
      long[] someIds = Arrays.stream(rows).mapToLong(r -> ids[r]).toArray();
      float[] someScores = new float[rows.length];
      float[] someRelevance = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        someScores[i] = scores[rows[i]];
        someRelevance[i] = relevance[rows[i]];
      }
      return new Rows(someIds, someScores, someRelevance);
    }

    /** Where each query starts, and the end. */
    int[] starts() {
      return IntStream.rangeClosed(0, ids.length)
          .filter(i -> i == 0 || i == ids.length || ids[i] != ids[i - 1])
          .toArray();
    }

    RankingSums sums() {
      var sums = RankingSums.of(OPTIONS);
      int[] starts = starts();
      for (int q = 0; q + 1 < starts.length; q++) {
        sums.acceptQuery(scores, relevance, starts[q], starts[q + 1]);
      }
      return sums;
    }
  }

  /** The figures of one query in one order of its documents. */
  private static Map<String, Double> plain(float[] relevance, int[] order) {
    var values = new HashMap<String, Double>();
    int relevant = 0;
    for (float r : relevance) {
      relevant += r > 0 ? 1 : 0;
    }
    double[] best = new double[relevance.length];
    for (int i = 0; i < best.length; i++) {
      best[i] = -relevance[i];
    }
    Arrays.sort(best);
    int first = 0;
    while (first < order.length && relevance[order[first]] <= 0) {
      first++;
    }
    values.put("mrr", 1.0 / (first + 1));
    for (int k : OPTIONS.cutoffs()) {
      double gain = 0;
      double ideal = 0;
      double precisions = 0;
      int found = 0;
      for (int i = 0; i < Math.min(k, order.length); i++) {
        double discount = Math.log(2) / Math.log(i + 2);
        gain += (Math.pow(2, relevance[order[i]]) - 1) * discount;
        ideal += (Math.pow(2, -best[i]) - 1) * discount;
        if (relevance[order[i]] > 0) {
          found++;
          precisions += found / (i + 1.0);
        }
      }
      values.put("ndcg_at_" + k, gain / ideal);
      values.put("map_at_" + k, precisions / Math.min(relevant, k));
      values.put("hit_rate_at_" + k, found > 0 ? 1.0 : 0);
      values.put("precision_at_" + k, found / (double) k);
      values.put("recall_at_" + k, found / (double) relevant);
    }
    return values;
  }

  /** Means over all orders in which scores do not ascend. */
  private static Map<String, Double> brute(float[] scores, float[] relevance) {
    var sums = new HashMap<String, Double>();
    int[] count = {0};
    permute(
        new int[scores.length],
        0,
        scores,
        order -> {
          count[0]++;
          plain(relevance, order).forEach((name, value) -> sums.merge(name, value, Double::sum));
        });
    sums.replaceAll((name, sum) -> sum / count[0]);
    return sums;
  }

  private static void permute(
      int[] order, int place, float[] scores, java.util.function.Consumer<int[]> use) {
    if (place == order.length) {
      use.accept(order);
      return;
    }
    for (int i = 0; i < order.length; i++) {
      int candidate = i;
      boolean used = IntStream.range(0, place).anyMatch(p -> order[p] == candidate);
      boolean highest =
          IntStream.range(0, order.length)
              .filter(j -> IntStream.range(0, place).noneMatch(p -> order[p] == j))
              .allMatch(j -> scores[j] <= scores[candidate]);
      if (!used && highest) {
        order[place] = i;
        permute(order, place + 1, scores, use);
      }
    }
  }

  @Test
  void tiedScoresCountByTheMeanOverAllOrders() {
    for (long seed = 0; seed < 150; seed++) {
      var query = Rows.of(seed, 1, 7);
      if (query.sums().withoutRelevant > 0) {
        continue;
      }
      var report = query.sums().result();
      double[] doubles = new double[query.scores.length];
      Arrays.setAll(doubles, i -> query.scores[i] == 0 ? -0.0 : query.scores[i] * 0.1);
      var fromDoubles = RankingSums.of(OPTIONS);
      fromDoubles.acceptQuery(doubles, query.relevance);
      assertThat(fromDoubles.result()).as("seed %d", seed).isEqualTo(report);
      long failing = seed;
      brute(query.scores, query.relevance)
          .forEach(
              (name, expected) ->
                  assertThat(report.metric(name).value())
                      .as("%s, seed %d", name, failing)
                      .isCloseTo(expected, within(1e-13)));
    }
  }

  @Test
  void permutationAndPartitionGiveTheSameBytes() {
    for (long seed = 0; seed < 30; seed++) {
      var rows = Rows.of(seed, 25, 12);
      byte[] whole = rows.sums().toBytes();
      var random = new SplittableRandom(seed);
      int[] starts = rows.starts();
      int[] order = Shuffle.of(starts.length - 1, seed);
      var merged = RankingSums.of(OPTIONS);
      var part = RankingSums.of(OPTIONS);
      for (int q : order) {
        // documents of a query in another order too
        int[] documents =
            Arrays.stream(Shuffle.of(starts[q + 1] - starts[q], seed + q))
                .map(i -> i + starts[q])
                .toArray();
        var query = rows.pick(documents);
        part.acceptQuery(query.scores, query.relevance);
        if (random.nextInt(4) == 0) {
          merged = random.nextBoolean() ? merged.combine(part) : part.combine(merged);
          part = RankingSums.of(OPTIONS);
        }
      }
      merged.combine(part);
      assertThat(merged.toBytes()).as("seed %d", seed).isEqualTo(whole);
      var back = RankingSums.fromBytes(whole, OPTIONS);
      assertThat(back.toBytes()).isEqualTo(whole);
      assertThat(back.result()).isEqualTo(rows.sums().result());
    }
  }

  @Test
  void streamsAndUnorderedRowsGiveTheSameReport() {
    for (long seed = 0; seed < 30; seed++) {
      var rows = Rows.of(seed, 25, 12);
      var expected = rows.sums();
      var random = new SplittableRandom(seed);
      var streamed = RankingSums.of(OPTIONS);
      var stream = GroupedQueries.into(streamed);
      for (int from = 0; from < rows.ids.length; ) {
        int to = Math.min(rows.ids.length, from + random.nextInt(9));
        var part = rows.pick(IntStream.range(from, to).toArray());
        stream.accept(part.ids, part.scores, part.relevance);
        from = to;
      }
      stream.finish();
      stream.finish(); // once more does nothing
      assertThat(streamed.toBytes()).as("seed %d", seed).isEqualTo(expected.toBytes());
      var shuffled = rows.pick(Shuffle.of(rows.ids.length, seed));
      assertThat(
              RankingEvaluation.evaluate(
                  shuffled.ids, shuffled.scores, shuffled.relevance, OPTIONS))
          .isEqualTo(expected.result());
    }
  }

  @Test
  void streamsOfBytesAreTheSameRows() {
    var rows = Rows.of(7, 5, 6);
    int n = rows.ids.length;
    var ids = ByteBuffer.allocate(8 * n).order(ByteOrder.LITTLE_ENDIAN);
    ids.asLongBuffer().put(rows.ids);
    var scores = ByteBuffer.allocate(4 * n).order(ByteOrder.LITTLE_ENDIAN);
    scores.asFloatBuffer().put(rows.scores);
    var relevance = ByteBuffer.allocate(n);
    for (int i = 0; i < n; i++) {
      relevance.put(i, (byte) rows.relevance[i]);
    }
    var sums = RankingSums.of(OPTIONS);
    var stream = GroupedQueries.into(sums);
    stream.accept(ids, scores, relevance, LabelEncoding.U8);
    stream.finish();
    assertThat(sums.toBytes()).isEqualTo(rows.sums().toBytes());
    assertThatThrownBy(() -> stream.accept(ids.slice(0, 12), scores, relevance, LabelEncoding.U8))
        .hasMessage("query ids must be whole int64 values, got 12 bytes");
  }

  private static RankingReport of(float[] scores, float... relevance) {
    var sums = RankingSums.of(OPTIONS);
    sums.acceptQuery(scores, relevance);
    return sums.result();
  }

  @Test
  void aPerfectOrderIsExactlyOne() {
    for (var gain : Gain.values()) {
      var sums = RankingSums.of(OPTIONS.withGain(gain));
      sums.acceptQuery(new float[] {7, 6, 5, 4, 4}, new float[] {3.3f, 2.2f, 1.1f, 0, 0});
      var report = sums.result();
      for (var name : List.of("ndcg_at_4", "map_at_9", "hit_rate_at_1", "mrr", "recall_at_9")) {
        assertThat(report.metric(name).value()).as(name).isEqualTo(1);
      }
      // five documents, nine places
      assertThat(report.metric("precision_at_9").value()).isEqualTo(3 / 9.0);
      assertThat(report.metric("map_at_2").value()).isEqualTo(1);
    }
  }

  @Test
  void queriesWithoutRelevantDocumentsAreLeftOutAndCounted() {
    var sums = RankingSums.of(OPTIONS.withRelevantAbove(1));
    sums.acceptQuery(new float[] {1, 2}, new float[] {0, 0});
    sums.acceptQuery(new float[] {1, 2}, new float[] {1, 0}); // a gain, but not relevant
    var before = sums.result();
    assertThat(before.queries()).isEqualTo(2);
    assertThat(before.queriesWithoutRelevant()).isEqualTo(2);
    assertThat(before.queriesWithoutGain()).isEqualTo(1);
    assertThat(before.metric("mrr").reason()).isEqualTo("no_relevant_documents");
    assertThat(before.metric("ndcg_at_2").value())
        .isCloseTo(Math.log(2) / Math.log(3), within(1e-15));
    assertThat(before.metric("ndcg_at_2").flags()).containsExactly("queries_left_out");
    sums.acceptQuery(new float[] {1, 2}, new float[] {2, 0});
    assertThat(sums.result().metric("mrr").value()).isEqualTo(0.5);
    assertThat(sums.result().metric("hit_rate_at_1").flags()).containsExactly("queries_left_out");
  }

  @Test
  void emptyAndInvalidQueriesSaySo() {
    var empty = of(new float[0]);
    assertThat(empty.queries()).isZero();
    assertThat(empty.metrics())
        .hasSize(21)
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("empty"));
    var invalid = of(new float[] {1, Float.NaN}, 1, 0);
    assertThat(invalid.invalidRows()).isEqualTo(1);
    assertThat(invalid.metrics())
        .allSatisfy(m -> assertThat(m.reason()).isEqualTo("invalid_score"));
    var sums = RankingSums.of(OPTIONS);
    sums.acceptQuery(new double[] {Double.NaN}, new float[1]);
    assertThat(sums.result().invalidRows()).isEqualTo(1);
    // infinite scores rank
    assertThat(
            of(new float[] {Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}, 1, 0)
                .metric("mrr")
                .value())
        .isEqualTo(0.5);
  }

  @Test
  void intervalsAreOverQueries() {
    var sums = RankingSums.of(OPTIONS);
    for (int q = 0; q < 10; q++) {
      sums.acceptQuery(new float[] {2, 1}, q < 4 ? new float[] {1, 0} : new float[] {0, 1});
    }
    var mrr = sums.result().metric("mrr");
    // 4 times 1 and 6 times 1/2: mean 0.7, s = 0.258199, t(9, 0.975) = 2.262157
    assertThat(mrr.value()).isCloseTo(0.7, within(1e-15));
    assertThat(mrr.interval().low())
        .isCloseTo(0.7 - 2.262157 * 0.258199 / Math.sqrt(10), within(1e-6));
    assertThat(mrr.interval().method()).isEqualTo("clt_t");
    assertThat(mrr.interval().target()).isEqualTo(Target.SUPERPOPULATION);
    var hits = sums.result().metric("hit_rate_at_1");
    assertThat(hits.interval().method()).isEqualTo("wilson");
    assertThat(hits.interval().contains(0.4)).isTrue();
    var perfect = sums.result().metric("recall_at_2");
    assertThat(perfect.value()).isEqualTo(1);
    assertThat(perfect.intervalReason()).isEqualTo("zero_variance");
  }

  @Test
  void aHugeTieIsFastAndRight() {
    int n = 200_000;
    float[] relevance = new float[n];
    Arrays.fill(relevance, 0, n / 4, 1);
    var report = of(new float[n], relevance);
    assertThat(report.metric("precision_at_4").value()).isEqualTo(0.25);
    assertThat(report.metric("recall_at_4").value()).isCloseTo(4.0 / n, within(1e-18));
    assertThat(report.metric("hit_rate_at_1").value()).isEqualTo(0.25);
    // the geometric mean rank: -p ln p / (1 - p) as n grows
    assertThat(report.metric("mrr").value()).isCloseTo(-0.25 * Math.log(0.25) / 0.75, within(1e-5));
  }

  @Test
  void aRefusedCallLeavesTheStateAsItWas() {
    var sums = RankingSums.of(OPTIONS);
    byte[] before = sums.toBytes();
    assertThatThrownBy(() -> sums.acceptQuery(new float[2], new float[] {1, -1}))
        .hasMessage("relevance must be in [0, 50], got -1.0 (row 1)");
    assertThatThrownBy(() -> sums.acceptQuery(new float[2], new float[] {Float.NaN, 1}))
        .hasMessage("relevance must be in [0, 50], got NaN (row 0)");
    assertThatThrownBy(() -> sums.acceptQuery(new float[3], new float[2]))
        .hasMessage("scores must be as many as relevances (2), got 3");
    assertThatThrownBy(() -> sums.acceptQuery(new double[2], new float[2], 1, 3))
        .hasMessage("rows must be in [0, 2), got [1, 3)");
    var stream = GroupedQueries.into(sums);
    assertThatThrownBy(() -> stream.accept(new long[1], new float[2], new float[2]))
        .hasMessage("query ids must be as many as relevances (2), got 1");
    assertThatThrownBy(() -> stream.accept(new long[2], new float[2], new float[] {0, 51}))
        .hasMessage("relevance must be in [0, 50], got 51.0 (row 1)");
    stream.finish();
    assertThatThrownBy(
            () -> RankingEvaluation.evaluate(new long[1], new float[2], new float[2], OPTIONS))
        .hasMessage("query ids must be as many as relevances (2), got 1");
    assertThat(sums.toBytes()).isEqualTo(before);
    var other = OPTIONS.withGain(Gain.LINEAR);
    assertThatThrownBy(() -> sums.combine(RankingSums.of(other)))
        .hasMessageStartingWith("options must be equal, got ");
    assertThatThrownBy(() -> RankingSums.fromBytes(before, other))
        .hasMessageStartingWith("ranking sums: options must be ");
    assertThatThrownBy(() -> RankingSums.fromBytes(Arrays.copyOf(before, 12), OPTIONS))
        .hasMessage("ranking sums: ends early, after 12 bytes");
  }

  @Test
  void optionsNameWhatIsWrong() {
    assertThatThrownBy(() -> OPTIONS.withCutoffs(List.of(0)))
        .hasMessage("k must be in [1, 100000], got 0");
    assertThatThrownBy(() -> OPTIONS.withRelevantAbove(-1))
        .hasMessage("relevant above must be finite and at least 0, got -1.0");
    assertThatThrownBy(() -> OPTIONS.withLevel(0)).hasMessage("level must be in (0, 1), got 0.0");
    assertThat(OPTIONS.withCutoffs(List.of(9, 1, 9)).cutoffs()).containsExactly(1, 9);
  }

  @Test
  void theTableHasARowACutoff() {
    var table = of(new float[] {2, 1}, 0, 1).tables().get(0);
    assertThat(table.columns())
        .containsExactly("k", "ndcg", "map", "hit_rate", "precision", "recall");
    assertThat(table.rows()).hasSize(4);
    assertThat(table.rows().get(1).get(0)).isEqualTo(2L);
  }

  @Test
  void countsOfOddQueriesAddUp() {
    var whole = RankingSums.of(OPTIONS);
    for (float score : new float[] {Float.NaN, 1, Float.NaN, 1}) {
      var one = RankingSums.of(OPTIONS);
      one.acceptQuery(new float[] {score, 0}, new float[2]);
      whole.combine(one);
    }
    assertThat(whole.invalidRows).isEqualTo(2);
    assertThat(whole.queries).isEqualTo(4);
    assertThat(whole.withoutRelevant).isEqualTo(2);
    assertThat(whole.withoutGain).isEqualTo(2);
    assertThat(whole.rows).isEqualTo(8);
    byte[] bytes = whole.toBytes();
    assertThat(RankingSums.fromBytes(bytes, OPTIONS).toBytes()).isEqualTo(bytes);
    assertThatThrownBy(() -> RankingSums.fromBytes(Arrays.copyOf(bytes, bytes.length + 1), OPTIONS))
        .hasMessageStartingWith("ranking sums: must end after ");
  }

  @Test
  void withoutCutoffsThereIsTheReciprocalRank() {
    var sums = RankingSums.of(OPTIONS.withCutoffs(List.of()));
    sums.acceptQuery(new float[] {3, 2, 1}, new float[] {0, 0, 1});
    assertThat(sums.result().metrics()).hasSize(1);
    assertThat(sums.result().metric("mrr").value()).isEqualTo(1 / 3.0);
  }
}
