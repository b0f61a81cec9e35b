package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.touchstone.schemas.Topics;
import dev.touchstone.server.PagePlayground;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.SyntheticRun;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.EvaluationRequest;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.RequestSink;
import dev.touchstone.server.view.ViewLimits;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds openapi.json true: its paths are the server's, its schemas fit what the server answers. */
class OpenApiTest {

  private static ServerFixture fixture;
  private static SyntheticRun run;
  private static JsonNode document;

  @BeforeAll
  static void start() throws IOException {
    fixture = new ServerFixture();
    PagePlayground.past(fixture);
    run = PagePlayground.current(fixture, 12);
    document = Json.MAPPER.readTree(fixture.get("/openapi.json").body());
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @Test
  void everyRouteIsDescribedAndEveryDescribedRouteExists() {
    var bus = new HttpServer.EventBus(10);
    var view = new EngineView(Topics.withDefaultPrefix(), ViewLimits.defaults(), bus);
    var settings = new HttpSettings("127.0.0.1", 0, null, 2, Duration.ofSeconds(1), "test");
    List<String> routes;
    try (HttpServer server =
        HttpServer.start(
            settings,
            bus,
            view,
            () -> new FeedStatus("CONNECTED", 0, true, Map.of(), null),
            List::of,
            new NoRequests(),
            Clock.systemUTC())) {
      routes = server.routes().stream().map(r -> r.method() + " " + r.path()).sorted().toList();
    }
    List<String> described = new ArrayList<>();
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(m -> described.add(m.toUpperCase() + " " + path.getKey())));

    assertThat(described.stream().sorted()).containsExactlyElementsOf(routes);
  }

  private static final class NoRequests implements RequestSink {
    @Override
    public void write(EvaluationRequest request) {}

    @Override
    public void withdraw(String triggerId) {}
  }

