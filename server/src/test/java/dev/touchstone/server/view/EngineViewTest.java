package dev.touchstone.server.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.Topics;
import dev.touchstone.server.SyntheticRun;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the view makes of records. */
class EngineViewTest {

  private static final Topics TOPICS = Topics.withDefaultPrefix();
  private static final Instant NOW = Instant.ofEpochMilli(1_000_000_000);
  private static final SeriesKey AP =
      new SeriesKey("average_precision", "proxy", "", "fraud-validation", "validation", "");

  private final List<Change> changes = new ArrayList<>();
  private final EngineView view = new EngineView(TOPICS, limits(), changes::add);
  private final SyntheticRun run =
      new SyntheticRun(TOPICS, "r1", NOW.minusSeconds(300).toEpochMilli(), 1);

  @Test
  void aPointIsReplacedByItsNewerSelf() {
    run.arriving(1, 0.4).forEach(view::accept);
    run.arriving(1, 1).forEach(view::accept);

    List<Point> points = points(AP);
    assertThat(points).hasSize(1);
    assertThat(points.get(0).n()).isEqualTo(1_000_000);
    assertThat(points.get(0).state()).isEqualTo("COMPLETE");
  }

  @Test
  void aReplayOfAnOlderStateDoesNotReplaceACompletePoint() {
    run.arriving(1, 1).forEach(view::accept);
    int before = changes.size();

    run.arriving(1, 0.4).stream()
        .filter(r -> r.topic().equals(TOPICS.metrics()))
        .limit(7)
        .forEach(view::accept);

    assertThat(points(AP).get(0).state()).isEqualTo("COMPLETE");
    assertThat(changes).hasSize(before);
  }

  @Test
  void aSampleAndTheWholeSetOfOneModelCheckpointAreTwoCurves() {
    view.accept(metric(sampled("\"sample\":\"5a3f00c9d2e1\",", 0.43, 20_000)));
    view.accept(metric(sampled("", 0.45, 1_000_000)));
    view.accept(metric(sampled("\"sample\":\"5a3f00c9d2e1\",", 0.44, 20_000)));

    SeriesKey sample =
        new SeriesKey(
            "average_precision", "proxy", "", "fraud-validation", "validation", "5a3f00c9d2e1");
    assertThat(points(sample)).extracting(Point::value).containsExactly(0.44);
    assertThat(points(AP)).extracting(Point::value).containsExactly(0.45);
    RunDetail detail = view.run("r1", NOW).orElseThrow();
    assertThat(detail.evaluationSets())
        .containsExactlyInAnyOrder(
            new RunDetail.EvaluationSet("fraud-validation", "validation", ""),
            new RunDetail.EvaluationSet("fraud-validation", "validation", "5a3f00c9d2e1"));
    // where there is one place for both, the whole set has it
    assertThat(detail.checkpoints().get(0).proxies().get("average_precision").value())
        .isEqualTo(0.45);
    assertThat(detail.run().headline().proxy().value()).isEqualTo(0.45);
  }

