package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.TwoJobs;
import dev.touchstone.jobs.testing.TwoJobs.Answers;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.compare.IndependentDifference;
import dev.touchstone.metrics.compare.MultipleTests;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a request asks beyond everything about all rows, through both jobs on a mini cluster. */
class QuestionsTest {

  private static final int ROWS = 20_000;

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path directory;

  private final WireBatches set =
      WireBatches.random(1, ROWS).with("country", 5).with("device", 3).with("rare", 100);

  @Test
  void metricsAndSlicesAreAnsweredFromTheCacheTheSameAtAnyParallelism() throws Exception {
    List<EvaluationRequest> requests =
        List.of(
            TwoJobs.request("slices").setSlices(List.of("country", "device*country")).build(),
            TwoJobs.request("again").setSlices(List.of("country*device", "country")).build(),
            TwoJobs.request("rare").setSlices(List.of("rare")).build(),
            TwoJobs.request("few").setMetrics(List.of("roc_auc", "recall")).build(),
            TwoJobs.request("unknown metric").setMetrics(List.of("roc_auc", "auc")).build(),
            TwoJobs.request("unknown slice").setSlices(List.of("country*city")).build());
    Answers answers = answers(1, 3_000, 1_000, requests);
    Answers others = answers(3, 7_000, 700, requests);

    for (String id : List.of("rare", "few")) {
      assertThat(others.of(id).reportJson()).as(id).isEqualTo(answers.of(id).reportJson());
    }
    assertThat(evaluated(others, "slices", "again"))
        .isEqualTo(evaluated(answers, "slices", "again"));
    assertSlices(json(evaluated(answers, "slices", "again")));
    assertRareSlices(json(answers.of("rare").reportJson()));
    JsonNode few = json(answers.of("few").reportJson());
    assertThat(few.get("metrics").fieldNames()).toIterable().containsExactly("roc_auc", "recall");
    assertThat(few.at("/metrics/roc_auc/value").asDouble())
        .isEqualTo(report(row -> true).metric("roc_auc").value());
    assertThat(few.get("calibration")).as("nothing asked for it").isEmpty();

    Outcome metric = answers.of("unknown metric");
    assertThat(metric.state()).isEqualTo(Outcome.State.FAILED);
    assertThat(metric.reason())
        .startsWith(
            "metrics must be of task BINARY, got auc; there are average_precision, roc_auc,");
    assertThat(answers.of("unknown slice").reason())
        .isEqualTo(
            "slices must be columns of the prediction set, got city; there are country, device,"
                + " rare");

    assertThat(answers.points())
        .filteredOn(p -> p.slice().equals("country=c1") && p.metric().equals("roc_auc"))
        .extracting(MetricPoint::value)
        .containsOnly(report(row -> set.slices.get("country")[row] == 1).metric("roc_auc").value());
  }

  private void assertSlices(JsonNode report) {
    JsonNode slices = report.get("slices");
    // 5 countries, then 5 × 3 crosses
    assertThat(slices).hasSize(20);
    assertThat(slices.get(0).get("slice").asText()).isEqualTo("country=c0");
    assertThat(slices.findValuesAsText("slice")).contains("country=c4,device=d2");
    byte[] country = set.slices.get("country");
    byte[] device = set.slices.get("device");
    List<Double> pValues = new ArrayList<>();
    List<Double> adjusted = new ArrayList<>();
    for (JsonNode slice : slices) {
      String name = slice.get("slice").asText();
      int c = name.charAt("country=c".length()) - '0';
      int at = name.indexOf("device=d");
      int d = at < 0 ? -1 : name.charAt(at + "device=d".length()) - '0';
      IntPredicate in = row -> country[row] == c && (d < 0 || device[row] == d);
      BinaryReport exact = report(in);
      BinaryReport rest = report(in.negate());
      assertThat(slice.get("n").asLong()).isEqualTo(exact.n());
      assertThat(slice.get("n_pos").asLong()).isEqualTo(exact.nPos());
      for (String metric : List.of("average_precision", "roc_auc", "log_loss", "f1")) {
        JsonNode given = slice.get("metrics").get(metric);
        assertThat(given.get("value").asDouble())
            .as("%s of %s", metric, name)
            .isEqualTo(exact.metric(metric).value());
        assertThat(given.get("ci_low").asDouble()).isEqualTo(exact.metric(metric).interval().low());
      }
      var difference = IndependentDifference.of(exact.metric("roc_auc"), rest.metric("roc_auc"));
      JsonNode given = slice.get("differences").get("roc_auc");
      assertThat(given.get("value").asDouble()).isEqualTo(difference.value().value());
      assertThat(given.get("p_value").asDouble()).isEqualTo(difference.pValue().getAsDouble());
      pValues.add(given.get("p_value").asDouble());
      adjusted.add(given.get("p_value_bh").asDouble());
    }
    assertThat(adjusted.stream().mapToDouble(p -> p).toArray())
        .containsExactly(
            MultipleTests.benjaminiHochberg(pValues.stream().mapToDouble(p -> p).toArray()));
    assertThat(report.at("/slicing/p_adjustment").asText()).isEqualTo("benjamini_hochberg");
  }

