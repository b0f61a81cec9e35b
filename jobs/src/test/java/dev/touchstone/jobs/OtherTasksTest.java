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
import dev.touchstone.metrics.multiclass.MulticlassCounts;
import dev.touchstone.metrics.multiclass.MulticlassOptions;
import dev.touchstone.metrics.multilabel.MultilabelCounts;
import dev.touchstone.metrics.multilabel.MultilabelOptions;
import dev.touchstone.metrics.regression.RegressionOptions;
import dev.touchstone.metrics.regression.RegressionSums;
import dev.touchstone.metrics.shared.ScoreTable;
import dev.touchstone.metrics.shared.TaskReport;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.EvaluationRequest;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Multiclass, multilabel and regression predictions through both jobs on a mini cluster. */
class OtherTasksTest {

  private static final int ROWS = 5_000;
  private static final int OUTPUTS = 3;
  private static final int BATCH = 800;
  private static final Codec<PredictionBatch> CODEC = Codec.of(PredictionBatch.class);

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path cache;

  private final float[] scores = new float[ROWS * OUTPUTS];
  private final int[] classes = new int[ROWS];
  private final byte[] labels = new byte[ROWS * OUTPUTS];
  private final float[] truths = new float[ROWS];
  private final float[] weights = new float[ROWS];

  OtherTasksTest() {
    SplittableRandom random = new SplittableRandom(11);
    for (int row = 0; row < ROWS; row++) {
      float left = 1;
      for (int k = 0; k < OUTPUTS; k++) {
        float share = k == OUTPUTS - 1 ? left : left * (float) random.nextDouble();
        scores[row * OUTPUTS + k] = share;
        left -= share;
        labels[row * OUTPUTS + k] = (byte) random.nextInt(2);
      }
      classes[row] = random.nextInt(OUTPUTS);
      truths[row] = (float) (random.nextDouble() * 4 - 2);
      weights[row] = random.nextInt(4) / 2f;
    }
  }

  @Test
  void everyTaskHasItsOwnExactReport() throws Exception {
    List<EvaluationRequest> requests =
        List.of(
            TwoJobs.request("multiclass").setCheckpoint("MULTICLASS").build(),
            TwoJobs.request("multilabel")
                .setCheckpoint("MULTILABEL")
                .setDecisionThreshold(0.25)
                .build(),
            TwoJobs.request("regression").setCheckpoint("REGRESSION").build(),
            TwoJobs.request("some").setCheckpoint("REGRESSION").setMetrics(List.of("rmse")).build(),
            TwoJobs.request("binary's")
                .setCheckpoint("REGRESSION")
                .setMetrics(List.of("roc_auc"))
                .build(),
            TwoJobs.request("bootstrap")
                .setCheckpoint("MULTICLASS")
                .setBootstrapReplicates(9)
                .build());
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("cache.directory", cache.toUri().toString())
                .with("cache.segment_rows", 1_500)
                .with("full.rows_per_split", 2_000)
                // nobody tells the backlog here that an evaluation has ended
                .with("full.concurrent_evaluations", 16));
    List<RawMessage> messages = new ArrayList<>();
    for (Task task : List.of(Task.MULTICLASS, Task.MULTILABEL, Task.REGRESSION)) {
      for (int from = 0; from < ROWS; from += BATCH) {
        messages.add(message(task, from, Math.min(ROWS, from + BATCH), messages.size()));
      }
    }
    Collections.shuffle(messages, new Random(1));
    TwoJobs jobs = new TwoJobs(settings, 2);
    Answers answers = jobs.ask(jobs.complete(messages), requests);

