package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanTask;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.view.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingPlansApiTest {
  private static final int N = 2_000;
  private static ServerFixture fixture;
  private static String csv;
  private static final StringBuilder IDS = new StringBuilder();
  private static final StringBuilder LABELS = new StringBuilder();
  private static final StringBuilder SCORES = new StringBuilder();
  private static final StringBuilder SEGMENTS = new StringBuilder();

  @BeforeAll
  static void start() {
    fixture = new ServerFixture();
    var random = new SplittableRandom(4);
    var rows = new StringBuilder("key,y,p,country\n");
    for (int i = 0; i < N; i++) {
      long id = i * 0x9E3779B97F4A7C15L;
      int y = random.nextInt(30) == 0 ? 1 : 0;
      double p = Math.rint(1e6 / (1 + Math.exp(3 - random.nextGaussian() - 2 * y))) / 1e6;
      String country = random.nextBoolean() ? "DE" : "FR";
      rows.append(id).append(',').append(y).append(',').append(p).append(',');
      rows.append(country).append('\n');
      String comma = i == 0 ? "" : ",";
      IDS.append(comma).append('"').append(id).append('"');
      LABELS.append(comma).append(y);
      SCORES.append(comma).append(p);
      SEGMENTS.append(comma).append('"').append(country).append('"');
    }
    csv = rows.toString();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  private static HttpResponse<String> post(String query, String type, String body) {
    return fixture.post("/v1/sampling-plans" + query, body, "Content-Type", type);
  }

  private static PlanFile plan(HttpResponse<String> response) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    Map<String, Object> map = Json.MAPPER.readValue(response.body(), new TypeReference<>() {});
    return PlanFile.fromMap(map);
  }

  @Test
  void csvAndJsonGiveTheSamePlan() throws IOException {
    var fromCsv =
        plan(
            post(
                "?budget=300&seed=-9&positives_cap=30&id_column=key&label_column=y&score_column=p"
                    + "&segment_column=country",
                "text/csv; charset=utf-8",
                csv));
    var fromJson =
        plan(
            post(
                "",
                "application/json",
                String.format(
                    "{\"labels\":[%s],\"ids\":[%s],\"scores\":[%s],\"segments\":[%s],"
                        + "\"budget\":300,\"seed\":\"-9\",\"positives_cap\":30,\"task\":\"binary\"}",
                    LABELS, IDS, SCORES, SEGMENTS)));
    assertThat(fromJson).isEqualTo(fromCsv);
    assertThat(fromCsv.rule().population()).isEqualTo(N);
    assertThat(fromCsv.rule().options().seed()).isEqualTo(-9);
    assertThat(fromCsv.rule().options().positivesCap()).isEqualTo(30);
    String[] lines = csv.split("\n");
    for (int i = 1; i < lines.length; i++) {
      String[] cells = lines[i].split(",");
      int h = fromCsv.rule().stratumOf(cells[1], Double.parseDouble(cells[2]), cells[3]);
      long id = Long.parseLong(cells[0]);
      assertThat(fromCsv.stratumOf(id)).isEqualTo(fromCsv.rule().includes(id, h) ? h : -1);
    }
    var larger =
        plan(
            post(
                "?budget=700&seed=-9&positives_cap=30&id_column=key&label_column=y&score_column=p"
                    + "&segment_column=country",
                "text/csv",
                csv));
    assertThat(larger.indices(fromCsv.ids())).hasSize(fromCsv.size());
  }

  @Test
  void classesTargetsAndPlacesAsIds() throws IOException {
    var classes =
        plan(
            post(
                "",
                "application/json",
                "{\"task\":\"multiclass\",\"budget\":5,\"labels\":[\"a\",\"b\",\"a\",\"a\"]}"));
    assertThat(classes.rule().task()).isEqualTo(PlanTask.MULTICLASS);
    assertThat(classes.ids()).containsExactly(0, 1, 2, 3);
    var numbered =
        plan(
            post(
                "",
                "application/json",
                "{\"budget\":5,\"labels\":[2.0,2,10],\"task\":\"multiclass\",\"ids\":[7,-1,3]}"));
    assertThat(numbered.rule().strata()).extracting(s -> s.label()).containsExactly("2", "10");
    assertThat(numbered.ids()).containsExactly(-1, 3, 7);
    var targets = plan(post("?task=regression&budget=9", "text/csv", "label\n1.5\n2e3\n-1\n"));
    assertThat(targets.size()).isEqualTo(3);
    var flags = plan(post("", "application/json", "{\"budget\":5,\"labels\":[true,false]}"));
    assertThat(flags.rule().strata()).extracting(s -> s.label()).containsExactly("1", "0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{}                                          | budget | is required",
        "{\"budget\":5}                              | labels | is required",
        "{\"budget\":0,\"labels\":[0,1]}             | budget | must be at least 1",
        "{\"budget\":1.5,\"labels\":[0,1]}           | budget | must be a whole number of 64 bits",
        "{\"budget\":5,\"positives_cap\":0,\"labels\":[0]} | positives_cap | must be at least 1",
        "{\"budget\":5,\"labels\":7}                 | labels | must be an array",
        "{\"budget\":5,\"labels\":[0.5]}             | labels[0] | must be a whole number or a text",
        "{\"budget\":5,\"labels\":[0,null]}          | labels[1] | must be a number, or a text or true or false, as the others",
        "{\"budget\":5,\"labels\":[0,1],\"ids\":[1]} | ids | must be as many as labels (2)",
        "{\"budget\":5,\"labels\":[0],\"ids\":[1.5]} | ids[0] | must be a whole number of 64 bits",
        "{\"budget\":5,\"labels\":[0],\"scores\":[1e999]} | scores[0] | must be a finite number",
        "{\"budget\":5,\"labels\":[0],\"scores\":[\"1\"]} | scores[0] | must be a finite number",
        "{\"budget\":5,\"labels\":[0],\"segments\":[4]} | segments[0] | must be a string",
        "{\"budget\":5,\"task\":\"ranking\",\"labels\":[0]} | task | must be one of binary, multiclass, regression",
        "{\"budget\":5,\"task\":\"multiclass\",\"labels\":[0],\"scores\":[0]} | scores | must be given for binary labels only",
        "{\"budget\":5,\"budget\":6}                 | budget | must come once",
        "{\"budgte\":5}                              | budgte | must be one of budget, seed, positives_cap, task, ids, labels, scores, segments"
      })
  void aWrongMemberIsNamed(String body, String key, String rule) throws IOException {
    JsonNode problem = problem(400, post("", "application/json", body));
    assertThat(problem.get("key").asText()).isEqualTo(key);
    assertThat(problem.get("rule").asText()).isEqualTo(rule);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "?budget=9                 | label\\n0\\nnan\\n   | row 2: label must be 0 or 1, got nan",
        "?budget=9&score_column=p  | label,p\\n0,nan\\n   | score[0] must be a finite number, got \"nan\"",
        "?budget=9&id_column=id    | id,label\\n1,0\\n1,1 | ids must be unique, got 1 twice",
        "?budget=9&id_column=id    | id,label\\nx,0       | id[0] must be a whole number of 64 bits, got \"x\"",
        "?budget=1                 | label\\n0\\n1        | budget must be at least the number of strata, 2, got 1",
        "?budget=9                 | label\\n             | examples must be at least one, got none",
        "?budget=9                 | -                    | body must have a header, got an empty one",
        "?budget=9                 | y\\n0                | label_column must name one column of the body, got \"label\"",
        "?budget=9                 | label,label\\n0,0    | label_column must name one column of the body, got \"label\"",
        "?budget=9                 | label,p\\n0          | row 1 must have 2 fields as the header has, got 1",
        "?budget=x                 | label\\n0            | budget must be a whole number of 64 bits, got \"x\"",
        "?budget=9&task=x          | label\\n0            | task must be one of binary, multiclass, regression, got \"x\"",
        "-                         | label\\n0            | budget is required, got nothing"
      })
  void wrongTextIsNamed(String query, String body, String detail) throws IOException {
    var response =
        post(query == null ? "" : query, "text/csv", body == null ? "" : body.replace("\\n", "\n"));
    assertThat(problem(400, response).get("detail").asText()).isEqualTo(detail);
  }

  @Test
  void whatIsNeitherCsvNorJsonIsRefused() throws IOException {
    assertThat(problem(415, post("?budget=9", "text/plain", csv)).get("detail").asText())
        .isEqualTo("header Content-Type must be text/csv or application/json, got text/plain");
    assertThat(problem(400, post("", "application/json", "[1")).get("detail").asText())
        .isEqualTo("body must be a JSON object");
    assertThat(problem(400, post("", "application/json", "{\"labels\":[0,")).get("detail").asText())
        .startsWith("body must be JSON, got something else");
    assertThat(
            problem(400, post("", "application/json", "{\"budget\":5,\"labels\":[0]} x"))
                .get("detail")
                .asText())
        .startsWith("body must be");
  }

  /** More than other bodies may have, but not without end. */
  @Test
  void bodiesAreBounded() throws IOException {
    String large = "label\n" + "0\n1\n".repeat(100_000);
    assertThat(plan(post("?budget=9", "text/csv", large)).rule().population()).isEqualTo(200_000);
    String huge = "label\n" + "0\n".repeat((16 << 20) / 2);
    assertThat(problem(413, post("?budget=9", "text/csv", huge)).get("detail").asText())
        .isEqualTo("body must be at most 16777216 bytes; `touchstone plan` reads larger files");
    // and the next one is answered
    assertThat(post("?budget=9", "text/csv", "label\n0\n").statusCode()).isEqualTo(200);
  }

  /** Bodies that are still on their way take both places; then there is room again. */
  @Test
  void onlySoManyPlansAreMadeAtOnce() throws Exception {
    URI server = fixture.uri("/v1/sampling-plans");
    String head =
        "POST /v1/sampling-plans?budget=9 HTTP/1.1\r\nHost: "
            + server.getAuthority()
            + "\r\nContent-Type: text/csv\r\nContent-Length: 10\r\n\r\nlabel\n";
    List<Socket> slow = new ArrayList<>();
    HttpResponse<String> response;
    try {
      do {
        // one that comes while the answer below is made may find no place, so there are more
        Socket next = new Socket(server.getHost(), server.getPort());
        slow.add(next);
        next.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        response = post("?budget=9", "text/csv", "label\n0\n");
      } while (response.statusCode() == 200 && slow.size() < 100);
      assertThat(problem(503, response).get("detail").asText())
          .isEqualTo("at most 2 plans are made at once; ask again in a second");
      assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
      int made = 0;
      for (Socket socket : slow) {
        socket.getOutputStream().write("0\n1\n".getBytes(StandardCharsets.US_ASCII));
        var answer =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        String status = answer.readLine();
        assertThat(status).containsAnyOf("HTTP/1.1 200", "HTTP/1.1 503");
        made += status.startsWith("HTTP/1.1 200") ? 1 : 0;
      }
      // whoever was still unread when the first place was given back may have taken it
      assertThat(made).isBetween(2, slow.size());
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
    // a place is given back after its answer is written, so perhaps not at once
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    int status;
    do {
      status = post("?budget=9", "text/csv", "label\n0\n").statusCode();
    } while (status == 503 && System.nanoTime() < deadline);
    assertThat(status).isEqualTo(200);
  }

  @Test
  void pagesOfOtherSitesMayNotAsk() throws IOException {
    var response =
        fixture.post(
            "/v1/sampling-plans?budget=9",
            "label\n0\n",
            "Content-Type",
            "text/csv",
            "Origin",
            "http://elsewhere.example");
    assertThat(problem(403, response).get("title").asText()).isEqualTo("Another site");
  }

  private static JsonNode problem(int status, HttpResponse<String> response) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    return Json.MAPPER.readTree(response.body());
  }
}
