package dev.touchstone.jobs.fast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.Updates;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.sampling.HashOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a harness may be interrupted while it closes
class OrderedRowsTest {

  private static final EngineSettings SETTINGS = EngineSettings.from(SettingsSource.empty());
  private static final List<String> METRICS = List.of("log_loss", "brier", "accuracy");

  private static int[] inHashOrder(WireBatches rows) {
    return IntStream.range(0, rows.scores.length)
        .boxed()
        .sorted(
            Comparator.comparingLong(
                i -> HashOrder.key(rows.firstId + i) ^ Long.MIN_VALUE)) // unsigned
        .mapToInt(i -> i)
        .toArray();
  }

  /** The batches of three shards in turns, as they get behind the ledger. */
  private static List<LedgerUpdate> updates(WireBatches rows, int[] order, int size)
      throws Exception {
    List<dev.touchstone.schemas.avro.PredictionBatch> batches = rows.picked(order, size, 3);
    batches.sort(
        Comparator.comparingLong(dev.touchstone.schemas.avro.PredictionBatch::getSequence));
    return Updates.of(SETTINGS, rows, batches);
  }

  private static double exact(WireBatches rows, String metric) {
    return BinaryEvaluation.evaluate(rows.scores, rows.labels, null, BinaryOptions.defaults())
        .metric(metric)
        .value();
  }

  @Test
  void partialPointsInHashOrderHaveAnIntervalForTheWholeSet() throws Exception {
    WireBatches rows = WireBatches.random(1, 20_000);
    List<LedgerUpdate> updates = updates(rows, inHashOrder(rows), 500);
    int at = updates.size() * 3 / 5; // a level of 1/2 is passed
    List<MetricPoint> points = partial(updates.subList(0, at));
    for (String metric : METRICS) {
      MetricPoint point =
          points.stream().filter(p -> p.metric().equals(metric)).findFirst().orElseThrow();
      assertThat(point.complete()).isFalse();
      assertThat(point.ciMethod()).isEqualTo("asymptotic_cs_wor");
      assertThat(point.level()).isEqualTo(0.95);
      assertThat(point.target()).isEqualTo("finite");
      assertThat(point.ciLow()).isLessThan(exact(rows, metric));
      assertThat(point.ciHigh()).isGreaterThan(exact(rows, metric));
      // half of the set, but for chance: the rows below 1/2 and no others
      long below =
          IntStream.range(0, 20_000).filter(i -> HashOrder.u(rows.firstId + i) < 0.5).count();
      assertThat(point.n()).isEqualTo(below).isBetween(9_700L, 10_300L);
    }
    assertThat(points)
        .filteredOn(p -> p.metric().equals("roc_auc"))
        .allMatch(p -> "arrival_order".equals(p.reason()))
        .hasSize(1);
  }

  @Test
  void inAnyOtherOrderThereIsNone() throws Exception {
    WireBatches rows = WireBatches.random(1, 20_000);
    int[] plain = IntStream.range(0, 20_000).toArray();
    assertThat(partial(updates(rows, plain, 500).subList(0, 24)))
        .isNotEmpty()
        .allMatch(p -> p.ciLow() == null && p.value() != null)
        .allMatch(p -> "arrival_order".equals(p.reason()));
  }

  private static List<MetricPoint> partial(List<LedgerUpdate> updates) throws Exception {
    var function =
        new ProxyMetrics(SETTINGS.fast(), SETTINGS.ledger(), new OutputTag<Standing>("s") {});
    try (var harness =
        new KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, MetricPoint>(
            new KeyedProcessOperator<>(function), LedgerUpdate::setKey, Types.STRING)) {
      harness.open();
      for (LedgerUpdate update : updates) {
        harness.processElement(update, 0);
      }
      harness.setProcessingTime(1_000);
      return harness.extractOutputValues();
    }
  }

  private static OrderedRows folded(List<LedgerUpdate> updates) {
    var rows = OrderedRows.of(0.5);
    for (LedgerUpdate update : updates) {
      rows.fold(update.batch());
    }
    return rows;
  }

  @Test
  void aRestartAndTheTurnsOfShardsChangeNothing() throws Exception {
    WireBatches rows = WireBatches.random(2, 12_000);
    List<LedgerUpdate> updates = updates(rows, inHashOrder(rows), 400);
    List<LedgerUpdate> some = updates.subList(0, 18);
    var once = folded(some);
    var restored = OrderedRows.fromBytes(folded(some.subList(0, 7)).toBytes());
    some.subList(7, 18).forEach(update -> restored.fold(update.batch()));
    assertThat(restored.toBytes()).isEqualTo(once.toBytes());
    List<LedgerUpdate> otherTurns = new ArrayList<>(some);
    otherTurns.sort(
        Comparator.comparingInt((LedgerUpdate u) -> -u.batch().shard())
            .thenComparingLong(u -> u.batch().sequence()));
    assertThat(folded(otherTurns).level(12_000L)).isEqualTo(once.level(12_000L)).isNotNull();
  }

