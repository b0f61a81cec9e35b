package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.schemas.Codec;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.ServerSettings;
import dev.touchstone.server.SyntheticRun;
import dev.touchstone.server.TouchstoneServer;
import dev.touchstone.server.view.EvaluationRequest;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.TopicRecord;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The API over a real socket. */
class HttpApiTest {

  private static final String JSON = "application/json";
  private static ServerFixture fixture;
  private static SyntheticRun run;

  @BeforeAll
  static void start() {
    fixture = new ServerFixture();
    run = new SyntheticRun(ServerFixture.TOPICS, "fraud-7", System.currentTimeMillis(), 1);
    fixture.feed(run.history(10));
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @BeforeEach
  void brokerAnswers() {
    fixture.brokerError = null;
    fixture.written.clear();
    fixture.withdrawn.clear();
  }

  @Test
  void runsAreListedWithTheirHeadline() {
    JsonNode runs = ok("/v1/runs");

    JsonNode first = null;
    for (JsonNode listed : runs.get("runs")) {
      first = listed.get("run_id").asText().equals("fraud-7") ? listed : first;
    }
    assertThat(first.get("run_id").asText()).isEqualTo("fraud-7");
    assertThat(first.get("status").asText()).isEqualTo("LIVE");
    assertThat(first.get("step").asInt()).isEqualTo(2_000);
    assertThat(first.get("evaluated").asInt()).isEqualTo(2);
    assertThat(first.get("received").asLong()).isEqualTo(10_000_000);
    assertThat(first.get("duplicates").asInt()).isEqualTo(1);
    assertThat(first.at("/headline/metric").asText()).isEqualTo("average_precision");
    assertThat(first.at("/headline/trail")).hasSize(10);
  }

  @Test
  void aRunShowsCheckpointsSetsAndValues() {
    JsonNode detail = ok("/v1/runs/fraud-7");

    assertThat(detail.get("checkpoints")).hasSize(10);
    JsonNode fifth = detail.get("checkpoints").get(4);
    assertThat(fifth.get("state").asText()).isEqualTo("EVALUATED");
    assertThat(fifth.at("/full/average_precision/value").asDouble()).isPositive();
    assertThat(fifth.at("/full/ece/value").isNull()).isTrue();
    assertThat(fifth.at("/full/ece/reason").asText())
        .isEqualTo("calibration is not part of this request");
    assertThat(detail.get("checkpoints").get(3).get("state").asText()).isEqualTo("PROXY");
    assertThat(detail.get("sets").get(0).get("expected").asLong()).isEqualTo(1_000_000);
  }

  @Test
  void curvesAreChosenByMetricTierAndSlice() {
    JsonNode one = ok("/v1/runs/fraud-7/metrics?metric=roc_auc&tier=proxy&slice=");
    JsonNode both = ok("/v1/runs/fraud-7/metrics?metric=roc_auc&slice=");
    JsonNode slice = ok("/v1/runs/fraud-7/metrics?metric=roc_auc&slice=country%3DDE&tier=full");

    assertThat(one.get("series")).hasSize(1);
    assertThat(one.at("/series/0/points")).hasSize(10);
    assertThat(both.get("series").findValuesAsText("tier")).containsExactly("proxy", "full");
    assertThat(slice.at("/series/0/points")).hasSize(2);
  }

  @Test
  void aReportComesWithItsBodyAndIsCacheable() {
    HttpResponse<String> response = fixture.get("/v1/runs/fraud-7/checkpoints/step-02000/report");

    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode report = tree(response.body());
    assertThat(report.at("/report/schema").asText()).isEqualTo("touchstone.report/1");
    assertThat(report.at("/report/sweep")).hasSize(200);
    assertThat(report.get("report_key").asText()).isEqualTo(run.reportKey(10));
    String tag = response.headers().firstValue("ETag").orElseThrow();
    HttpResponse<String> again =
        fixture.get("/v1/reports/" + run.reportKey(10), "If-None-Match", tag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
  }

  @Test
  void predictionsAreFoundByWhatTheyAreOf() {
    String asked = "/v1/prediction-sets?" + run.content(3);

    JsonNode found = ok(asked).get("prediction_sets");
    assertThat(found).hasSize(1);
    assertThat(found.at("/0/set_key").asText()).isEqualTo(SyntheticRun.setKey("fraud-7", 3));
    assertThat(found.at("/0/state").asText()).isEqualTo("COMPLETE");
    assertThat(found.at("/0/segments")).hasSize(4);
  }

  /** Reuse by guess would answer one model with another's predictions. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "dataset_digest=dataset-1&transform_digest=transform-1",
        "MODEL&transform_digest=transform-1",
        "MODEL&dataset_digest=dataset-1",
        "MODEL&dataset_digest=dataset-1&transform_digest=",
        "MODEL&dataset_digest=dataset-1&transform_digest=other",
        "model_digest=other&dataset_digest=dataset-1&transform_digest=transform-1",
        "ALL&split=test",
        "ALL&fold=0",
        "ALL&sampled=true"
      })
  void aMissingOrOtherPartIsAMiss(String query) {
    String all = run.content(3);
    String model = all.substring(0, all.indexOf('&'));

    JsonNode found =
        ok("/v1/prediction-sets?" + query.replace("MODEL", model).replace("ALL", all))
            .get("prediction_sets");
    assertThat(found.isArray()).isTrue();
    assertThat(found).isEmpty();
  }

  @Test
  void aMissingReportSaysWhy() {
    JsonNode problem = problem(404, "/v1/runs/fraud-7/checkpoints/step-00200/report");

    assertThat(problem.get("detail").asText())
        .isEqualTo(
            "checkpoint \"step-00200\" has no report:"
                + " nothing has asked for its full evaluation");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/runs/nobody, no run has the id \"nobody\" here",
    "/v1/runs/nobody/metrics, no run has the id \"nobody\" here",
    "/v1/runs/fraud-7/checkpoints/none/report, run \"fraud-7\" has no checkpoint \"none\"",
    "/v1/reports/none, no report has the key \"none\" here",
    "/v1/evaluations/none, no evaluation has the id \"none\" here",
    "/v2/anything, there is no GET /v2/anything"
  })
  void whatIsNotThereIsA404ThatNamesIt(String path, String detail) {
    assertThat(problem(404, path).get("detail").asText()).isEqualTo(detail);
  }

  @Test
  void aPathOutOfTheServerIsRefused() {
    assertThat(problem(400, "/.%2e/etc/passwd").get("title").asText()).isEqualTo("Request refused");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "team/alpha 100% ☃",
        "../../etc/passwd",
        "<img src=x onerror=alert(1)>",
        "a;b=c?d#e",
        "back\\slash",
        "{run}",
        "%2F"
      })
  void anyTextIsARunId(String id) {
    fixture.feed(
        new SyntheticRun(ServerFixture.TOPICS, id, System.currentTimeMillis() - 1, 1).history(1));

    JsonNode detail = ok("/v1/runs/" + encode(id));

    assertThat(detail.at("/run/run_id").asText()).isEqualTo(id);
    assertThat(ok("/v1/runs/" + encode(id) + "/metrics?metric=roc_auc").get("series")).hasSize(5);
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/runs?limit=0, 'limit must be a whole number from 1 to 1000, got \"0\"'",
    "/v1/runs?limit=x, 'limit must be a whole number from 1 to 1000, got \"x\"'",
    "/v1/runs/fraud-7/metrics?tier=half, 'tier must be one of proxy, full, got \"half\"'",
    "/v1/evaluations?state=DONE, 'state must be one of WAITING, EVALUATING, EVALUATED, REUSED,"
        + " SUPERSEDED, INCOMPLETE, EXPIRED, FAILED, got \"DONE\"'",
    "/v1/prediction-sets?fold=-1, 'fold must be a whole number from 0 to 9999, got \"-1\"'",
    "/v1/prediction-sets?sampled=yes, 'sampled must be one of true, false, got \"yes\"'",
    "/v1/runs/a%01b, 'run must hold no control characters, got \"a�b\"'"
  })
  void aBadParameterIsNamedWithRuleAndValue(String path, String detail) {
    assertThat(problem(400, path).get("detail").asText()).isEqualTo(detail);
  }

  @Test
  void anEvaluationIsAcceptedWrittenAndFound() {
    HttpResponse<String> response =
        ask("{\"run_id\":\"fraud-7\",\"checkpoint\":\"step-00200\",\"thresholds\":50}");

    assertThat(response.statusCode()).isEqualTo(202);
    String location = response.headers().firstValue("Location").orElseThrow();
    JsonNode status = ok(location);
    assertThat(status.get("state").asText()).isEqualTo("EVALUATING");
    assertThat(status.get("trigger").asText()).isEqualTo("request");
    assertThat(fixture.written).hasSize(1);
    assertThat(fixture.written.get(0).thresholds()).isEqualTo(50);
    assertThat(fixture.written.get(0).split()).isEqualTo("validation");
  }

  @Test
  void everythingThatCanBeAskedReachesTheTopic() {
    HttpResponse<String> response =
        ask(
            "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"baseline\":{\"run_id\":\"b\",\"checkpoint\":\"d\"},"
                + "\"decision_threshold\":0.2,\"false_positive_cost\":1,\"false_negative_cost\":5,"
                + "\"bootstrap_replicates\":100,\"bootstrap_seed\":7,\"all_folds\":true,\"folds\":5,"
                + "\"honest_points\":true,\"propose_plan_budget\":500,\"priority\":9}");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
    EvaluationRequest request = fixture.written.get(0);
    assertThat(request.baseline()).isEqualTo(new EvaluationRequest.Baseline("b", "d", null));
    assertThat(request.decisionThreshold()).isEqualTo(0.2);
    assertThat(request.falseNegativeCost()).isEqualTo(5);
    assertThat(request.bootstrapReplicates()).isEqualTo(100);
    assertThat(request.bootstrapSeed()).isEqualTo(7);
    assertThat(request.allFolds()).isTrue();
    assertThat(request.folds()).isEqualTo(5);
    assertThat(request.honestPoints()).isTrue();
    assertThat(request.proposePlanBudget()).isEqualTo(500);
    assertThat(request.priority()).isEqualTo(9);
  }

  @Test
  void anEvaluationUnderWayShowsItsProgressAndCanBeTakenBack() {
    String id = "asked-for-progress";
    ask("{\"run_id\":\"fraud-7\",\"checkpoint\":\"step-01400\"}", "Idempotency-Key", id);
    assertThat(ok("/v1/evaluations/" + id).get("progress").isNull()).isTrue();

    fixture.feed(SyntheticRun.running(ServerFixture.TOPICS, id, "fraud-7", "step-01400", 2, 7));
    JsonNode status = ok("/v1/evaluations/" + id);
    assertThat(status.get("state").asText()).isEqualTo("EVALUATING");
    assertThat(status.get("reason").asText()).isEqualTo("pass 1 of 2: 2 of 7 splits are done");
    assertThat(status.at("/progress/splits_done").asInt()).isEqualTo(2);
    assertThat(status.at("/progress/splits_total").asInt()).isEqualTo(7);

    fixture.brokerError = "no answer within 10000 ms";
    assertThat(fixture.delete("/v1/evaluations/" + id).statusCode()).isEqualTo(503);
    fixture.brokerError = null;
    assertThat(fixture.delete("/v1/evaluations/" + id).statusCode()).isEqualTo(202);
    assertThat(fixture.withdrawn).containsExactly(id);
  }

  @Test
  void whatHasEndedOrIsNotThereCantBeTakenBack() {
    String ended = null;
    for (JsonNode e : ok("/v1/evaluations?state=EVALUATED").get("evaluations")) {
      ended = e.get("id").asText();
    }
    HttpResponse<String> late = fixture.delete("/v1/evaluations/" + encode(ended));
    assertThat(late.statusCode()).isEqualTo(409);
    assertThat(tree(late.body()).get("detail").asText())
        .isEqualTo("id must be of an evaluation under way, \"" + ended + "\" has ended EVALUATED");
    assertThat(fixture.delete("/v1/evaluations/none").statusCode()).isEqualTo(404);
    assertThat(fixture.delete("/v1/evaluations/x", "Origin", "http://evil.example").statusCode())
        .isEqualTo(403);
    assertThat(fixture.withdrawn).isEmpty();
  }

  @Test
  void theSameKeyAsksOnce() {
    String key = UUID.randomUUID().toString();
    String body = "{\"run_id\":\"fraud-7\",\"checkpoint\":\"step-00400\"}";

    HttpResponse<String> first = ask(body, "Idempotency-Key", key);
    HttpResponse<String> again = ask(body, "Idempotency-Key", key);
    HttpResponse<String> other =
        ask("{\"run_id\":\"fraud-7\",\"checkpoint\":\"step-00600\"}", "Idempotency-Key", key);

    assertThat(first.statusCode()).isEqualTo(202);
    assertThat(again.statusCode()).isEqualTo(202);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.headers().firstValue("Location"))
        .isEqualTo(first.headers().firstValue("Location"));
    assertThat(other.statusCode()).isEqualTo(422);
    assertThat(tree(other.body()).get("detail").asText())
        .isEqualTo("Idempotency-Key must mean one request, got another body for \"" + key + "\"");
    assertThat(fixture.written).hasSize(1);
  }

  @Test
  void aKeyIsKnownAgainAfterARestart() {
    String key = "asked-before-the-restart";
    String body = "{\"run_id\":\"fraud-7\",\"checkpoint\":\"step-00400\"}";
    String[] headers = {"Content-Type", JSON, "Idempotency-Key", '"' + key + '"'};
    try (var anew = new ServerFixture()) {
      FeedStatus well = anew.feedStatus;
      anew.feedStatus = new FeedStatus("CONNECTED", 0, false, Map.of(), null);
      HttpResponse<String> early = anew.post("/v1/evaluations", body, headers);
      assertThat(early.statusCode()).isEqualTo(503);
      assertThat(early.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(tree(early.body()).get("detail").asText())
          .isEqualTo(
              "the server has just started and can't say yet whether Idempotency-Key"
                  + " \"asked-before-the-restart\" was used; ask again in a second");
      // without a key nothing has to be remembered
      assertThat(anew.post("/v1/evaluations", body, "Content-Type", JSON).statusCode())
          .isEqualTo(202);
      anew.written.clear();

      anew.feed(asked(key, "step-00400"));
      anew.feedStatus = well;
      HttpResponse<String> again = anew.post("/v1/evaluations", body, headers);
      assertThat(again.statusCode()).isEqualTo(202);
      assertThat(again.headers().firstValue("Location")).hasValue("/v1/evaluations/" + key);
      HttpResponse<String> other =
          anew.post("/v1/evaluations", body.replace("400", "600"), headers);
      assertThat(other.statusCode()).isEqualTo(422);
      assertThat(anew.written).isEmpty();
    }
  }

  /** As the topic brings it back. */
  private static TopicRecord asked(String id, String checkpoint) {
    var request =
        dev.touchstone.schemas.avro.EvaluationRequest.newBuilder()
            .setRequestId(id)
            .setRunId("fraud-7")
            .setCheckpoint(checkpoint)
            .setPriority(5)
            .setEmittedAt(java.time.Instant.ofEpochMilli(1))
            .build();
    return new TopicRecord(
        ServerFixture.TOPICS.evaluationRequests(),
        id,
        Codec.of(dev.touchstone.schemas.avro.EvaluationRequest.class).encode(request),
        Map.of(),
        1);
  }

  @Test
  void aKeyMustBePlain() {
    HttpResponse<String> refused =
        ask("{\"run_id\":\"r\",\"checkpoint\":\"c\"}", "Idempotency-Key", "\"a b\"");

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(tree(refused.body()).get("detail").asText())
        .isEqualTo("Idempotency-Key must be 1 to 128 of A-Z a-z 0-9 . _ ~ : -, got \"\"a b\"\"");
  }

  @Test
  void aRequestThatKafkaDidNotTakeCanBeAskedAgain() {
    String key = UUID.randomUUID().toString();
    String body = "{\"run_id\":\"fraud-7\",\"checkpoint\":\"step-00800\"}";
    fixture.brokerError = "no answer within 10000 ms";

    HttpResponse<String> refused = ask(body, "Idempotency-Key", key);
    fixture.brokerError = null;
    HttpResponse<String> again = ask(body, "Idempotency-Key", key);

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(tree(refused.body()).get("detail").asText())
        .isEqualTo(
            "the request was not acknowledged (no answer within 10000 ms);"
                + " ask again with Idempotency-Key "
                + key);
    assertThat(again.statusCode()).isEqualTo(202);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|run_id is required, got nothing",
        "[]|body must be a JSON object, got []",
        "|body must be a JSON object, got nothing",
        "{\"run_id\":7,\"checkpoint\":\"c\"}|run_id must be a string, got 7",
        "{\"run_id\":\"\",\"checkpoint\":\"c\"}|run_id must have 1 to 256 characters, got \"\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"thresholds\":1}"
            + "|thresholds must be a whole number from 2 to 10000, got 1",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"thresholds\":1e99}"
            + "|thresholds must be a whole number from 2 to 10000, got 1.0E99",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"deadline_seconds\":0}"
            + "|deadline_seconds must be a whole number from 1 to 604800, got 0",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"metrics\":[\"a b\"]}"
            + "|metrics must hold metric names, 1 to 64 of A-Z a-z 0-9 _ . @ -, got \"a b\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"slices\":\"country\"}"
            + "|slices must be an array of at most 64 names, got \"country\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"treshold\":5}"
            + "|treshold must be one of run_id, checkpoint, evaluation_set, split, fold, metrics,"
            + " slices, baseline, decision_threshold, false_positive_cost, false_negative_cost,"
            + " bootstrap_replicates, bootstrap_seed, all_folds, folds, honest_points,"
            + " propose_plan_budget, thresholds, deadline_seconds, priority, got treshold",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"baseline\":\"c0\"}"
            + "|baseline must hold run_id and checkpoint, or set_key, got \"c0\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"baseline\":{\"run_id\":\"r\"}}"
            + "|baseline must hold run_id and checkpoint, or set_key, got {\"run_id\":\"r\"}",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"decision_threshold\":1e999}"
            + "|decision_threshold must be a finite number, got \"Infinity\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"false_positive_cost\":1}"
            + "|false_negative_cost must be given with the other cost, got nothing",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"all_folds\":\"yes\"}"
            + "|all_folds must be true or false, got \"yes\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"folds\":5}"
            + "|folds must be given with all_folds, got 5",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"fold\":1,\"all_folds\":true}"
            + "|fold must not be given with all_folds, got 1",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"all_folds\":true,\"baseline\":{\"set_key\":\"k\"}}|baseline"
            + " must hold run_id and checkpoint with all_folds, got {\"set_key\":\"k\"}",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"bootstrap_replicates\":1}"
            + "|bootstrap_replicates must be 0, or at least 2, got 1",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"slices\":[\"a**b\"]}"
            + "|slices must hold columns or crosses of up to 4, like country*device, got \"a**b\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"half \\ud83d\"}"
            + "|checkpoint must hold whole characters, got \"half �\"",
        "{\"run_id\":\"r\",\"checkpoint\":\"c\",\"priority\":10}"
            + "|priority must be a whole number from 0 to 9, got 10"
      })
  void aBadBodyIsNamedWithKeyRuleAndValue(String body, String detail) {
    HttpResponse<String> response = ask(body == null ? "" : body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(tree(response.body()).get("detail").asText()).isEqualTo(detail.trim());
    assertThat(fixture.written).isEmpty();
  }

  @Test
  void brokenJsonHugeBodiesAndOtherTypesAreRefused() {
    assertThat(ask("{\"run_id\":").statusCode()).isEqualTo(400);
    assertThat(ask("{\"run_id\":\"r\",\"checkpoint\":\"c\"} trailing").statusCode()).isEqualTo(400);
    HttpResponse<String> huge = ask(" ".repeat(70_000));
    assertThat(huge.statusCode()).isEqualTo(413);
    assertThat(tree(huge.body()).get("detail").asText())
        .isEqualTo("body must be at most 65536 bytes");
    HttpResponse<String> form =
        fixture.post("/v1/evaluations", "run_id=r", "Content-Type", "text/plain");
    assertThat(form.statusCode()).isEqualTo(415);
    assertThat(tree(form.body()).get("detail").asText())
        .isEqualTo("header Content-Type must be application/json, got text/plain");
  }

  @Test
  void anotherSitesPageMayNotWrite() {
    HttpResponse<String> response =
        ask("{\"run_id\":\"r\",\"checkpoint\":\"c\"}", "Origin", "http://evil.example");

    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(tree(response.body()).get("detail").asText())
        .isEqualTo("header Origin must be this server, got http://evil.example");
  }

  @Test
  void aTokenGuardsWritesAndOnlyWrites() {
    try (var guarded = new ServerFixture(s -> s.withToken("correct horse"))) {
      String body = "{\"run_id\":\"r\",\"checkpoint\":\"c\"}";
      HttpResponse<String> none = guarded.post("/v1/evaluations", body, "Content-Type", JSON);
      HttpResponse<String> wrong =
          guarded.post(
              "/v1/evaluations", body, "Content-Type", JSON, "Authorization", "Bearer nope");
      HttpResponse<String> right =
          guarded.post(
              "/v1/evaluations",
              body,
              "Content-Type",
              JSON,
              "Authorization",
              "Bearer correct horse");

      assertThat(none.statusCode()).isEqualTo(401);
      assertThat(none.headers().firstValue("WWW-Authenticate"))
          .hasValue("Bearer realm=\"touchstone\"");
      assertThat(wrong.statusCode()).isEqualTo(401);
      assertThat(wrong.body()).doesNotContain("nope").doesNotContain("horse");
      assertThat(right.statusCode()).isEqualTo(202);
      assertThat(guarded.get("/v1/runs").statusCode()).isEqualTo(200);
      assertThat(tree(guarded.get("/v1/status").body()).get("token_needed").asBoolean()).isTrue();
    }
  }

  @Test
  void anOpenAddressWithoutTokenServesReadsOnly() {
    try (var open = new ServerFixture(s -> s.withHost("0.0.0.0"))) {
      HttpResponse<String> write =
          open.post(
              "/v1/evaluations", "{\"run_id\":\"r\",\"checkpoint\":\"c\"}", "Content-Type", JSON);

      assertThat(write.statusCode()).isEqualTo(403);
      assertThat(tree(write.body()).get("detail").asText())
          .isEqualTo("server.token must be set for writes while the server listens on 0.0.0.0");
      assertThat(open.get("/v1/runs").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aTakenPortIsSaidPlainly() {
    int taken = fixture.server.port();

    assertThatThrownBy(() -> TouchstoneServer.start(ServerSettings.of(taken, "localhost:1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "server.port must be free: port "
                + taken
                + " is taken on 127.0.0.1; choose another one with --port");
  }

  @Test
  void healthFollowsTheFeedAndNotTheBroker() {
    FeedStatus well = fixture.feedStatus;
    try {
      fixture.feedStatus = new FeedStatus("CONNECTING", 0, false, Map.of(), "no broker");
      assertThat(fixture.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(ok("/v1/status").at("/kafka/error").asText()).isEqualTo("no broker");
      fixture.feedStatus = new FeedStatus("STOPPED", 0, false, Map.of(), "died");
      assertThat(problem(503, "/healthz").get("detail").asText())
          .isEqualTo("the topics are no longer read (died); restart the server");
    } finally {
      fixture.feedStatus = well;
    }
  }

  @Test
  void prometheusReadsCountsAndLag() {
    String text = fixture.get("/metrics").body();

    assertThat(text)
        .contains("# TYPE touchstone_server_records_total counter\n")
        .contains("touchstone_server_lag_records{topic=\"touchstone.metrics\"} 3\n")
        .contains("touchstone_server_evaluations_waiting 1\n")
        .containsPattern("touchstone_server_evaluations_total\\{state=\"EVALUATED\"} [1-9]")
        .containsPattern("touchstone_server_http_requests_total\\{status=\"200\"} [1-9]")
        .containsPattern(
            "touchstone_server_last_record_time_seconds\\{topic=\"touchstone.metrics\"} [1-9]")
        .contains("touchstone_forward_working{destination=\"remote-write\"} 0\n")
        .contains(
            "touchstone_forward_refused_total{destination=\"remote-write\",reason=\"undefined\"}"
                + " 2\n")
        .containsPattern("touchstone_server_records_total\\{topic=\"touchstone.reports\"} \\d+\n");
    assertThat(text.lines())
        .allMatch(
            line ->
                line.matches(
                    "# (HELP|TYPE) [a-z_]+ .*|[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*})?"
                        + " [0-9.E+-]+"));
  }

  @Test
  void everyAnswerForbidsForeignContent() {
    assertThat(fixture.get("/").headers().firstValue("Content-Security-Policy").orElseThrow())
        .startsWith("default-src 'self';")
        .doesNotContain("unsafe");
    assertThat(fixture.get("/v1/runs").headers().firstValue("X-Content-Type-Options"))
        .hasValue("nosniff");
  }

  @Test
  void aMethodThatIsNotThereIsA405() {
    HttpResponse<String> response =
        fixture.send(HttpRequest.newBuilder(fixture.uri("/v1/runs")).DELETE().build());

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow").orElseThrow()).contains("GET");
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
  }

  private static HttpResponse<String> ask(String body, String... headers) {
    String[] all = java.util.Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "Content-Type";
    all[headers.length + 1] = JSON;
    return fixture.post("/v1/evaluations", body, all);
  }

  private static JsonNode ok(String path) {
    HttpResponse<String> response = fixture.get(path);
    assertThat(response.statusCode()).as("%s: %s", path, response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue(JSON);
    return tree(response.body());
  }

  private static JsonNode problem(int status, String path) {
    HttpResponse<String> response = fixture.get(path);
    assertThat(response.statusCode()).as("%s: %s", path, response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = tree(response.body());
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("title").asText()).isNotEmpty();
    return problem;
  }

  private static JsonNode tree(String json) {
    try {
      return Json.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
