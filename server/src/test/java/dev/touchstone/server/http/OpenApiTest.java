package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.schemas.Topics;
import dev.touchstone.server.ApiDocument;
import dev.touchstone.server.PagePlayground;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.ServerSettings;
import dev.touchstone.server.SyntheticRun;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.EvaluationRequest;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.RequestSink;
import dev.touchstone.server.view.ViewLimits;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Holds openapi.json true: its paths are the server's, every answer that it describes is given
 * here, and each fits its schema (which {@link ServerFixture} sees to, in all other tests too).
 */
class OpenApiTest {

  private static final String ASK = "{\"run_id\":\"fraud-live\",\"checkpoint\":\"step-00200\"}";
  private static final String[] JSON = {"Content-Type", "application/json"};

  private static ServerFixture fixture;
  private static SyntheticRun run;
  private static JsonNode document;

  @BeforeAll
  static void start() {
    fixture = new ServerFixture(OpenApiTest::withOneWatcher);
    PagePlayground.past(fixture);
    run = PagePlayground.current(fixture, 12);
    document = ApiDocument.json();
  }

  private static ServerSettings withOneWatcher(ServerSettings s) {
    return new ServerSettings(
        s.host(),
        s.port(),
        s.bootstrap(),
        s.topics(),
        s.token(),
        1,
        s.events(),
        s.limits(),
        s.forward());
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

  @Test
  void everyAnswerThatIsDescribedIsGivenAndFitsItsSchema() throws Exception {
    var given = new TreeSet<String>();
    String report = "/v1/runs/fraud-live/checkpoints/step-01000/report";
    String ended = "";
    for (JsonNode e : tree(fixture.get("/v1/evaluations")).get("evaluations")) {
      ended = e.get("id").isNull() ? ended : e.get("id").asText();
    }
    for (String path :
        List.of(
            "/v1/runs",
            "/v1/runs/fraud-live",
            "/v1/runs/fraud-lr-3e-2",
            "/v1/runs/team%2Fpayments%20sweep%207",
            "/v1/runs/fraud-live?metric=roc_auc",
            "/v1/runs/fraud-live/metrics",
            "/v1/curves?metric=average_precision&run=fraud-live",
            report,
            "/v1/reports/" + run.reportKey(5),
            "/v1/evaluations",
            "/v1/evaluations/" + ended,
            "/v1/prediction-sets?" + run.content(5))) {
      HttpResponse<String> response = note(given, fixture.get(path));
      String tag = response.headers().firstValue("ETag").orElseThrow();
      assertThat(note(given, fixture.get(path, "If-None-Match", tag)).statusCode())
          .as("%s with the tag of the answer before", path)
          .isEqualTo(304);
    }
    String tooLong = "x".repeat(300);
    for (String path :
        List.of(
            "/v1/runs?limit=-1",
            "/v1/runs/nobody",
            "/v1/runs/" + tooLong,
            "/v1/runs/nobody/metrics",
            "/v1/runs/fraud-live/metrics?tier=x",
            "/v1/curves?metric=average_precision",
            report.replace("live", "dead"),
            report + "?split=" + tooLong,
            "/v1/reports/none",
            "/v1/reports/" + tooLong,
            "/v1/evaluations?state=DONE",
            "/v1/evaluations/none",
            "/v1/evaluations/" + tooLong.repeat(7),
            "/v1/prediction-sets?fold=-1",
            "/v1/events?run=" + tooLong,
            "/v1/status",
            "/healthz",
            "/metrics")) {
      note(given, fixture.get(path));
    }
    asked(given, ended);
    planned(given);
    streamed(given);
    FeedStatus well = fixture.feedStatus;
    fixture.feedStatus = new FeedStatus("STOPPED", 0, false, Map.of(), "died");
    note(given, fixture.get("/healthz"));
    fixture.feedStatus = well;

    var described = ApiDocument.answers();
    // needs plans that are made while another one is asked for: SamplingPlansApiTest
    assertThat(described.remove("POST /v1/sampling-plans 503")).isTrue();
    assertThat(given).isEqualTo(described);
  }

  private static void asked(TreeSet<String> given, String ended) {
    String path = "/v1/evaluations";
    HttpResponse<String> accepted =
        note(given, fixture.post(path, ASK, with("Idempotency-Key", "once")));
    note(given, fixture.post(path, "{}", JSON));
    note(given, fixture.post(path, ASK, with("Origin", "http://elsewhere.example")));
    note(given, fixture.post(path, ASK, with("Idempotency-Key", ended)));
    note(given, fixture.post(path, " ".repeat(70_000), JSON));
    note(given, fixture.post(path, ASK, "Content-Type", "text/plain"));
    String other = ASK.replace("200", "400");
    note(given, fixture.post(path, other, with("Idempotency-Key", "once")));

    String id = tree(accepted).get("id").asText();
    fixture.feed(SyntheticRun.running(ServerFixture.TOPICS, id, "fraud-live", "step-00200", 1, 3));
    HttpResponse<String> withdrawn = note(given, fixture.delete(path + "/" + id));
    assertThat(tree(withdrawn).get("progress").isObject()).isTrue();
    note(given, fixture.delete(path + "/" + "x".repeat(3_000)));
    note(given, fixture.delete(path + "/" + id, "Origin", "http://elsewhere.example"));
    note(given, fixture.delete(path + "/none"));
    note(given, fixture.delete(path + "/" + ended));
    fixture.brokerError = "no answer within 10000 ms";
    note(given, fixture.post(path, ASK, JSON));
    note(given, fixture.delete(path + "/" + id));
    fixture.brokerError = null;

    try (var guarded = new ServerFixture(s -> s.withToken("long enough"))) {
      note(given, guarded.post(path, ASK, JSON));
      note(given, guarded.post("/v1/sampling-plans", "{}", JSON));
      note(given, guarded.delete(path + "/" + id));
    }
  }

  private static void planned(TreeSet<String> given) {
    String path = "/v1/sampling-plans";
    note(
        given,
        fixture.post(
            path,
            "{\"budget\":9,\"labels\":[0,1,0],\"scores\":[0.7,0.6,0.1],"
                + "\"segments\":[\"a\",\"b\",\"b\"]}",
            JSON));
    note(
        given,
        fixture.post(path, "{\"budget\":9,\"labels\":[0.5,1.5],\"task\":\"regression\"}", JSON));
    note(given, fixture.post(path, "{}", JSON));
    note(given, fixture.post(path, "{}", with("Origin", "http://elsewhere.example")));
    note(given, fixture.post(path, " ".repeat((16 << 20) + 1), JSON));
    note(given, fixture.post(path, "{}", "Content-Type", "text/plain"));
  }

  /** A stream has no end, so that its answer is no body; here it takes the only seat. */
  private static void streamed(TreeSet<String> given) throws Exception {
    HttpResponse<InputStream> stream =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(fixture.uri("/v1/events")).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);
    assertThat(stream.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/event-stream");
    given.add("GET /v1/events 200");
    note(given, fixture.get("/v1/events"));
    stream.body().close();
  }

  private static HttpResponse<String> note(TreeSet<String> given, HttpResponse<String> response) {
    String path = ApiDocument.template(response.request().uri().getRawPath());
    given.add(response.request().method() + " " + path + " " + response.statusCode());
    return response;
  }

  private static String[] with(String header, String value) {
    return new String[] {JSON[0], JSON[1], header, value};
  }

  @Test
  void theDocumentedRequestFieldsAreThoseThatAreRead() {
    assertThat(fields("EvaluationRequest")).isEqualTo(new TreeSet<>(EvaluationsApi.FIELDS));
    assertThat(fields("PlanRequest")).isEqualTo(new TreeSet<>(PlanRequestJson.FIELDS));
    assertThat(document.at("/components/schemas/EvaluationStatus/properties/state/enum"))
        .extracting(JsonNode::asText)
        .containsExactlyElementsOf(EvaluationsApi.STATES);
    assertThat(document.at("/components/schemas/RunSummary/properties/status/enum"))
        .extracting(JsonNode::asText)
        .containsExactlyInAnyOrderElementsOf(RunsApi.STATUSES);
  }

  private static TreeSet<String> fields(String schema) {
    var documented = new TreeSet<String>();
    document
        .at("/components/schemas/" + schema + "/properties")
        .fieldNames()
        .forEachRemaining(documented::add);
    return documented;
  }

  /** A schema that no answer could break would prove nothing. */
  @Test
  void aWrongAnswerWouldBeSeen() {
    ObjectNode detail = (ObjectNode) tree(fixture.get("/v1/runs/fraud-live"));
    ((ObjectNode) detail.get("run")).put("status", "ALIVE").remove("duplicates");

    assertThat(
            ApiDocument.violations(
                document.at(
                    "/paths/~1v1~1runs~1{run}/get/responses/200/content/application~1json/schema"),
                detail))
        .hasSize(2)
        .anyMatch(v -> v.contains("duplicates"))
        .anyMatch(v -> v.contains("status"));
  }

  private static JsonNode tree(HttpResponse<String> response) {
    try {
      return Json.MAPPER.readTree(response.body());
    } catch (IOException e) {
      throw new AssertionError(response.body(), e);
    }
  }
}
