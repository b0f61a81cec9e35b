package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.TwoJobs;
import dev.touchstone.jobs.testing.TwoJobs.Answers;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.compare.CorrectedResampledT;
import dev.touchstone.metrics.compare.IndependentDifference;
import dev.touchstone.metrics.compare.MultipleTests;
import dev.touchstone.metrics.multiclass.MulticlassCounts;
import dev.touchstone.metrics.multiclass.MulticlassOptions;
import dev.touchstone.metrics.multilabel.MultilabelCounts;
import dev.touchstone.metrics.multilabel.MultilabelOptions;
import dev.touchstone.metrics.regression.RegressionOptions;
import dev.touchstone.metrics.regression.RegressionSums;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.TaskReport;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.Baseline;
import dev.touchstone.schemas.avro.EvaluationRequest;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SliceColumn;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Slices and folds of multiclass, multilabel and regression predictions, through both jobs. */
class TaskQuestionsTest {

  private static final int ROWS = 3_000;
  private static final int OUTPUTS = 3;
  private static final int FOLDS = 3;
  private static final List<Task> TASKS =
      List.of(Task.MULTICLASS, Task.MULTILABEL, Task.REGRESSION);
  private static final Codec<PredictionBatch> CODEC = Codec.of(PredictionBatch.class);

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path directory;

  private final float[] scores = new float[ROWS * OUTPUTS];
  private final int[] classes = new int[ROWS];
  private final byte[] labels = new byte[ROWS * OUTPUTS];
  private final float[] truths = new float[ROWS];
  private final byte[] country = new byte[ROWS];
  private final byte[] device = new byte[ROWS];

  TaskQuestionsTest() {
    SplittableRandom random = new SplittableRandom(5);
    for (int row = 0; row < ROWS; row++) {
      country[row] = (byte) Math.min(random.nextInt(6), random.nextInt(6));
      device[row] = (byte) random.nextInt(2);
      classes[row] = random.nextInt(OUTPUTS);
      float left = 1;
      for (int k = 0; k < OUTPUTS; k++) {
        float share = k == OUTPUTS - 1 ? left : left * (float) random.nextDouble();
        scores[row * OUTPUTS + k] = share;
        left -= share;
        labels[row * OUTPUTS + k] = (byte) (share + random.nextDouble() > 0.8 ? 1 : 0);
      }
      truths[row] = (float) (random.nextDouble() * 2 + scores[row * OUTPUTS]);
    }
  }

  @Test
  void slicesAndFoldsAreThoseOfTheirRowsAtAnyOrderBatchSizeAndParallelism() throws Exception {
    List<EvaluationRequest> requests = new ArrayList<>();
    for (Task task : TASKS) {
      requests.add(request(task, "slices").setSlices(List.of("country", "device*country")).build());
      requests.add(
          request(task, "folds").setEvaluationSet("cv").setAllFolds(true).setFolds(FOLDS).build());
      requests.add(
          request(task, "baseline")
              .setBaseline(
                  Baseline.newBuilder().setRunId("run").setCheckpoint("old" + task).build())
              .build());
      requests.add(request(task, "bootstrap").setBootstrapReplicates(50).build());
      requests.add(request(task, "honest").setHonestPoints(true).build());
    }
    Answers answers = answers(1, 700, 1_100, requests);
    Answers others = answers(3, 431, 500, requests);
    for (Task task : TASKS) {
      for (String what : List.of("slices", "folds", "baseline", "bootstrap")) {
        Outcome outcome = answers.of(task + what);
        assertThat(outcome.reason()).as(task + what).isNull();
        assertThat(others.of(task + what).reportJson())
            .as(task + what)
            .isEqualTo(outcome.reportJson());
      }
      assertSlices(task, json(answers.of(task + "slices")));
      assertFolds(task, json(answers.of(task + "folds")));
      assertComparison(task, json(answers.of(task + "baseline")));
      assertThat(answers.of(task + "honest").reason())
          .isEqualTo("honest_points must be asked of task BINARY only, got " + task);
    }
    assertThat(answers.points())
        .filteredOn(p -> p.slice().equals("country=c1") && p.metric().equals("rmse"))
        .extracting(MetricPoint::value)
        .containsOnly(report(Task.REGRESSION, row -> country[row] == 1).metric("rmse").value());
  }