  private static String sampled(String sample, double value, long n) {
    return "{\"ts\":1,\"run_id\":\"r1\",\"checkpoint\":\"step-1\",\"step\":1,\"tier\":\"proxy\","
        + "\"evaluation_set\":\"fraud-validation\",\"split\":\"validation\","
        + sample
        + "\"metric\":\"average_precision\",\"value\":"
        + value
        + ",\"n\":"
        + n
        + ",\"n_pos\":100,\"state\":\"COMPLETE\"}";
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theOrderBetweenTopicsDoesNotMatter(long seed) {
    List<TopicRecord> records = new ArrayList<>(run.history(10));
    records.add(run.verdict(10, "PASS", "average_precision ≥ 0.2"));
    records.forEach(view::accept);
    Map<String, List<TopicRecord>> byTopic = new java.util.LinkedHashMap<>();
    records.forEach(r -> byTopic.computeIfAbsent(r.topic(), t -> new ArrayList<>()).add(r));
    List<List<TopicRecord>> topics = new ArrayList<>(byTopic.values());
    Collections.shuffle(topics, new Random(seed));
    EngineView other = new EngineView(TOPICS, limits(), c -> {});

    topics.forEach(t -> t.forEach(other::accept));
    topics.forEach(t -> t.forEach(other::accept)); // and twice

    assertThat(text(other.run("r1", NOW))).isEqualTo(text(view.run("r1", NOW)));
    assertThat(text(other.series("r1", k -> true))).isEqualTo(text(view.series("r1", k -> true)));
  }

  @Test
  void aTriggerWaitsThenIsEvaluatedThenHasItsReport() {
    view.accept(run.event(5));
    assertThat(status(5).state()).isEqualTo("WAITING");
    assertThat(status(5).reason()).isEqualTo("no predictions of this checkpoint have arrived");

    view.accept(run.set(5, "RECEIVING", 0.25, null));
    assertThat(status(5).reason()).isEqualTo("250,000 of 1,000,000 predictions have arrived");

    view.accept(run.set(5, "COMPLETE", 1, null));
    assertThat(status(5).state()).isEqualTo("EVALUATING");

    view.accept(run.evaluated(5));
    assertThat(status(5).state()).isEqualTo("EVALUATED");
    assertThat(view.run("r1", NOW).orElseThrow().checkpoints().get(0).evaluations()).hasSize(1);
    assertThat(view.evaluations("r1", null, 10)).hasSize(1);
    assertThat(view.report(run.reportKey(5))).isPresent();
  }

  @Test
  void aTriggerThatEndsWithoutReportSaysWhy() {
    view.accept(run.event(5));
    view.accept(run.ended(5, "INCOMPLETE", "412 of 1000000 predictions after 600 s"));

    assertThat(status(5).state()).isEqualTo("INCOMPLETE");
    assertThat(status(5).reason()).isEqualTo("412 of 1000000 predictions after 600 s");
    assertThat(view.reportOn("r1", SyntheticRun.checkpoint(5), null, null)).isEmpty();
  }

  @Test
  void aReportOutlivesALaterFailure() {
    view.accept(run.evaluated(5));
    view.accept(request("later", "r1", SyntheticRun.checkpoint(5)));

    CheckpointSummary checkpoint = view.run("r1", NOW).orElseThrow().checkpoints().get(0);
    assertThat(checkpoint.state()).isEqualTo("EVALUATED");
    assertThat(checkpoint.evaluations())
        .extracting(EvaluationStatus::state)
        .containsExactlyInAnyOrder("EVALUATED", "WAITING");
  }

  @Test
  void aReusedReportIsFoundUnderTheCheckpointThatReusedIt() {
    // the reuse is read before the report that it refers to
    view.accept(reused("r2", run.reportKey(5)));
    assertThat(view.reportOn("r2", "again", null, null)).isEmpty();

    view.accept(run.evaluated(5));

    ReportDocument report = view.reportOn("r2", "again", null, null).orElseThrow();
    assertThat(report.outcome().state()).isEqualTo("REUSED");
    assertThat(new String(report.body(), StandardCharsets.UTF_8)).contains("touchstone.report/1");
    assertThat(view.series("r2", k -> k.metric().equals("roc_auc")).orElseThrow().series())
        .isNotEmpty();
  }

  @Test
  void reportValuesBecomeFullPointsUnlessTheTopicBringsThem() {
    view.accept(run.evaluated(5));
    SeriesKey full = new SeriesKey("roc_auc", "full", "", "fraud-validation", "validation", "");

    Point derived = points(full).get(0);
    assertThat(derived.ciMethod()).isEqualTo("delong");
    assertThat(derived.n()).isEqualTo(1_000_000);

    view.accept(
        metric(
            "{\"ts\":5,\"run_id\":\"r1\",\"checkpoint\":\"step-01000\",\"step\":1000,"
                + "\"tier\":\"full\",\"evaluation_set\":\"fraud-validation\","
                + "\"split\":\"validation\",\"slice\":\"\",\"metric\":\"roc_auc\",\"value\":0.5,"
                + "\"n\":7,\"n_pos\":1,\"state\":\"COMPLETE\",\"revision\":1}"));
    view.accept(run.evaluated(5));
    assertThat(points(full)).extracting(Point::value).containsExactly(0.5);
  }

  @Test
  void statusFollowsSilenceAndWhatIsOpen() {
    run.arriving(1, 0.5).forEach(view::accept);
    Instant spoke = Instant.ofEpochMilli(run.time(1));

    assertThat(standing(spoke.plusSeconds(30))).isEqualTo(RunStatus.LIVE);
    assertThat(standing(spoke.plusSeconds(90))).isEqualTo(RunStatus.STALE);
    run.arriving(1, 1).forEach(view::accept);
    assertThat(standing(spoke.plusSeconds(90))).isEqualTo(RunStatus.FINISHED);
    view.accept(run.event(1));
    assertThat(standing(spoke.plusSeconds(90))).isEqualTo(RunStatus.STALE);
    view.accept(run.signal(1, "STOP", "plateau"));
    assertThat(standing(spoke.plusSeconds(90))).isEqualTo(RunStatus.STOPPED);
  }

  @Test
  void figuresOfTheTrainingJobAreACurveOfNoModelCheckpoint() {
    run.arriving(1, 1).forEach(view::accept);
    int checkpoints = view.run("r1", NOW).orElseThrow().checkpoints().size();
    for (int step : new int[] {100, 200}) {
      view.accept(
          metric(
              "{\"ts\":5,\"run_id\":\"r1\",\"checkpoint\":\"\",\"step\":"
                  + step
                  + ",\"tier\":\"proxy\",\"evaluation_set\":\"training"
                  + " job\",\"split\":\"reported\","
                  + "\"metric\":\"validation_loss\",\"value\":0.5,\"ci_method\":\"reported\","
                  + "\"n\":0,\"n_pos\":0,\"state\":\"COMPLETE\"}"));
    }

    assertThat(view.run("r1", NOW).orElseThrow().checkpoints()).hasSize(checkpoints);
    assertThat(
            view.series("r1", k -> k.metric().equals("validation_loss"))
                .orElseThrow()
                .series()
                .get(0)
                .points())
        .extracting(Point::step)
        .containsExactly(100L, 200L);
  }

  @Test
  void theBestValueIsOneOfACompleteSet() {
    run.arriving(1, 1).forEach(view::accept);
    view.accept(
        metric(
            "{\"ts\":5,\"run_id\":\"r1\",\"checkpoint\":\"step-00400\",\"step\":400,"
                + "\"tier\":\"proxy\",\"evaluation_set\":\"fraud-validation\","
                + "\"split\":\"validation\",\"metric\":\"average_precision\",\"value\":0.99,"
                + "\"n\":7,\"n_pos\":1,\"state\":\"PARTIAL\",\"revision\":1}"));

    Headline headline = view.runs(NOW).get(0).headline();
    assertThat(headline.proxy().value()).isEqualTo(0.99);
    assertThat(headline.best().checkpoint()).isEqualTo("step-00200");
  }

  @Test
  void figuresOfARunAreNoMetricsOfAModel() {
    assertThat(summary(1).fullEvaluationsAvoided()).isNull();
    view.accept(run.proxy(1, "average_precision", 0.3, "UNTRUSTED"));
    view.accept(run.proxy(1, "average_precision.proxy_bias", 0.02, "UNTRUSTED"));
    view.accept(run.proxy(1, "average_precision.sampled_proxy_kendall_tau", null, "UNKNOWN"));
    for (int step = 1; step <= 2; step++) {
      view.accept(run.proxy(step, "full_evaluations_avoided", 3.0 * step, "UNKNOWN"));
      view.accept(run.proxy(step, "inference_avoided", 1e6 * step, "UNKNOWN"));
    }

    RunSummary summary = summary(0);
    assertThat(summary.fullEvaluationsAvoided()).isEqualTo(6);
    assertThat(summary.inferenceAvoided()).isEqualTo(2_000_000);
    assertThat(summary.headline().metric()).isEqualTo("average_precision");
    assertThat(summary.headline().proxy().trust()).isEqualTo("UNTRUSTED");
    RunDetail detail = view.run("r1", NOW).orElseThrow();
    assertThat(detail.metrics())
        .contains("average_precision")
        .doesNotContain("inference_avoided", "full_evaluations_avoided")
        .noneMatch(metric -> metric.contains("proxy_"));
    // they are told nevertheless, at the model checkpoint that they were told with
    CheckpointSummary first =
        detail.checkpoints().stream()
            .filter(c -> c.checkpoint().equals(SyntheticRun.checkpoint(1)))
            .findFirst()
            .orElseThrow();
    assertThat(first.proxies().get("average_precision.proxy_bias").value()).isEqualTo(0.02);
  }

  private RunSummary summary(int arriving) {
    for (int step = 1; step <= arriving; step++) {
      run.arriving(step, 1).forEach(view::accept);
    }
    return view.runs(NOW).get(0);
  }

  @Test
  void aRestartedRunGoesOnFromItsNewestAttempt() {
    for (int[] attemptAndStep : new int[][] {{0, 100}, {0, 200}, {0, 300}, {1, 200}}) {
      view.accept(
          metric(
              ("{\"ts\":5,\"run_id\":\"r1\",\"attempt\":%d,\"checkpoint\":\"c%d\",\"step\":%d,"
                      + "\"tier\":\"proxy\",\"metric\":\"average_precision\",\"value\":0.%d,"
                      + "\"n\":7,\"n_pos\":1,\"state\":\"COMPLETE\"}")
                  .formatted(
                      attemptAndStep[0],
                      attemptAndStep[1],
                      attemptAndStep[1],
                      attemptAndStep[0] + 1)));
    }

    RunSummary summary = view.runs(NOW).get(0);
    assertThat(summary.attempt()).isEqualTo(1);
    assertThat(summary.step()).isEqualTo(200);
    assertThat(summary.headline().trail()).containsExactly(0.1, 0.2, 0.1);
  }

  @Test
  void progressIsToldUntilTheEndAndNotAfterIt() {
    view.accept(request("q", "r1", "c", "validation", null));
    changes.clear();

    view.accept(progress("q", "QUEUED", 0));
    assertThat(view.evaluation("q").orElseThrow().state()).isEqualTo("WAITING");
    assertThat(view.evaluation("q").orElseThrow().reason())
        .isEqualTo("waits for its turn; 3 came before it");
    view.accept(progress("q", "RUNNING", 4));
    view.accept(progress("q", "RUNNING", 4));
    assertThat(view.evaluation("q").orElseThrow().state()).isEqualTo("EVALUATING");
    assertThat(view.evaluation("q").orElseThrow().progress().splitsDone()).isEqualTo(4);
    assertThat(changes).extracting(Change::type).containsExactly("evaluation", "evaluation");

    view.accept(
        new TopicRecord(
            TOPICS.reports(),
            "q",
            ("{\"trigger_id\":\"q\",\"trigger\":\"request\",\"state\":\"EXPIRED\",\"run_id\":\"r1\","
                    + "\"checkpoint\":\"c\",\"step\":-1,\"split\":\"validation\"}")
                .getBytes(StandardCharsets.UTF_8),
            Map.of(),
            0));
    // written before the end, read after it
    view.accept(progress("q", "RUNNING", 5));
    view.accept(new TopicRecord(TOPICS.progress(), "q", null, Map.of(), 0));
    assertThat(view.evaluation("q").orElseThrow().state()).isEqualTo("EXPIRED");
    assertThat(view.evaluation("q").orElseThrow().progress()).isNull();
    assertThat(changes).hasSize(3);
  }

  @Test
  void aRequestForWhatIsNotThereSaysWhatIs() {
    view.accept(request("lonely", "r1", "step-1", "validation", null));
    assertThat(reason("lonely"))
        .isEqualTo("no predictions of this checkpoint have arrived; run r1 has none at all");

    for (int step = 1; step <= 7; step++) {
      view.accept(run.set(step, "COMPLETE", 1, null));
    }
    List<String> ids =
        view.run("r1", NOW).orElseThrow().checkpoints().stream()
            .filter(c -> c.step() != null)
            .map(CheckpointSummary::checkpoint)
            .sorted()
            .toList();
    view.accept(request("misspelt", "r1", "step-x", "validation", 60));
    assertThat(reason("misspelt"))
        .isEqualTo(
            "no predictions of this checkpoint have arrived; run r1 has "
                + String.join(", ", ids.subList(2, 7))
                + " and 2 before; waiting until 1970-01-01T00:01:00.007Z");
    view.accept(request("other run", "r2", ids.get(0), "validation", null));
    assertThat(reason("other run"))
        .isEqualTo(
            "no predictions of this checkpoint have arrived; run r2 has none at all, runs that"
                + " have some: r1");
    view.accept(request("other split", "r1", ids.get(0), "nosuch", null));
    assertThat(reason("other split"))
        .startsWith("no predictions have arrived that were asked for; this checkpoint has")
        .contains("split validation");
  }

  private String reason(String id) {
    return view.evaluation(id).orElseThrow().reason();
  }

  private static EvaluationRequest request(
      String id, String runId, String checkpoint, String split, Integer deadlineSeconds) {
    return new EvaluationRequest(
        id,
        runId,
        checkpoint,
        null,
        split,
        null,
        List.of(),
        List.of(),
        null,
        null,
        null,
        null,
        0,
        0,
        false,
        0,
        false,
        null,
        200,
        deadlineSeconds,
        5,
        7);
  }

  private static TopicRecord progress(String id, String state, int done) {
    String json =
        "{\"trigger_id\":\"%s\",\"trigger\":\"request\",\"run_id\":\"r1\",\"checkpoint\":\"c\","
                .formatted(id)
            + "\"split\":\"validation\",\"state\":\"%s\",\"ahead\":3,\"pass\":1,\"passes\":2,"
                .formatted(state)
            + "\"splits_done\":%d,\"splits_total\":9,\"ts\":0}".formatted(done);
    return new TopicRecord(
        TOPICS.progress(), id, json.getBytes(StandardCharsets.UTF_8), Map.of(), 0);
  }

  @Test
  void whatCannotBeReadIsCountedAndChangesNothing() {
    view.accept(metric("not json"));
    view.accept(metric("[1,2]"));
    view.accept(metric("{\"run_id\":\"\",\"tier\":\"proxy\"}"));
    view.accept(
        new TopicRecord(TOPICS.checkpoints(), "k", new byte[] {(byte) 0xff, 1}, Map.of(), 0));

    ViewStatus status = view.status();
    assertThat(status.unreadable())
        .containsEntry("touchstone.metrics", 3L)
        .containsEntry("touchstone.checkpoints", 1L);
    assertThat(status.lastUnreadable())
        .isEqualTo(
            "touchstone.checkpoints: first byte must be C3 (Avro single object), 00 (schema"
                + " registry) or 7B (JSON), got FF");
    assertThat(status.runs()).isZero();
    assertThat(changes).isEmpty();
  }

  @Test
  void nothingThatIsNotFiniteGetsIn() {
    view.accept(
        metric(
            "{\"ts\":5,\"run_id\":\"r1\",\"checkpoint\":\"c\",\"step\":1,\"tier\":\"proxy\","
                + "\"metric\":\"m\",\"value\":\"NaN\",\"ci_low\":1e999,\"n\":7,\"n_pos\":1}"));

    Point point = view.series("r1", k -> true).orElseThrow().series().get(0).points().get(0);
    assertThat(point.value()).isNull();
    assertThat(point.ciLow()).isNull();
  }

  @Test
  void deadLettersAreCountedByTopicAndRule() {
    for (int i = 0; i < 30; i++) {
      view.accept(
          SyntheticRun.deadLetter(
              TOPICS,
              "score must be in [0, 1], got " + i + ".5 (run r1, example " + i + ")",
              "touchstone.predictions",
              1,
              i,
              new byte[] {'a', 0, (byte) 200}));
    }
    view.accept(new TopicRecord(TOPICS.deadLetters(), "k", null, Map.of(), 0));

    DeadLetterSummary dead = view.deadLetters();
    assertThat(dead.total()).isEqualTo(31);
    assertThat(dead.byTopic()).isEqualTo(Map.of("touchstone.predictions", 30L, "unknown", 1L));
    assertThat(dead.rules().get(0))
        .isEqualTo(new DeadLetterSummary.Count("score must be in [#, #]", 30));
    assertThat(dead.last()).hasSize(20);
    assertThat(dead.last().get(0).reason()).isEqualTo("no reason was given");
    assertThat(dead.last().get(1).offset()).isEqualTo("29");
    assertThat(dead.last().get(1).preview()).isEqualTo("a..");
  }

  @Test
  void theRunSilentForLongestGoesFirst() {
    for (int i = 0; i < 12; i++) {
      long start = NOW.toEpochMilli() + (i == 0 ? 1_000_000_000 : i * 1_000_000L);
      new SyntheticRun(TOPICS, "run-" + i, start, 1).history(5).forEach(view::accept);
    }

    assertThat(view.runs(NOW))
        .extracting(RunSummary::runId)
        .hasSize(10)
        .startsWith("run-0")
        .doesNotContain("run-1", "run-2");
    assertThat(view.evaluations("run-1", null, 10)).isEmpty();
    assertThat(view.status().droppedRuns()).isEqualTo(2);
    assertThat(view.status().sets()).isEqualTo(50);
    assertThat(view.status().points())
        .isEqualTo(
            view.runs(NOW).stream()
                .flatMap(r -> view.series(r.runId(), k -> true).orElseThrow().series().stream())
                .mapToInt(c -> c.points().size())
                .sum());
  }

  @Test
  void aCurveKeepsItsNewestSteps() {
    for (int i = 1; i <= 60; i++) {
      run.arriving(i, 1).forEach(view::accept);
    }

    assertThat(points(AP)).hasSize(50);
    assertThat(points(AP).get(0).step()).isEqualTo(11 * SyntheticRun.STEP_SIZE);
  }

  @Test
  void seriesBeyondTheLimitAreNotTakenIn() {
    for (int i = 0; i < 120; i++) {
      view.accept(
          metric(
              ("{\"run_id\":\"r1\",\"checkpoint\":\"c\",\"step\":1,\"tier\":\"proxy\","
                      + "\"slice\":\"user=%d\",\"metric\":\"m\",\"value\":1}")
                  .formatted(i)));
    }

    assertThat(view.status().series()).isEqualTo(100);
    assertThat(view.status().droppedSeriesPoints()).isEqualTo(20);
  }

  @Test
  void reportsBeyondTheirBytesAreDroppedOldestFirst() {
    ViewLimits small =
        new ViewLimits(10, 50, 100, 10_000, 100, 100, 50, 60_000, 20, Duration.ofSeconds(60));
    EngineView tight = new EngineView(TOPICS, small, c -> {});
    for (int i = 5; i <= 25; i += 5) {
      tight.accept(run.evaluated(i));
    }

    assertThat(tight.status().droppedReports()).isPositive();
    assertThat(tight.status().reportBytes()).isLessThanOrEqualTo(60_000);
    assertThat(tight.report(run.reportKey(25))).isPresent();
    assertThat(tight.report(run.reportKey(5))).isEmpty();
    // its values stay
    assertThat(tight.run("r1", NOW).orElseThrow().checkpoints().get(0).full()).isNotEmpty();
  }

  @Test
  void evaluationsAreBounded() {
    for (int i = 0; i < 80; i++) {
      view.accept(request("id-" + i, "r1", "c"));
    }

    assertThat(view.evaluations(null, null, 1_000)).hasSize(50);
    assertThat(view.evaluation("id-0")).isEmpty();
    assertThat(view.evaluation("id-79")).isPresent();
  }

  @Test
  void aTombstoneForgetsASet() {
    view.accept(run.set(1, "COMPLETE", 1, null));
    view.accept(
        new TopicRecord(TOPICS.predictionSets(), SyntheticRun.setKey("r1", 1), null, Map.of(), 0));

    assertThat(view.run("r1", NOW).orElseThrow().sets()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "neither",
      value = {
        "average_precision, true",
        "roc_auc, true",
        "log_loss, false",
        "brier, false",
        "log_loss_vs_best, false",
        "roc_auc_vs_previous, true",
        "brier_reanchored, false",
        "brier_skill, true",
        "brier_uncertainty, neither",
        "ece_debiased, false",
        "precision_at_recall_0.5, true",
        "max_f1_threshold, neither",
        "prevalence, neither"
      })
  void aMetricsDirectionIsKnown(String metric, Boolean higherIsBetter) {
    assertThat(MetricDirection.higherIsBetter(metric)).isEqualTo(higherIsBetter);
  }

  @Test
  void limitsSayWhatIsWrong() {
    assertThatThrownBy(() -> new ViewLimits(0, 1, 1, 1, 1, 1, 1, 1, 1, Duration.ofSeconds(1)))
        .hasMessage("runs must be at least 1, got 0");
  }

  private List<Point> points(SeriesKey key) {
    return view.series("r1", key::equals).orElseThrow().series().get(0).points();
  }

  private RunStatus standing(Instant now) {
    return view.runs(now).get(0).status();
  }

  private EvaluationStatus status(int i) {
    return view.run("r1", NOW).orElseThrow().checkpoints().stream()
        .filter(c -> c.checkpoint().equals(SyntheticRun.checkpoint(i)))
        .findFirst()
        .orElseThrow()
        .evaluations()
        .get(0);
  }

  private static TopicRecord metric(String json) {
    return new TopicRecord(
        TOPICS.metrics(), "r1", json.getBytes(StandardCharsets.UTF_8), Map.of(), 5);
  }

  private static TopicRecord request(String id, String runId, String checkpoint) {
    var request =
        dev.touchstone.schemas.avro.EvaluationRequest.newBuilder()
            .setRequestId(id)
            .setRunId(runId)
            .setCheckpoint(checkpoint)
            .setEmittedAt(NOW)
            .build();
    byte[] avro = Codec.of(dev.touchstone.schemas.avro.EvaluationRequest.class).encode(request);
    return new TopicRecord(TOPICS.evaluationRequests(), id, avro, Map.of(), NOW.toEpochMilli());
  }

  private static TopicRecord reused(String runId, String reportKey) {
    String json =
        ("{\"trigger_id\":\"t2\",\"trigger\":\"checkpoint\",\"state\":\"REUSED\","
                + "\"reason\":\"the same content was evaluated before\",\"run_id\":\"%s\","
                + "\"checkpoint\":\"again\",\"step\":7,\"evaluation_set\":\"fraud-validation\","
                + "\"split\":\"validation\",\"report_key\":\"%s\",\"report\":null,"
                + "\"triggered_at\":5,\"finished_at\":6}")
            .formatted(runId, reportKey);
    return new TopicRecord(
        TOPICS.reports(), "t2", json.getBytes(StandardCharsets.UTF_8), Map.of(), 5);
  }

  private static String text(Object answer) {
    return Json.MAPPER.valueToTree(((java.util.Optional<?>) answer).orElseThrow()).toString();
  }

  private static ViewLimits limits() {
    return new ViewLimits(10, 50, 100, 100_000, 100, 100, 50, 1 << 20, 20, Duration.ofSeconds(60));
  }
}
