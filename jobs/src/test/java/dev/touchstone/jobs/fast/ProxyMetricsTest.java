package dev.touchstone.jobs.fast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.Updates;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("try") // a harness may be interrupted while it closes
class ProxyMetricsTest {

  private static final OutputTag<Standing> STANDINGS = new OutputTag<>("standings") {};

  private static KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, MetricPoint> harness(
      EngineSettings settings, OperatorSubtaskState state) throws Exception {
    var harness =
        new KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, MetricPoint>(
            new KeyedProcessOperator<>(
                new ProxyMetrics(settings.fast(), settings.ledger(), STANDINGS)),
            LedgerUpdate::setKey,
            Types.STRING);
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  private static EngineSettings settings(int maxSlices) {
    return EngineSettings.from(SettingsSource.empty().with("fast.max_slices", maxSlices));
  }

  /** The final points, by slice and metric; a restart from a snapshot in the middle. */
  private static TreeMap<String, MetricPoint> finals(
      int maxSlices, WireBatches rows, List<PredictionBatch> batches) throws Exception {
    EngineSettings settings = settings(maxSlices);
    List<LedgerUpdate> updates = Updates.of(settings, rows, batches);
    int half = updates.size() / 2;
    OperatorSubtaskState snapshot;
    try (var first = harness(settings, null)) {
      for (LedgerUpdate update : updates.subList(0, half)) {
        first.processElement(update, 0);
      }
      assertThat(first.extractOutputValues()).isEmpty();
      first.setProcessingTime(1_000);
      assertThat(first.extractOutputValues()).isNotEmpty().noneMatch(MetricPoint::complete);
      snapshot = first.snapshot(1, 1);
    }
    TreeMap<String, MetricPoint> points = new TreeMap<>();
    try (var second = harness(settings, snapshot)) {
      for (LedgerUpdate update : updates.subList(half, updates.size())) {
        second.processElement(update, 0);
      }
      for (MetricPoint point : second.extractOutputValues()) {
        if (point.complete()) {
          assertThat(points.put(point.slice() + "/" + point.metric(), point)).isNull();
        }
      }
    }
    return points;
  }

  @Test
  void everySliceHasTheMetricsOfItsRowsWhateverTheOrderAndTheRestart() throws Exception {
    WireBatches rows = WireBatches.random(3, 20_000).with("country", 4).with("device", 3);
    List<PredictionBatch> batches = rows.batches(700, 2);
    var points = finals(10, rows, batches);
    for (String column : rows.slices.keySet()) {
      byte[] codes = rows.slices.get(column);
      for (int code = 0; code < (column.equals("country") ? 4 : 3); code++) {
        int wanted = code;
        int[] of = IntStream.range(0, codes.length).filter(i -> codes[i] == wanted).toArray();
        float[] scores = new float[of.length];
        byte[] labels = new byte[of.length];
        for (int i = 0; i < of.length; i++) {
          scores[i] = rows.scores[of[i]];
          labels[i] = rows.labels[of[i]];
        }
        var exact = BinaryEvaluation.evaluate(scores, labels, null, BinaryOptions.defaults());
        String slice = column + "=" + column.charAt(0) + code;
        for (String metric :
            List.of("log_loss", "brier", "accuracy", "precision", "recall", "f1")) {
          MetricPoint point = points.get(slice + "/" + metric);
          assertThat(point.n()).isEqualTo(of.length);
          assertThat(point.positives()).isEqualTo(exact.nPos());
          assertThat(point.value())
              .as("%s of %s", metric, slice)
              .isCloseTo(exact.metric(metric).value(), within(1e-12));
        }
        for (String metric : List.of("average_precision", "roc_auc")) {
          MetricPoint point = points.get(slice + "/" + metric);
          double value = exact.metric(metric).value();
          assertThat(value).isBetween(point.ciLow(), point.ciHigh());
          assertThat(point.ciHigh() - point.ciLow()).isLessThan(0.05);
        }
      }
    }
    Collections.shuffle(batches, new Random(5));
    var shuffled = finals(10, rows, batches);
    assertThat(shuffled.keySet()).isEqualTo(points.keySet());
    shuffled.forEach(
        (name, point) -> assertThat(point.value()).as(name).isEqualTo(points.get(name).value()));
  }

  /** The same rows as another task's; two classes have the score and the rest of 1. */
  private static PredictionBatch as(Task task, PredictionBatch binary) {
    PredictionBatch batch = PredictionBatch.newBuilder(binary).setTask(task).build();
    if (task == Task.MULTICLASS) {
      ByteBuffer given = binary.getScores().duplicate().order(ByteOrder.LITTLE_ENDIAN);
      ByteBuffer both = ByteBuffer.allocate(2 * given.remaining()).order(ByteOrder.LITTLE_ENDIAN);
      while (given.hasRemaining()) {
        float score = given.getFloat();
        both.putFloat(1 - score).putFloat(score);
      }
      batch.setOutputs(2);
      batch.setScores(both.flip());
    }
    return batch;
  }

  @ParameterizedTest
  @EnumSource(
      value = Task.class,
      names = {"MULTICLASS", "MULTILABEL", "REGRESSION"})
  void otherTasksHaveTheMetricsOfTheirRowsToo(Task task) throws Exception {
    WireBatches rows = WireBatches.random(6, 3_000).with("country", 3);
    List<PredictionBatch> batches =
        rows.batches(250, 2).stream().map(batch -> as(task, batch)).toList();
    var points = finals(10, rows, batches);
    List<LedgerUpdate> updates = Updates.of(settings(10), rows, batches);
    for (int code = -1; code < 3; code++) {
      TaskProxy exact = TaskProxy.of(updates.get(0).status().set(), 0.5);
      long count = 0;
      for (LedgerUpdate update : updates) {
        BitSet others = new BitSet();
        for (int row = 0; code >= 0 && row < update.batch().count(); row++) {
          others.set(row, update.batch().slices().get(0).codes()[row] != code);
        }
        var kept = update.batch().without(others);
        exact.fold(kept);
        count += kept.count();
      }
      String slice = code < 0 ? "" : "country=c" + code;
      for (MetricValue metric : exact.result().metrics()) {
        MetricPoint point = points.get(slice + "/" + metric.name());
        assertThat(point.n()).isEqualTo(count).isPositive();
        assertThat(point.value()).isEqualTo(metric.isDefined() ? (Double) metric.value() : null);
        assertThat(point.reason())
            .isEqualTo(metric.isDefined() ? metric.intervalReason() : metric.reason());
      }
    }
  }

  @Test
  void aSetThatIsTooWideSaysSo() throws Exception {
    WireBatches rows = WireBatches.random(6, 10);
    PredictionBatch wide = as(Task.MULTICLASS, rows.batch(0, 10, 0, 1, 0, true));
    wide.setOutputs(500);
    wide.setScores(ByteBuffer.allocate(4 * 10 * 500));
    EngineSettings settings = settings(10);
    try (var harness = harness(settings, null)) {
      for (LedgerUpdate update : Updates.of(settings, rows, List.of(wide))) {
        harness.processElement(update, 0);
      }
      assertThat(harness.extractOutputValues())
          .singleElement()
          .satisfies(
              point -> {
                assertThat(point.metric()).isEqualTo("accuracy");
                assertThat(point.value()).isNull();
                assertThat(point.reason()).isEqualTo("proxies are of 2 to 128 classes, got 500");
              });
    }
  }

  @Test
  void noMoreSlicesThanAllowed() throws Exception {
    WireBatches rows = WireBatches.random(4, 5_000).with("country", 40);
    Set<String> slices =
        finals(6, rows, rows.batches(500, 1)).keySet().stream()
            .map(name -> name.substring(0, name.indexOf('/')))
            .filter(name -> name.startsWith("country="))
            .collect(Collectors.toSet());
    assertThat(slices).hasSize(6);
    assertThat(finals(0, rows, rows.batches(500, 1)).keySet())
        .isNotEmpty()
        .noneMatch(name -> name.startsWith("country="));
  }

  @Test
  void rowsAreSortedBySliceInTheirOrder() {
    byte[] codes = {2, 0, (byte) 200, 0, 2};
    byte[] scores = new byte[20];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (byte) i;
    }
    var weights = new RowWeights(null, new double[] {1, 0.5, 0.25, 0.125, 1});
    SliceRows sorted = new SliceRows();
    sorted.sort(codes, scores, new byte[] {1, 0, 1, 1, 0}, weights);
    assertThat(sorted.from(0)).isZero();
    assertThat(sorted.to(0)).isEqualTo(2);
    assertThat(sorted.from(1)).isEqualTo(sorted.to(1)).isEqualTo(2);
    assertThat(sorted.from(2)).isEqualTo(2);
    assertThat(sorted.to(2)).isEqualTo(4);
    assertThat(sorted.from(200)).isEqualTo(4);
    assertThat(sorted.to(200)).isEqualTo(5);
    assertThat(Arrays.copyOf(sorted.labels(), 5)).containsExactly(0, 1, 1, 0, 1);
    assertThat(Arrays.copyOf(sorted.rates(), 5)).containsExactly(0.5, 0.125, 1, 1, 0.25);
    assertThat(Arrays.copyOf(sorted.weights(), 5)).containsExactly(1, 1, 1, 1, 1);
    assertThat(Arrays.copyOf(sorted.scores(), 8)).containsExactly(4, 5, 6, 7, 12, 13, 14, 15);
  }