  static Stream<Arguments> answers() {
    String run = "/v1/runs/fraud-live";
    String report = "/v1/runs/{run}/checkpoints/{checkpoint}/report";
    return Stream.of(
        Arguments.of("/v1/runs", "/v1/runs"),
        Arguments.of("/v1/runs/{run}", run),
        Arguments.of("/v1/runs/{run}", "/v1/runs/fraud-lr-3e-2"),
        Arguments.of("/v1/runs/{run}", "/v1/runs/team%2Fpayments%20sweep%207"),
        Arguments.of("/v1/runs/{run}/metrics", run + "/metrics"),
        Arguments.of(report, run + "/checkpoints/step-01000/report"),
        Arguments.of("/v1/reports/{report_key}", "/v1/reports/REPORT"),
        Arguments.of("/v1/evaluations", "/v1/evaluations"),
        Arguments.of("/v1/evaluations/{id}", "/v1/evaluations/EVALUATION"),
        Arguments.of("/v1/prediction-sets", "/v1/prediction-sets?CONTENT"),
        Arguments.of("/v1/status", "/v1/status"),
        Arguments.of("/healthz", "/healthz"));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void anAnswerIsWhatItsSchemaSays(String path, String asked) {
    String id = "";
    for (JsonNode e : tree(fixture.get("/v1/evaluations")).get("evaluations")) {
      id = e.get("id").isNull() ? id : e.get("id").asText();
    }
    HttpResponse<String> response =
        fixture.get(
            asked
                .replace("REPORT", run.reportKey(5))
                .replace("EVALUATION", id)
                .replace("CONTENT", run.content(5)));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(violations(path, "get", "200", tree(response))).isEmpty();
  }

  static Stream<Arguments> errors() {
    return Stream.of(
        Arguments.of("/v1/runs", "400", "/v1/runs?limit=-1"),
        Arguments.of("/v1/runs/{run}", "404", "/v1/runs/nobody"),
        Arguments.of("/v1/runs/{run}", "400", "/v1/runs/" + "x".repeat(300)),
        Arguments.of("/v1/runs/{run}/metrics", "400", "/v1/runs/fraud-live/metrics?tier=x"),
        Arguments.of("/v1/reports/{report_key}", "404", "/v1/reports/none"));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void anErrorIsWhatItsSchemaSays(String path, String status, String asked) {
    HttpResponse<String> response = fixture.get(asked);

    assertThat(response.statusCode()).isEqualTo(Integer.parseInt(status));
    assertThat(violations(path, "get", status, tree(response))).isEmpty();
  }

  @Test
  void anAcceptedRequestIsWhatItsSchemaSays() {
    HttpResponse<String> response =
        fixture.post(
            "/v1/evaluations",
            "{\"run_id\":\"fraud-live\",\"checkpoint\":\"step-00200\"}",
            "Content-Type",
            "application/json");

    assertThat(response.statusCode()).isEqualTo(202);
    assertThat(violations("/v1/evaluations", "post", "202", tree(response))).isEmpty();

    String id = tree(response).get("id").asText();
    fixture.feed(SyntheticRun.running(ServerFixture.TOPICS, id, "fraud-live", "step-00200", 1, 3));
    HttpResponse<String> withdrawn = fixture.delete("/v1/evaluations/" + id);
    assertThat(withdrawn.statusCode()).isEqualTo(202);
    assertThat(tree(withdrawn).get("progress").isObject()).isTrue();
    assertThat(violations("/v1/evaluations/{id}", "delete", "202", tree(withdrawn))).isEmpty();
  }

  @Test
  void aPlanIsWhatItsSchemaSays() {
    String path = "/v1/sampling-plans";
    for (String body :
        List.of(
            "{\"budget\":9,\"labels\":[0,1,0],\"scores\":[0.7,0.6,0.1],"
                + "\"segments\":[\"a\",\"b\",\"b\"]}",
            "{\"budget\":9,\"labels\":[0.5,1.5],\"task\":\"regression\"}")) {
      HttpResponse<String> response = fixture.post(path, body, "Content-Type", "application/json");
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      assertThat(violations(path, "post", "200", tree(response))).isEmpty();
    }
    HttpResponse<String> refused = fixture.post(path, "{}", "Content-Type", "application/json");
    assertThat(violations(path, "post", "400", tree(refused))).isEmpty();
    var documented = new TreeSet<String>();
    document
        .at("/components/schemas/PlanRequest/properties")
        .fieldNames()
        .forEachRemaining(documented::add);
    assertThat(documented).isEqualTo(new TreeSet<>(PlanRequestJson.FIELDS));
  }

  @Test
  void theDocumentedRequestFieldsAreThoseThatAreRead() {
    var documented = new TreeSet<String>();
    document
        .at("/components/schemas/EvaluationRequest/properties")
        .fieldNames()
        .forEachRemaining(documented::add);

    assertThat(documented).isEqualTo(new TreeSet<>(EvaluationsApi.FIELDS));
    assertThat(document.at("/components/schemas/EvaluationStatus/properties/state/enum"))
        .extracting(JsonNode::asText)
        .containsExactlyElementsOf(EvaluationsApi.STATES);
  }

  /** A schema that no answer could break would prove nothing. */
  @Test
  void aWrongAnswerWouldBeSeen() {
    ObjectNode detail = (ObjectNode) tree(fixture.get("/v1/runs/fraud-live"));
    ((ObjectNode) detail.get("run")).put("status", "ALIVE").remove("duplicates");

    assertThat(violations("/v1/runs/{run}", "get", "200", detail))
        .hasSize(2)
        .anyMatch(v -> v.contains("duplicates"))
        .anyMatch(v -> v.contains("status"));
  }

  private static List<String> violations(String path, String method, String status, JsonNode body) {
    JsonNode response = document.at("/paths/" + path.replace("/", "~1")).at("/" + method);
    response = response.get("responses").get(status);
    if (response.has("$ref")) {
      response = document.at(response.get("$ref").asText().substring(1));
    }
    // the answer's schema on its own, with the document's components beside it
    ObjectNode schema = (ObjectNode) response.get("content").iterator().next().get("schema");
    ObjectNode whole = schema.deepCopy();
    whole.set("components", document.get("components"));
    JsonSchema compiled =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole);
    return compiled.validate(body).stream().map(Object::toString).toList();
  }

  private static JsonNode tree(HttpResponse<String> response) {
    try {
      return Json.MAPPER.readTree(response.body());
    } catch (IOException e) {
      throw new AssertionError(response.body(), e);
    }
  }
}
