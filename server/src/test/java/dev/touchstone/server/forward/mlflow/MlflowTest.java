package dev.touchstone.server.forward.mlflow;

import static dev.touchstone.server.forward.SampleResults.point;
import static dev.touchstone.server.forward.SampleResults.report;
import static dev.touchstone.server.forward.SampleResults.stop;
import static dev.touchstone.server.forward.SampleResults.verdict;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.Result;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MlflowTest {

  private FakeMlflow server;

  @BeforeEach
  void start() throws IOException {
    server = new FakeMlflow();
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  @Test
  void aPointBecomesAMetricOfTheRunWithAllOfItsBits() throws Exception {
    assertThat(mlflow().deliver(List.of(point()))).isEqualTo(Delivered.all(1));

    JsonNode created = server.calls("runs/create").get(0).json();
    assertThat(created.path("experiment_id").asText()).isEqualTo("7");
    assertThat(created.path("run_name").asText()).isEqualTo("fraud-7");
    assertThat(tags(created)).containsEntry("touchstone.run_id", "fraud-7");
    JsonNode batch = server.calls("runs/log-batch").get(0).json();
    assertThat(batch.path("run_id").asText()).isEqualTo("new0");
    JsonNode metric = batch.path("metrics").path(0);
    assertThat(metric.path("key").asText()).isEqualTo("proxy/val/validation/average_precision");
    assertThat(metric.path("value").asDouble()).isEqualTo(0.1 + 0.2);
    assertThat(metric.path("step").asLong()).isEqualTo(40);
    assertThat(metric.path("timestamp").asLong()).isEqualTo(1_700_000_000_123L);
    assertThat(tags(server.calls("runs/log-batch").get(1).json()))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("touchstone.evaluation_set", "val", "touchstone.model", "m-digest"));
  }

  @Test
  void theRunIsLookedForOnceAndTagsAreSentWhenTheyChange() throws Exception {
    var mlflow = mlflow();

    mlflow.deliver(List.of(point(), point("step", 41)));
    mlflow.deliver(List.of(point("step", 42)));

    assertThat(server.calls("runs/search")).hasSize(1);
    assertThat(server.calls("runs/create")).hasSize(1);
    // metrics, tags, metrics
    assertThat(server.calls("runs/log-batch")).hasSize(3);
  }

  @Test
  void theNewestRunWithTheTagThatNobodyDeletedIsGoneOnWith() throws Exception {
    server.experimentExists = true;
    server.run("older", "active", 10);
    server.run("newest", "active", 20);
    server.run("deleted", "deleted", 30);

    mlflow().deliver(List.of(point()));

    assertThat(server.calls("runs/create")).isEmpty();
    assertThat(server.calls("runs/log-batch").get(0).json().path("run_id").asText())
        .isEqualTo("newest");
    JsonNode query = server.calls("runs/search").get(0).json();
    assertThat(query.path("filter").asText()).isEqualTo("tags.`touchstone.run_id` = 'fraud-7'");
  }

  @Test
  void anIdThatWouldBreakOutOfAQueryIsSearchedByItsDigest() throws Exception {
    for (String id :
        List.of("x' OR 'a' = 'a", "back\\", "a`b", "q\"", "new\nline", "x".repeat(501))) {
      mlflow().deliver(List.of(point("run_id", id)));
    }

    for (var call : server.calls("runs/search")) {
      assertThat(call.json().path("filter").asText())
          .matches("tags\\.`touchstone\\.run_key` = '[0-9a-f]{32}'");
    }
    assertThat(tags(server.calls("runs/create").get(0).json()))
        .containsEntry("touchstone.run_id", "x' OR 'a' = 'a")
        .containsKey("touchstone.run_key");
  }

  @Test
  void aRunThatSomebodyDeletedIsNotMadeAgain() throws Exception {
    server.experimentExists = true;
    server.run("gone", "deleted", 10);
    var mlflow = mlflow();

    assertThat(mlflow.deliver(List.of(point(), stop(), report("{}"))))
        .isEqualTo(new Delivered(0, Map.of("run_deleted", 3)));
    assertThat(server.calls("runs/create")).isEmpty();

    server.runs.clear();
    server.run("restored", "active", 10);
    assertThat(mlflow.deliver(List.of(point()))).isEqualTo(Delivered.all(1));
  }

  @Test
  void aRunThatIsDeletedMeanwhileIsCounted() throws Exception {
    server.fault(
        "log-batch",
        400,
        "INVALID_PARAMETER_VALUE",
        "The run r must be in the 'active' state. Current state is deleted.");

    assertThat(mlflow().deliver(List.of(point(), point("step", 41))))
        .isEqualTo(new Delivered(0, Map.of("run_deleted", 2)));
  }

  @Test
  void aDeletedExperimentIsRespectedToo() throws Exception {
    server.experimentExists = true;
    server.experimentStage = "deleted";

    assertThat(mlflow().deliver(List.of(point())))
        .isEqualTo(new Delivered(0, Map.of("run_deleted", 1)));
  }

  @Test
  void aRunThatTheServerLostIsMadeAnew() throws Exception {
    var mlflow = mlflow();
    mlflow.deliver(List.of(point()));
    server.runs.clear();
    server.fault("log-batch", 404, "RESOURCE_DOES_NOT_EXIST", "Run not found");

    assertThatThrownBy(() -> mlflow.deliver(List.of(point())))
        .isInstanceOf(HomeAwayException.class)
        .hasMessageContaining("has lost run new0");

    server.faults.clear();
    assertThat(mlflow.deliver(List.of(point()))).isEqualTo(Delivered.all(1));
    assertThat(server.calls("runs/create")).hasSize(2);
  }

  @Test
  void partialAndUndefinedPointsAndOutcomesWithoutAReportAreCounted() throws Exception {
    assertThat(
            mlflow()
                .deliver(
                    List.of(
                        point("state", "PARTIAL"), point("value", null), report(null), point())))
        .isEqualTo(new Delivered(1, Map.of("partial", 1, "undefined", 1, "no_report", 1)));
  }

  @Test
  void manyPointsGoInRequestsThatMlflowTakes() throws Exception {
    List<Result> points = new ArrayList<>();
    IntStream.range(0, 1_201).forEach(i -> points.add(point("step", i)));

    assertThat(mlflow().deliver(points)).isEqualTo(Delivered.all(1_201));

    assertThat(server.calls("runs/log-batch"))
        .filteredOn(call -> call.text().contains("metrics"))
        .allSatisfy(
            call -> {
              assertThat(call.json().path("metrics")).hasSizeLessThanOrEqualTo(1_000);
              assertThat(call.text()).hasSizeLessThan(1_000_000);
            })
        .hasSize(3);
  }

  @Test
  void oneBadMetricCostsNoneBesideIt() throws Exception {
    server.faults.add(
        new FakeMlflow.Fault(
            call -> call.path().endsWith("log-batch") && call.text().contains("\"step\":13}"),
            400,
            "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"no\"}"));
    List<Result> points = new ArrayList<>();
    IntStream.range(0, 20).forEach(i -> points.add(point("step", i)));

    assertThat(mlflow().deliver(points)).isEqualTo(new Delivered(19, Map.of("rejected", 1)));
  }

  @Test
  void dataThatAServerFailsOnIsGivenUpAfterAWhile() throws Exception {
    server.fault("log-batch", 500, "INTERNAL_ERROR", "character with value 0");
    var mlflow = mlflow();

    for (int i = 1; i < 5; i++) {
      assertThatThrownBy(() -> mlflow.deliver(List.of(point(), point("step", 41))))
          .isInstanceOf(HomeAwayException.class)
          .hasMessageContaining("runs/log-batch, answered 500: character with value 0");
    }
    assertThat(mlflow.deliver(List.of(point(), point("step", 41))))
        .isEqualTo(new Delivered(0, Map.of("server_failed", 2)));
  }

  @Test
  void aServerThatFailsOnEverythingIsWaitedFor() throws Exception {
    var mlflow = mlflow();
    mlflow.deliver(List.of(point()));
    server.fault("log-batch", 500, "INTERNAL_ERROR", "the database is away");
    server.fault("get-by-name", 500, "INTERNAL_ERROR", "the database is away");

    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> mlflow.deliver(List.of(point())))
          .isInstanceOf(HomeAwayException.class);
    }
    server.faults.clear();
    assertThat(mlflow.deliver(List.of(point()))).isEqualTo(Delivered.all(1));
  }

  @Test
  void signalsAndVerdictsBecomeTags() throws Exception {
    assertThat(mlflow().deliver(List.of(stop(), verdict("a", "b")))).isEqualTo(Delivered.all(2));

    assertThat(tags(server.calls("runs/log-batch").get(0).json()))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "touchstone.signal", "STOP",
                "touchstone.signal.reason", "5 checks brought no gain",
                "touchstone.signal.step", "4000",
                "touchstone.verdict.release", "FAIL",
                "touchstone.verdict.release.checkpoint", "step-16",
                "touchstone.verdict.release.reasons", "a; b"));
  }

  @Test
  void aReportBecomesAnArtifact() throws Exception {
    assertThat(mlflow().deliver(List.of(report("{\"n\":4}", "checkpoint", "a/b c"))))
        .isEqualTo(Delivered.all(1));

    var put = server.calls("mlflow-artifacts").get(0);
    assertThat(put.method()).isEqualTo("PUT");
    assertThat(put.text()).isEqualTo("{\"n\":4}");
    assertThat(put.path())
        .matches(
            "/api/2.0/mlflow-artifacts/artifacts/7/new0/artifacts/touchstone"
                + "/a_b_c-[0-9a-f]{8}/val-validation-[0-9a-f]{8}\\.json");
  }

  @ParameterizedTest
  @CsvSource({"s3://bucket/7/", "/mlruns/7/", "mlflow-artifacts://elsewhere:1/7/", "'C:\\x y\\'"})
  void whereTheServerKeepsNoArtifactsReportsAreCounted(String root) throws Exception {
    server.artifactRoot = root;

    assertThat(mlflow().deliver(List.of(report("{}"), point())))
        .isEqualTo(new Delivered(1, Map.of("no_artifact_store", 1)));
    assertThat(server.calls("mlflow-artifacts")).isEmpty();
  }

  @Test
  void aServerThatSaysItKeepsNoArtifactsIsNotAskedForever() throws Exception {
    server.faults.add(
        new FakeMlflow.Fault(
            call -> call.method().equals("PUT"), 503, "running with `--no-serve-artifacts`. To"));

    assertThat(mlflow().deliver(List.of(report("{}"))))
        .isEqualTo(new Delivered(0, Map.of("no_artifact_store", 1)));
  }

  @Test
  void userAndTokenAreSentAndNeverSaid() throws Exception {
    var basic = ForwardSettings.Mlflow.at(server.url("ann:s3cr3t@", "/base/").toString());
    var bearer =
        new ForwardSettings.Mlflow(server.url("", "").toString(), "e", "t0ken", null, null);

    new Mlflow(basic).deliver(List.of(point()));
    assertThat(server.calls("/").get(0).authorization()).isEqualTo("Basic YW5uOnMzY3IzdA==");
    assertThat(server.calls("/").get(0).path()).startsWith("/base/api/2.0/mlflow/");
    server.calls.clear();
    new Mlflow(new ForwardSettings.Mlflow(server.url("", "").toString(), null, null, "bob", "pw12"))
        .deliver(List.of(point()));
    assertThat(server.calls("/").get(0).authorization()).isEqualTo("Basic Ym9iOnB3MTI=");
    server.calls.clear();
    new Mlflow(bearer).deliver(List.of(point()));
    assertThat(server.calls("/").get(0).authorization()).isEqualTo("Bearer t0ken");

    assertThat(basic.toString() + bearer).doesNotContain("s3cr3t").doesNotContain("t0ken");
    server.fault("get-by-name", 401, "", "who are you?");
    assertThatThrownBy(() -> new Mlflow(basic).deliver(List.of(point())))
        .isInstanceOf(HomeAwayException.class)
        .hasMessageContaining("answered 401: who are you? (check user, password or token")
        .hasMessageNotContaining("s3cr3t");
  }

  @Test
  void aServerThatIsAwayIsWaitedFor() {
    URI url = server.url("", "");
    server.close();

    assertThatThrownBy(
            () -> new Mlflow(ForwardSettings.Mlflow.at(url.toString())).deliver(List.of(point())))
        .isInstanceOf(HomeAwayException.class)
        .hasMessageStartingWith("MLflow at " + url + " can't be reached");
  }

  @ParameterizedTest
  @CsvSource({
    "200, '', '', DONE",
    "400, INVALID_PARAMETER_VALUE, 'bad key', REJECTED",
    "400, INVALID_PARAMETER_VALUE, 'The run r must be in the ''active'' state.', DELETED",
    "400, RESOURCE_ALREADY_EXISTS, '', EXISTS",
    "404, RESOURCE_DOES_NOT_EXIST, '', MISSING",
    "404, '', 'no such page', MISSING",
    "401, '', '', UNAUTHORIZED",
    "403, PERMISSION_DENIED, '', UNAUTHORIZED",
    "408, '', '', AWAY",
    "409, ABORTED, '', REJECTED",
    "413, '', '', TOO_LARGE",
    "429, REQUEST_LIMIT_EXCEEDED, '', AWAY",
    "429, '', '', AWAY",
    "500, INTERNAL_ERROR, '', FAILED",
    "500, TEMPORARILY_UNAVAILABLE, '', AWAY",
    "501, NOT_IMPLEMENTED, '', FAILED",
    "502, '', '', AWAY",
    "503, '', 'disabled due to the mlflow server running with `--no-serve-artifacts`',"
        + " NO_ARTIFACT_STORE",
    "503, '', '', AWAY",
    "504, DEADLINE_EXCEEDED, '', AWAY",
    "302, '', '', REJECTED"
  })
  void anAnswerMeansOneThing(int status, String code, String message, Reply reply) {
    assertThat(Reply.classify(status, code, message)).isEqualTo(reply);
  }

  @Test
  void keysAreLegalAndNoTwoNamesShareOne() {
    assertThat(key("slice", "country=DE*device=phone"))
        .isEqualTo("proxy/val/validation/average_precision/country/DE/device/phone");
    assertThat(key("evaluation_set", "", "split", "", "metric", "training_loss"))
        .isEqualTo("run/training_loss");
    List<String> keys =
        Stream.of(
                key("slice", "a=b"),
                key("slice", "a"),
                key("slice", "a/b"),
                key("slice", "a=b=c"),
                key("slice", "a=b*c"),
                key("slice", "a=b c"),
                key("slice", "a=b:c"),
                key("slice", "a=.."),
                key("slice", "a="),
                key("slice", "city=Köln"),
                key("metric", "m/validation", "split", ""),
                key("metric", "precision@10%"),
                key("evaluation_set", "../.."),
                key("evaluation_set", "x".repeat(300)),
                key("evaluation_set", "x".repeat(301)))
            .toList();
    assertThat(keys)
        .doesNotHaveDuplicates()
        .allMatch(k -> k.length() <= 250)
        // MLflow 3's rule: no other characters, and a path that is as short as can be
        .allMatch(k -> k.matches("(?U)[/\\w.\\- :]*"))
        .allMatch(k -> Stream.of(k.split("/", -1)).noneMatch(p -> p.matches("\\.{0,2}")));
  }

  private static String key(Object... changes) {
    return Keys.metric(point(changes).point());
  }

  private static Map<String, String> tags(JsonNode request) {
    return StreamSupport.stream(request.path("tags").spliterator(), false)
        .collect(Collectors.toMap(t -> t.path("key").asText(), t -> t.path("value").asText()));
  }

  private Mlflow mlflow() {
    return new Mlflow(ForwardSettings.Mlflow.at(server.url("", "").toString()));
  }
}