    double[] doubles = new double[ROWS];
    Arrays.setAll(doubles, row -> weights[row]);
    ScoreTable table = ScoreTable.of(scores, OUTPUTS);
    MulticlassCounts multiclass = MulticlassCounts.of(MulticlassOptions.of(OUTPUTS));
    multiclass.accept(table, classes, doubles);
    JsonNode report = assertSame(answers.of("multiclass"), multiclass.result());
    assertThat(report.get("classes")).hasSize(OUTPUTS);
    MultilabelCounts multilabel =
        MultilabelCounts.of(MultilabelOptions.of(OUTPUTS).withThreshold(0.25));
    multilabel.accept(table, labels, doubles);
    assertSame(answers.of("multilabel"), multilabel.result());
    RegressionSums regression = RegressionSums.of(RegressionOptions.defaults());
    regression.accept(truths, column(0), doubles);
    assertSame(answers.of("regression"), regression.result());

    JsonNode some = new ObjectMapper().readTree(answers.of("some").reportJson());
    assertThat(some.get("metrics").fieldNames()).toIterable().containsExactly("rmse");
    assertThat(answers.of("binary's").reason())
        .startsWith("metrics must be of task REGRESSION, got roc_auc; there are ");
    JsonNode bootstrap = new ObjectMapper().readTree(answers.of("bootstrap").reportJson());
    assertThat(bootstrap.at("/bootstrap/replicates").asInt()).isEqualTo(9);
    assertThat(bootstrap.at("/bootstrap/accuracy/percentile/ci_low").asDouble())
        .isCloseTo(multiclass.result().metric("accuracy").value(), within(0.05));
    assertThat(answers.points())
        .filteredOn(p -> p.claim().checkpoint().equals("REGRESSION") && p.metric().equals("rmse"))
        .extracting(MetricPoint::value)
        .containsOnly(regression.result().metric("rmse").value());
  }

  private static JsonNode assertSame(Outcome outcome, TaskReport exact) throws Exception {
    assertThat(outcome.reason()).isNull();
    JsonNode report = new ObjectMapper().readTree(outcome.reportJson());
    assertThat(report.get("task").asText()).isEqualTo(exact.task());
    assertThat(report.get("n").asLong()).isEqualTo(ROWS);
    assertThat(report.get("metrics")).hasSameSizeAs(exact.metrics());
    for (MetricValue metric : exact.metrics()) {
      JsonNode given = report.get("metrics").get(metric.name());
      assertThat(given.get("reason").isNull()).as(metric.name()).isEqualTo(metric.isDefined());
      if (metric.isDefined()) {
        assertThat(given.get("value").asDouble()).as(metric.name()).isEqualTo(metric.value());
      }
    }
    return report;
  }

  private float[] column(int output) {
    float[] column = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      column[row] = scores[row * OUTPUTS + output];
    }
    return column;
  }

  private RawMessage message(Task task, int from, int to, long offset) {
    int outputs = task == Task.REGRESSION ? 1 : OUTPUTS;
    ByteBuffer score = buffer(4 * outputs * (to - from));
    ByteBuffer weight = buffer(4 * (to - from));
    ByteBuffer label = buffer(task == Task.MULTILABEL ? OUTPUTS * (to - from) : 4 * (to - from));
    for (int row = from; row < to; row++) {
      for (int k = 0; k < outputs; k++) {
        score.putFloat(scores[row * OUTPUTS + k]);
      }
      weight.putFloat(weights[row]);
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
    PredictionBatch batch =
        PredictionBatch.newBuilder()
            .setRunId("run")
            .setCheckpoint(ModelCheckpoint.newBuilder().setId(task.name()).setStep(8).build())
            .setEvaluationSet(EvaluationSet.newBuilder().setId("val").setSize((long) ROWS).build())
            .setShard(0)
            .setShards(1)
            .setSequence(from / BATCH)
            .setLastOfShard(to == ROWS)
            .setTask(task)
            .setOutputs(outputs)
            .setCount(to - from)
            .setExampleIds((long) from)
            .setLabels(label.flip())
            .setLabelEncoding(encoding)
            .setScores(score.flip())
            .setWeights(weight.flip())
            .setEmittedAt(Instant.EPOCH)
            .build();
    return WireBatches.message(CODEC.encode(batch), offset);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