  private void assertSlices(Task task, JsonNode report) {
    JsonNode slices = report.get("slices");
    // 6 countries, then 6 × 2 crosses
    assertThat(slices).hasSize(18);
    int[] sizes = new int[6];
    for (byte code : country) {
      sizes[code]++;
    }
    assertThat(slices.get(0).get("n").asInt()).isEqualTo(sizes[0]);
    List<Double> pValues = new ArrayList<>();
    List<Double> adjusted = new ArrayList<>();
    int small = 0;
    String tested = task == Task.MULTICLASS ? "accuracy" : "";
    tested = task == Task.MULTILABEL ? "subset_accuracy" : tested;
    tested = task == Task.REGRESSION ? "mae" : tested;
    for (JsonNode slice : slices) {
      String name = slice.get("slice").asText();
      int c = name.charAt("country=c".length()) - '0';
      int at = name.indexOf("device=d");
      int d = at < 0 ? -1 : name.charAt(at + "device=d".length()) - '0';
      IntPredicate in = row -> country[row] == c && (d < 0 || device[row] == d);
      TaskReport exact = report(task, in);
      TaskReport rest = report(task, in.negate());
      assertThat(slice.get("n").asLong()).as(name).isEqualTo(exact.n());
      assertThat(slice.has("n_pos")).isFalse();
      if (exact.n() < 60) {
        small++;
        assertThat(slice.get("reason").asText()).isEqualTo("too_few_rows");
        assertThat(slice.get("metrics")).isEmpty();
        continue;
      }
      slice
          .get("metrics")
          .properties()
          .forEach(
              entry -> {
                MetricValue metric = exact.metric(entry.getKey());
                String what = entry.getKey() + " of " + name;
                assertThat(entry.getValue().get("value").asDouble())
                    .as(what)
                    .isEqualTo(metric.value());
                if (metric.interval() != null) {
                  assertThat(entry.getValue().get("ci_low").asDouble())
                      .as(what)
                      .isEqualTo(metric.interval().low());
                }
              });
      var difference = IndependentDifference.of(exact.metric(tested), rest.metric(tested));
      JsonNode given = slice.get("differences").get(tested);
      assertThat(given.get("value").asDouble()).isEqualTo(difference.value().value());
      assertThat(given.get("p_value").asDouble()).isEqualTo(difference.pValue().getAsDouble());
      pValues.add(given.get("p_value").asDouble());
      adjusted.add(given.get("p_value_bh").asDouble());
    }
    assertThat(pValues).hasSizeGreaterThan(10);
    assertThat(adjusted.stream().mapToDouble(p -> p).toArray())
        .isEqualTo(MultipleTests.benjaminiHochberg(pValues.stream().mapToDouble(p -> p).toArray()));
    JsonNode slicing = report.get("slicing");
    assertThat(slicing.get("min_rows").asInt()).isEqualTo(60);
    assertThat(
            slicing.get("groupings").findValues("too_small").stream()
                .mapToInt(JsonNode::asInt)
                .sum())
        .isEqualTo(small);
  }

