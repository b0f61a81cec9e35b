package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
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
import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.Questions;
import dev.touchstone.metrics.compare.CompareOptions;
import dev.touchstone.metrics.compare.CorrectedResampledT;
import dev.touchstone.metrics.compare.HonestOperatingPoint;
import dev.touchstone.metrics.compare.IndependentDifference;
import dev.touchstone.metrics.compare.MultipleTests;
import dev.touchstone.metrics.compare.PairedComparison;
import dev.touchstone.metrics.compare.PairedReport;
import dev.touchstone.metrics.compare.ScoredRows;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanRule;
import dev.touchstone.schemas.avro.Baseline;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.nio.file.Files;
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

  private List<SetManifest> manifests;

  private final WireBatches set =
      WireBatches.random(1, ROWS).with("country", 5).with("device", 3).with("rare", 100);

  private final WireBatches baseline = set.rescored(7, "step-7");
  private final List<WireBatches> folds =
      IntStream.range(0, 3)
          .mapToObj(fold -> WireBatches.random(20 + fold, 4_000).as("cv", fold))
          .toList();

  @Test
  void metricsAndSlicesAreAnsweredFromTheCacheTheSameAtAnyParallelism() throws Exception {
    List<EvaluationRequest> requests =
        List.of(
            TwoJobs.request("slices").setSlices(List.of("country", "device*country")).build(),
            TwoJobs.request("again").setSlices(List.of("country*device", "country")).build(),
            TwoJobs.request("rare").setSlices(List.of("rare")).build(),
            TwoJobs.request("few").setMetrics(List.of("roc_auc", "recall")).build(),
            TwoJobs.request("unknown metric").setMetrics(List.of("roc_auc", "auc")).build(),
            TwoJobs.request("unknown slice").setSlices(List.of("country*city")).build(),
            TwoJobs.request("plan").setProposePlanBudget(400).build());
    Answers answers = answers(1, 3_000, 1_000, List.of(set), requests);
    Answers others = answers(3, 7_000, 700, List.of(set), requests);

    for (String id : List.of("rare", "few", "plan")) {
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

    assertPlan(json(answers.of("plan").reportJson()));

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

  /** The rule finds in the set what it says of it: else applying it would fail. */
  private void assertPlan(JsonNode report) {
    JsonNode proposed = report.get("proposed_plan");
    assertThat(proposed.get("budget").asInt()).isEqualTo(400);
    PlanRule rule =
        PlanFile.ruleFromMap(
            new ObjectMapper().convertValue(proposed.get("plan"), new TypeReference<>() {}));
    assertThat(rule.design()).isEqualTo("neyman");
    assertThat(rule.population()).isEqualTo(ROWS);
    // as much as asked for, but for the least rates of strata
    assertThat(rule.expectedSample()).isBetween(390.0, 410.0);
    PlanFile file =
        PlanMaker.apply(
            rule,
            to -> {
              for (int row = 0; row < ROWS; row++) {
                to.accept(row, Integer.toString(set.labels[row]), set.scores[row], null);
              }
            });
    // Poisson sampling: within five deviations
    assertThat((double) file.size()).isBetween(300.0, 500.0);
    assertThat(proposed.at("/expected_errors/0/metric").asText()).isEqualTo("average_precision");
    assertThat(proposed.at("/expected_errors/0/planned").asDouble())
        .isPositive()
        .isLessThan(proposed.at("/expected_errors/0/uniform").asDouble());
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

  @Test
  void whatIsHeldInMemoryIsAnsweredTheSameInAnyOrderOrFailsAndSaysWhy() throws Exception {
    List<WireBatches> sets = new ArrayList<>(folds);
    sets.addAll(List.of(set, baseline));
    folds.forEach(fold -> sets.add(fold.rescored(30 + fold.fold, "cv-old")));
    List<EvaluationRequest> requests =
        List.of(
            TwoJobs.request("all")
                .setBaseline(new Baseline("run", "step-7", null))
                .setBootstrapReplicates(50)
                .setBootstrapSeed(3)
                .setHonestPoints(true)
                .setFalsePositiveCost(1.0)
                .setFalseNegativeCost(5.0)
                .setDecisionThreshold(0.4)
                .build(),
            TwoJobs.request("folds")
                .setCheckpoint("cv")
                .setAllFolds(true)
                .setFolds(3)
                .setBaseline(new Baseline("run", "cv-old", null))
                .setMetrics(List.of("average_precision", "brier"))
                .build());
    Answers answers = answers(1, 3_000, 1_000, sets, requests);
    Answers others = answers(2, 7_000, 700, sets, requests);

    for (String id : List.of("all", "folds")) {
      assertThat(answers.of(id).reason()).isNull();
      assertThat(others.of(id).reportJson()).as(id).isEqualTo(answers.of(id).reportJson());
    }
    assertHeld(json(answers.of("all").reportJson()));
    assertFolds(json(answers.of("folds").reportJson()));
    assertFailures();
  }

  private void assertHeld(JsonNode report) {
    BinaryOptions options =
        BinaryOptions.defaults()
            .withDecisionThreshold(0.4)
            .withQuestions(Questions.defaults().withCosts(1, 5));
    PairedReport paired =
        PairedComparison.compare(
            scored(baseline), scored(set), CompareOptions.defaults().withThresholds(0.4, 0.4));
    JsonNode comparison = report.get("comparison");
    assertThat(comparison.at("/join/joined").asLong()).isEqualTo(ROWS);
    assertThat(comparison.at("/join/complete").asBoolean()).isTrue();
    assertThat(comparison.get("metrics")).hasSize(5);
    for (JsonNode metric : comparison.get("metrics")) {
      var exact = paired.metric(metric.get("metric").asText());
      assertThat(metric.get("difference").asDouble()).isEqualTo(exact.difference().value());
      assertThat(metric.get("ci_low").asDouble()).isEqualTo(exact.difference().interval().low());
      assertThat(metric.get("verdict").asText()).isEqualTo(exact.verdict().name());
    }
    assertThat(comparison.at("/mcnemar/p_value").asDouble()).isEqualTo(paired.mcnemar().midP());
    assertThat(comparison.at("/flips/total").asLong()).isEqualTo(paired.flips().total());
    assertThat(report.at("/provenance/baseline_set_keys/0").asText())
        .isEqualTo(comparison.get("baseline").asText());

    assertThat(report.at("/provenance/question/decision_threshold").asDouble()).isEqualTo(0.4);
    assertThat(report.at("/provenance/question/false_negative_cost").asDouble()).isEqualTo(5);

    var bootstrap =
        BinaryBootstrap.of(
            set.scores, set.labels, new BinaryBootstrap.Options(50, 3, 1, options.level()));
    assertThat(report.at("/bootstrap/average_precision/standard_error").asDouble())
        .isEqualTo(bootstrap.averagePrecision().standardError());

    var honest = HonestOperatingPoint.of(scored(set), "min_cost", options);
    JsonNode point = null;
    for (JsonNode one : report.get("operating_points")) {
      point = one.get("name").asText().equals("min_cost") ? one : point;
    }
    assertThat(point.at("/honest/threshold").asDouble()).isEqualTo(honest.threshold());
    assertThat(point.at("/honest/reported/n").asLong()).isEqualTo(honest.reported().n());
  }

  private void assertFolds(JsonNode report) {
    assertThat(report.get("n").asLong()).isEqualTo(12_000);
    JsonNode section = report.get("folds");
    assertThat(section.get("folds").findValuesAsText("fold")).containsExactly("0", "1", "2");
    assertThat(section.get("metrics").fieldNames())
        .toIterable()
        .containsExactly("average_precision", "brier");
    JsonNode brier = section.at("/metrics/brier");
    double[] values = new double[3];
    for (int fold = 0; fold < 3; fold++) {
      WireBatches one = folds.get(fold);
      values[fold] =
          BinaryEvaluation.evaluate(one.scores, one.labels, null, BinaryOptions.defaults())
              .metric("brier")
              .value();
      assertThat(brier.at("/per_fold/" + fold + "/value").asDouble()).isEqualTo(values[fold]);
    }
    var t = CorrectedResampledT.ofFolds(values);
    assertThat(brier.at("/averaged/value").asDouble()).isEqualTo(t.mean());
    assertThat(brier.at("/averaged/ci_high").asDouble()).isEqualTo(t.interval(0.95).high());
    assertThat(brier.at("/pooled/value").asDouble())
        .isEqualTo(report.at("/metrics/brier/value").asDouble());
    assertThat(section.get("paired").findValuesAsText("metric"))
        .containsExactly("average_precision", "brier");
    assertThat(report.at("/provenance/fold_set_keys")).hasSize(3);
    assertThat(report.at("/comparison/join/joined").asLong()).isPositive();
  }

  private static ScoredRows scored(WireBatches rows) {
    long[] ids = IntStream.range(0, rows.scores.length).asLongStream().toArray();
    return ScoredRows.of(ids, rows.scores, rows.labels, null);
  }

  private Answers answers(
      int parallelism,
      int segmentRows,
      int batchRows,
      List<WireBatches> sets,
      List<EvaluationRequest> requests)
      throws Exception {
    List<RawMessage> messages = new ArrayList<>();
    for (WireBatches one : sets) {
      one.batches(batchRows, parallelism)
          .forEach(batch -> messages.add(one.message(batch, messages.size())));
    }
    Collections.shuffle(messages, new Random(parallelism));
    TwoJobs jobs = new TwoJobs(settings(parallelism, segmentRows, 1 << 20), parallelism);
    manifests = jobs.complete(messages);
    return jobs.ask(manifests, requests);
  }

  private EngineSettings settings(int parallelism, int segmentRows, int inMemory) {
    return EngineSettings.from(
        SettingsSource.empty()
            .with("cache.directory", directory.resolve("" + parallelism).toUri().toString())
            .with("cache.segment_rows", segmentRows)
            .with("full.rows_per_split", 8_000)
            .with("full.rows_per_range", 4_096)
            .with("full.max_slices", 80)
            .with("full.max_rows_in_memory", inMemory));
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

  /** Of the last run. */
  private void assertFailures() throws Exception {
    SetManifest damaged =
        manifests.stream()
            .filter(m -> Integer.valueOf(1).equals(m.status().set().fold()))
            .filter(m -> m.status().claims().get(0).checkpoint().equals("cv"))
            .findFirst()
            .orElseThrow();
    String file = damaged.segments().get(0).file();
    Path path = directory.resolve("2").resolve(damaged.setKey()).resolve(file);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length / 2] ^= 1;
    Files.write(path, bytes);

    Answers failed =
        new TwoJobs(settings(2, 7_000, 15_000), 2)
            .ask(
                manifests,
                List.of(
                    TwoJobs.request("too many")
                        .setBaseline(new Baseline("run", "step-7", null))
                        .build(),
                    TwoJobs.request("damaged")
                        .setCheckpoint("cv")
                        .setAllFolds(true)
                        .setFolds(3)
                        .build()));
    assertThat(failed.outcomes()).extracting(Outcome::state).containsOnly(Outcome.State.FAILED);
    assertThat(failed.of("too many").reason())
        .isEqualTo(
            "a baseline must have at most 15000 rows, which are held in memory (setting"
                + " full.max_rows_in_memory), got 20000");
    assertThat(failed.of("damaged").reason())
        .startsWith("cached segment " + damaged.setKey() + "/" + file + ": the content is not")
        .contains("at offset");
  }

  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text);
  }
}