  /** 100 values: only so many are reported, and those with few positives only counted. */
  private void assertRareSlices(JsonNode report) {
    JsonNode slices = report.get("slices");
    assertThat(slices).hasSize(80);
    JsonNode grouping = report.at("/slicing/groupings/0");
    assertThat(grouping.get("groups").asInt()).isEqualTo(100);
    assertThat(grouping.get("left_out").asInt()).isEqualTo(20);
    int small = 0;
    long last = Long.MAX_VALUE;
    for (JsonNode slice : slices) {
      boolean few = slice.get("n_pos").asInt() < 10;
      small += few ? 1 : 0;
      assertThat(slice.get("reason").asText()).isEqualTo(few ? "too_few_positives" : "null");
      assertThat(slice.get("metrics").isEmpty()).isEqualTo(few);
      assertThat(slice.get("n").asLong()).isLessThanOrEqualTo(last);
      last = slice.get("n").asLong();
    }
    assertThat(small).isPositive();
    assertThat(grouping.get("too_small").asInt()).isEqualTo(small);
  }

  private BinaryReport report(IntPredicate in) {
    int[] rows = IntStream.range(0, ROWS).filter(in).toArray();
    float[] scores = new float[rows.length];
    byte[] labels = new byte[rows.length];
    for (int i = 0; i < rows.length; i++) {
      scores[i] = set.scores[rows[i]];
      labels[i] = set.labels[rows[i]];
    }
    return BinaryEvaluation.evaluate(scores, labels, null, BinaryOptions.defaults());
  }

  private Answers answers(
      int parallelism, int segmentRows, int batchRows, List<EvaluationRequest> requests)
      throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("cache.directory", directory.resolve("" + parallelism).toUri().toString())
                .with("cache.segment_rows", segmentRows)
                .with("full.rows_per_split", 8_000)
                .with("full.rows_per_range", 4_096)
                .with("full.max_slices", 80));
    List<RawMessage> messages = new ArrayList<>();
    set.batches(batchRows, parallelism)
        .forEach(batch -> messages.add(set.message(batch, messages.size())));
    Collections.shuffle(messages, new Random(parallelism));
    TwoJobs jobs = new TwoJobs(settings, parallelism);
    List<SetManifest> manifests = jobs.complete(messages);
    return jobs.ask(manifests, requests);
  }

  /** The report of whichever of two equal questions came first; the other has none. */
  private static String evaluated(Answers answers, String one, String other) {
    List<Outcome> both = List.of(answers.of(one), answers.of(other));
    assertThat(both)
        .extracting(Outcome::state)
        .containsExactlyInAnyOrder(Outcome.State.EVALUATED, Outcome.State.REUSED);
    return both.stream()
        .filter(o -> o.state() == Outcome.State.EVALUATED)
        .findFirst()
        .orElseThrow()
        .reportJson();
  }

  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text);
  }
}