  private void assertFolds(Task task, JsonNode report) {
    String name = task == Task.REGRESSION ? "rmse" : "macro_f1";
    JsonNode folds = report.get("folds");
    assertThat(folds.get("folds")).hasSize(FOLDS);
    JsonNode metric = folds.get("metrics").get(name);
    double[] values = new double[FOLDS];
    for (int fold = 0; fold < FOLDS; fold++) {
      int of = fold;
      TaskReport exact = report(task, row -> row * FOLDS / ROWS == of);
      values[fold] = exact.metric(name).value();
      assertThat(folds.get("folds").get(fold).get("n").asLong()).isEqualTo(exact.n());
      assertThat(metric.get("per_fold").get(fold).get("value").asDouble()).isEqualTo(values[fold]);
    }
    MetricValue all = report(task, row -> true).metric(name);
    assertThat(metric.get("pooled").get("value").asDouble()).isEqualTo(all.value());
    assertThat(report.get("metrics").get(name).get("value").asDouble()).isEqualTo(all.value());
    var averaged = CorrectedResampledT.ofFolds(values);
    assertThat(metric.get("averaged").get("value").asDouble()).isEqualTo(averaged.mean());
    assertThat(metric.get("averaged").get("ci_low").asDouble())
        .isEqualTo(averaged.interval(0.95).low());
  }

  private void assertComparison(Task task, JsonNode report) {
    JsonNode comparison = report.get("comparison");
    assertThat(comparison.get("join").get("joined").asInt()).isEqualTo(ROWS);
    List<String> names = comparison.get("metrics").findValuesAsText("metric");
    assertThat(names).hasSize(3);
    for (JsonNode metric : comparison.get("metrics")) {
      String name = metric.get("metric").asText();
      double value = report(task, row -> true).metric(name).value();
      assertThat(metric.get("value").asDouble()).as(name).isCloseTo(value, within(1e-14));
      float[] kept = scores.clone();
      rescore();
      double old = report(task, row -> true).metric(name).value();
      System.arraycopy(kept, 0, scores, 0, kept.length);
      assertThat(metric.get("baseline").asDouble()).as(name).isCloseTo(old, within(1e-14));
      assertThat(metric.get("difference").asDouble())
          .as(name)
          .isCloseTo(value - old, within(1e-13));
      assertThat(metric.get("ci_low").asDouble()).isLessThan(metric.get("difference").asDouble());
      assertThat(metric.get("p_value").isNull()).isFalse();
    }
    assertThat(comparison.get("mcnemar").isNull()).isEqualTo(task == Task.REGRESSION);
  }

  /** Another model's scores: those of the first third of the rows, turned by one class. */
  private void rescore() {
    for (int row = 0; row < ROWS / 3; row++) {
      float first = scores[row * OUTPUTS];
      System.arraycopy(scores, row * OUTPUTS + 1, scores, row * OUTPUTS, OUTPUTS - 1);
      scores[row * OUTPUTS + OUTPUTS - 1] = first;
    }
  }

  private static JsonNode json(Outcome outcome) throws Exception {
    return new ObjectMapper().readTree(outcome.reportJson());
  }

  private static EvaluationRequest.Builder request(Task task, String what) {
    return TwoJobs.request(task + what).setCheckpoint(task.name()).setEvaluationSet("val");
  }

