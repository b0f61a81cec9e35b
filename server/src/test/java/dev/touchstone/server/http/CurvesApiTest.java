package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.server.ManyRuns;
import dev.touchstone.server.PagePlayground;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Curves for charts, and what else the page asks of a run with many of them. */
class CurvesApiTest {

  private static ServerFixture fixture;

  @BeforeAll
  static void start() {
    fixture = new ServerFixture();
    PagePlayground.past(fixture);
    PagePlayground.current(fixture, 12);
    new ManyRuns(3, 2, 400).feed(fixture);
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @Test
  void aCurveByColumnsIsTheCurveByPoints() throws IOException {
    JsonNode points =
        tree("/v1/runs/fraud-live/metrics?metric=average_precision&slice=&tier=proxy")
            .at("/series/0/points");
    JsonNode curve =
        tree("/v1/curves?metric=average_precision&run=fraud-live&tier=proxy").at("/curves/0");

    assertThat(curve.get("total").asInt()).isEqualTo(points.size()).isEqualTo(12);
    for (int i = 0; i < points.size(); i++) {
      JsonNode manner = curve.get("manners").get(curve.get("manner").get(i).asInt());
      for (String field :
          new String[] {
            "step", "epoch", "ts", "value", "ci_low", "ci_high", "n", "checkpoint", "attempt"
          }) {
        assertThat(curve.get(field).get(i))
            .as("%s of point %d", field, i)
            .isEqualTo(points.get(i).get(field));
      }
      for (String field :
          new String[] {"state", "trust", "reason", "ci_method", "level", "revision"}) {
        assertThat(manner.get(field))
            .as("%s of point %d", field, i)
            .isEqualTo(points.get(i).get(field));
      }
    }
  }

  @Test
  void aThinnedCurveKeepsItsSpike() throws IOException {
    JsonNode curve =
        tree("/v1/curves?metric=metric_00&run=sweep-000&max_points=40&field=value&field=step")
            .at("/curves/0");

    assertThat(curve.get("total").asInt()).isEqualTo(400);
    assertThat(curve.get("value").size()).isLessThanOrEqualTo(40);
    assertThat(curve.get("value")).anyMatch(v -> v.asDouble() == ManyRuns.SPIKE);
    assertThat(curve.get("step").get(0).asInt()).isEqualTo(100);
    assertThat(curve.get("step").get(curve.get("step").size() - 1).asInt()).isEqualTo(40_000);
    assertThat(curve.has("ci_low")).isFalse();
  }

  @Test
  void digitsAreThoseOfValuesAndIntervalsOnly() throws IOException {
    String query = "/v1/curves?metric=metric_00&run=sweep-001&field=value&field=ci_low&field=ts";
    JsonNode whole = tree(query).at("/curves/0");
    JsonNode short4 = tree(query + "&digits=4").at("/curves/0");

    assertThat(short4.get("ts")).isEqualTo(whole.get("ts"));
    for (String field : new String[] {"value", "ci_low"}) {
      for (int i = 0; i < 400; i++) {
        assertThat(short4.get(field).get(i).doubleValue())
            .as("%s of point %d", field, i)
            .isEqualTo(
                new BigDecimal(whole.get(field).get(i).doubleValue())
                    .round(new MathContext(4))
                    .doubleValue());
      }
    }
    assertThat(problem("/v1/curves?metric=m&run=a&digits=2"))
        .contains("digits must be a whole number from 3 to 17");
  }

  @Test
  void manyRunsAreAnsweredAtOnceAndUnknownOnesLeftOut() throws IOException {
    JsonNode curves =
        tree("/v1/curves?metric=metric_01&run=sweep-002&run=nobody&run=sweep-000").get("curves");

    assertThat(curves)
        .extracting(c -> c.get("run_id").asText())
        .containsExactly("sweep-002", "sweep-000");
  }

  @Test
  void whatIsWrongIsSaid() {
    assertThat(problem("/v1/curves?run=a")).contains("metric");
    assertThat(problem("/v1/curves?metric=m")).contains("run must be given 1 to 100 times, got 0");
    assertThat(problem("/v1/curves?metric=m" + "&run=a&run=b".repeat(1) + manyRuns()))
        .contains("run must be given 1 to 100 times, got 101");
    assertThat(problem("/v1/curves?metric=m&run=a&field=colour"))
        .contains("field must be one of attempt");
    assertThat(problem("/v1/curves?metric=m&run=a&max_points=3"))
        .contains("max_points must be a whole number from 4 to 20000");
  }

  @Test
  void aRunCanBeAskedForOneMetricOfItsModelCheckpoints() throws IOException {
    JsonNode run = tree("/v1/runs/fraud-live?metric=roc_auc");

    assertThat(run.at("/checkpoints/0/proxies").properties())
        .extracting(e -> e.getKey())
        .containsExactly("roc_auc");
    assertThat(run.at("/newest/average_precision/proxy/step").asInt()).isEqualTo(2_400);
    assertThat(run.at("/newest/average_precision/full/step").asInt()).isEqualTo(2_000);
    assertThat(run.at("/newest/f1/full").isNull()).isTrue();
  }

  @Test
  void deadLettersAreCountedByTheRunTheyName() throws IOException {
    JsonNode runs = tree("/v1/runs").get("runs");

    assertThat(runs)
        .anySatisfy(
            r -> {
              assertThat(r.get("run_id").asText()).isEqualTo("fraud-live");
              assertThat(r.get("dead_letters").asInt()).isEqualTo(3);
            });
    assertThat(runs)
        .filteredOn(r -> r.get("run_id").asText().startsWith("sweep"))
        .allMatch(r -> r.get("dead_letters").asInt() == 0);
  }

  @Test
  void aStopStaysWhenTheRunGoesOn() throws IOException {
    var run = PagePlayground.run("told", System.currentTimeMillis(), 1);
    fixture.feed(run.history(3));
    fixture.feed(run.signal(2, "STOP", "no gain"));
    fixture.feed(run.signal(3, "CONTINUE", "a gain"));

    JsonNode told = tree("/v1/runs/told");

    assertThat(told.at("/signal/decision").asText()).isEqualTo("CONTINUE");
    assertThat(told.get("stops"))
        .extracting(s -> s.get("reason").asText())
        .containsExactly("no gain");
  }

  private static String manyRuns() {
    StringBuilder more = new StringBuilder();
    for (int i = 0; i < 99; i++) {
      more.append("&run=r").append(i);
    }
    return more.toString();
  }

  private static String problem(String path) {
    HttpResponse<String> response = fixture.get(path);
    assertThat(response.statusCode()).as(path).isEqualTo(400);
    return response.body().replace("\\\"", "\"");
  }

  private static JsonNode tree(String path) throws IOException {
    HttpResponse<String> response = fixture.get(path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return Json.MAPPER.readTree(response.body());
  }
}