  @Test
  void onlyOfASetThatOthersMayClaimAnythingIsKept() throws Exception {
    EngineSettings settings = settings(0);
    WireBatches rows = WireBatches.random(9, 2_000);
    List<PredictionBatch> batches = rows.batches(500, 1);
    try (var harness = harness(settings, null)) {
      for (LedgerUpdate update : Updates.of(settings, rows, batches)) {
        harness.processElement(update, 0);
      }
      harness.setProcessingTime(1_000);
      assertThat(harness.extractOutputValues()).isNotEmpty().allMatch(MetricPoint::complete);
      assertThat(harness.numKeyedStateEntries()).isZero();
    }
    for (PredictionBatch batch : batches) {
      batch.getCheckpoint().setModelDigest("m");
      batch.getEvaluationSet().setDatasetDigest("d");
      batch.setTransformDigest("t");
    }
    List<PredictionBatch> both = new ArrayList<>(batches);
    both.add(PredictionBatch.newBuilder(batches.get(0)).setRunId("another").build());
    try (var harness = harness(settings, null)) {
      for (LedgerUpdate update : Updates.of(settings, rows, both)) {
        harness.processElement(update, 0);
      }
      List<MetricPoint> points = harness.extractOutputValues();
      List<MetricPoint> others =
          points.stream().filter(p -> p.claim().runId().equals("another")).toList();
      assertThat(others).isNotEmpty().hasSize(points.size() / 2);
    }
  }
}