  private Answers answers(
      int parallelism, int batch, int segmentRows, List<EvaluationRequest> requests)
      throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("cache.directory", directory.resolve("p" + parallelism).toUri().toString())
                .with("cache.segment_rows", segmentRows)
                .with("full.min_slice_positives", 60)
                // nobody tells the backlog here that an evaluation has ended
                .with("full.concurrent_evaluations", 16)
                .with("full.rows_per_split", 2 * segmentRows));
    List<RawMessage> messages = new ArrayList<>();
    for (Task task : TASKS) {
      addMessages(messages, task, 0, ROWS, null, batch);
      float[] kept = scores.clone();
      rescore();
      addMessages(messages, task, 0, ROWS, -1, batch);
      System.arraycopy(kept, 0, scores, 0, kept.length);
      for (int fold = 0; fold < FOLDS; fold++) {
        addMessages(messages, task, ROWS / FOLDS * fold, ROWS / FOLDS * (fold + 1), fold, batch);
      }
    }
    Collections.shuffle(messages, new Random(parallelism));
    TwoJobs jobs = new TwoJobs(settings, parallelism);
    return jobs.ask(jobs.complete(messages), requests);
  }

  private void addMessages(
      List<RawMessage> messages, Task task, int first, int end, Integer fold, int batch) {
    boolean old = fold != null && fold < 0;
    String set = fold == null || old ? "val" : "cv";
    for (int from = first, sequence = 0; from < end; from += batch, sequence++) {
      int to = Math.min(end, from + batch);
      PredictionBatch sent =
          batch(task, from, to)
              .setCheckpoint(
                  ModelCheckpoint.newBuilder()
                      .setId(old ? "old" + task : task.name())
                      .setStep(8)
                      .build())
              .setEvaluationSet(
                  EvaluationSet.newBuilder()
                      .setId(set)
                      .setSize((long) end - first)
                      .setFold(old ? null : fold)
                      .build())
              .setSequence(sequence)
              .setLastOfShard(to == end)
              .build();
      messages.add(WireBatches.message(CODEC.encode(sent), messages.size()));
    }
  }

  private PredictionBatch.Builder batch(Task task, int from, int to) {
    int outputs = task == Task.REGRESSION ? 1 : OUTPUTS;
    ByteBuffer score = buffer(4 * outputs * (to - from));
    ByteBuffer label = buffer(task == Task.MULTILABEL ? OUTPUTS * (to - from) : 4 * (to - from));
    for (int row = from; row < to; row++) {
      for (int k = 0; k < outputs; k++) {
        score.putFloat(scores[row * OUTPUTS + k]);
      }
      switch (task) {
        case MULTILABEL -> label.put(labels, row * OUTPUTS, OUTPUTS);
        case MULTICLASS -> label.putInt(classes[row]);
        default -> label.putFloat(truths[row]);
      }
    }
    LabelEncoding encoding =
        switch (task) {
          case MULTILABEL -> LabelEncoding.U8;
          case MULTICLASS -> LabelEncoding.I32;
          default -> LabelEncoding.F32;
        };
    return PredictionBatch.newBuilder()
        .setRunId("run")
        .setShard(0)
        .setShards(1)
        .setTask(task)
        .setOutputs(outputs)
        .setCount(to - from)
        .setExampleIds((long) from)
        .setLabels(label.flip())
        .setLabelEncoding(encoding)
        .setScores(score.flip())
        .setSlices(List.of(slice("country", country, from, to), slice("device", device, from, to)))
        .setEmittedAt(Instant.EPOCH);
  }

  private static SliceColumn slice(String name, byte[] codes, int from, int to) {
    List<String> dictionary =
        IntStream.range(0, 6).mapToObj(code -> name.substring(0, 1) + code).toList();
    return new SliceColumn(name, dictionary, ByteBuffer.wrap(codes, from, to - from).slice());
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The report of some rows, from arrays. */
  private TaskReport report(Task task, IntPredicate in) {
    int[] rows = IntStream.range(0, ROWS).filter(in).toArray();
    float[] picked = new float[rows.length * OUTPUTS];
    byte[] pickedLabels = new byte[rows.length * OUTPUTS];
    float[] first = new float[rows.length];
    float[] pickedTruths = new float[rows.length];
    int[] pickedClasses = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(scores, rows[i] * OUTPUTS, picked, i * OUTPUTS, OUTPUTS);
      System.arraycopy(labels, rows[i] * OUTPUTS, pickedLabels, i * OUTPUTS, OUTPUTS);
      first[i] = scores[rows[i] * OUTPUTS];
      pickedTruths[i] = truths[rows[i]];
      pickedClasses[i] = classes[rows[i]];
    }
    switch (task) {
      case MULTICLASS -> {
        var counts = MulticlassCounts.of(MulticlassOptions.of(OUTPUTS));
        counts.accept(picked, pickedClasses, null);
        return counts.result();
      }
      case MULTILABEL -> {
        var counts = MultilabelCounts.of(MultilabelOptions.of(OUTPUTS));
        counts.accept(ScoreTable.of(picked, OUTPUTS), pickedLabels, null);
        return counts.result();
      }
      default -> {
        var sums = RegressionSums.of(RegressionOptions.defaults());
        sums.accept(pickedTruths, first, null);
        return sums.result();
      }
    }
  }
}