  @Test
  void oneRowOutOfOrderOrOneMissingBatchEndsIt() throws Exception {
    WireBatches rows = WireBatches.random(3, 12_000);
    int[] order = inHashOrder(rows);
    List<LedgerUpdate> good = updates(rows, order, 400);
    assertThat(folded(good.subList(0, 18)).level(12_000L)).isNotNull();
    List<LedgerUpdate> gap = new ArrayList<>(good.subList(0, 18));
    gap.remove(4);
    assertThat(folded(gap).inOrder()).isFalse();
    assertThat(folded(gap).level(12_000L)).isNull();
    int[] swapped = order.clone();
    swapped[3_000] = order[3_003]; // of the same shard
    swapped[3_003] = order[3_000];
    assertThat(folded(updates(rows, swapped, 400).subList(0, 18)).level(12_000L)).isNull();
  }

  @Test
  void nothingIsSaidTooEarlyOrOfASetOfUnknownSize() throws Exception {
    WireBatches rows = WireBatches.random(4, 12_000);
    List<LedgerUpdate> updates = updates(rows, inHashOrder(rows), 400);
    assertThat(folded(updates.subList(0, 18)).level(null)).isNull();
    // two of three shards
    List<LedgerUpdate> two = updates.stream().filter(u -> u.batch().shard() < 2).toList();
    assertThat(folded(two).level(12_000L)).isNull();
    // 1,200 rows have arrived, the level below that has some 750; then less than 500
    assertThat(folded(updates.subList(0, 3)).level(12_000L).n()).isBetween(500L, 1_000L);
    List<LedgerUpdate> early = updates(rows, inHashOrder(rows), 200).subList(0, 3);
    assertThat(folded(early).level(12_000L)).isNull();
  }

  /** 200 sets, each looked at on all levels that it passes. */
  @Test
  void allLevelsTogetherCoverTheWholeSetsValue() throws Exception {
    int sets = 200;
    int[] missed = new int[METRICS.size()];
    long looks = 0;
    double widest = 0;
    WireBatches rows = WireBatches.random(5, 16_000);
    PredictionBatch template =
        Updates.decoded(rows, rows.batch(0, 16, 0, 1, 0, false)).batch().withoutSource();
    double[] exact = METRICS.stream().mapToDouble(metric -> exact(rows, metric)).toArray();
    for (int set = 0; set < sets; set++) {
      rows.firstId = 1_000_000L * set;
      int[] order = inHashOrder(rows);
      var ordered = OrderedRows.of(0.5);
      boolean[] out = new boolean[METRICS.size()];
      int size = 400;
      for (int from = 0; from < order.length - size; from += size) {
        ordered.fold(batch(template, rows, order, from, size));
        var level = ordered.level(16_000L);
        for (int m = 0; level != null && m < METRICS.size(); m++) {
          MetricValue value = level.metric(METRICS.get(m));
          out[m] |= !value.interval().contains(exact[m]);
          looks++;
          widest = Math.max(widest, m == 2 ? value.interval().high() - value.interval().low() : 0);
        }
      }
      for (int m = 0; m < METRICS.size(); m++) {
        missed[m] += out[m] ? 1 : 0;
      }
    }
    assertThat(looks).isGreaterThan(50L * sets);
    for (int m = 0; m < METRICS.size(); m++) {
      // at most 5 %, with three Monte-Carlo errors of 1.5 points
      assertThat(missed[m] / (double) sets).as(METRICS.get(m)).isLessThan(0.096);
    }
    assertThat(widest).as("width of accuracy at the first level").isBetween(0.02, 0.4);
  }

  private static PredictionBatch batch(
      PredictionBatch template, WireBatches rows, int[] order, int from, int size) {
    var ids = java.nio.ByteBuffer.allocate(8 * size).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    var scores = java.nio.ByteBuffer.allocate(4 * size).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      ids.putLong(rows.firstId + order[from + i]);
      scores.putFloat(rows.scores[order[from + i]]);
      labels[i] = rows.labels[order[from + i]];
    }
    return new PredictionBatch(
        template.set(),
        template.claim(),
        16_000L,
        null,
        0,
        1,
        from / size,
        false,
        size,
        0,
        ids.array(),
        template.labelEncoding(),
        labels,
        scores.array(),
        null,
        null,
        List.of(),
        template.digest(),
        null);
  }
}
