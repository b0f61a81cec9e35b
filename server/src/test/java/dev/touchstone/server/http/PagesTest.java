package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.SyntheticRun;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {

  private static final Pattern NEXT = Pattern.compile("<([^>]+)>; rel=\"next\"");
  private static final long START = 1_700_000_000_000L;

  private final ServerFixture fixture = new ServerFixture();

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void runsThatSpeakOrComeBetweenPagesNeitherRepeatNorHideOthers() {
    for (int i = 0; i < 7; i++) {
      fixture.feed(run("run-" + i, START + i).arriving(1, 1));
    }
    List<String> seen = new ArrayList<>();
    String next = "/v1/runs?limit=2";
    while (next != null) {
      HttpResponse<String> page = fixture.get(next);
      ids(page, "runs", "run_id", seen);
      // the oldest ones speak, one is new
      fixture.feed(run("run-0", START).arriving(5 + seen.size(), 1));
      fixture.feed(run("run-1", START + 1).arriving(5 + seen.size(), 1));
      fixture.feed(run("late-" + seen.size(), START + 1_000 + seen.size()).arriving(1, 1));
      next = next(page);
    }
    assertThat(seen).containsExactly("run-6", "run-5", "run-4", "run-3", "run-2", "run-1", "run-0");
  }

  @Test
  void runsAreFoundByTextAndStatusOnEveryPage() {
    for (int i = 0; i < 5; i++) {
      fixture.feed(run("Fraud & co/" + i, START + i).arriving(1, 1));
      fixture.feed(run("other-" + i, START + i).arriving(1, 1));
    }
    List<String> seen = new ArrayList<>();
    String next = "/v1/runs?limit=2&q=fraud%20%26&status=FINISHED";
    while (next != null) {
      HttpResponse<String> page = fixture.get(next);
      assertThat(tree(page).get("total").asInt()).isEqualTo(5);
      ids(page, "runs", "run_id", seen);
      next = next(page);
    }
    assertThat(seen)
        .containsExactly(
            "Fraud & co/4", "Fraud & co/3", "Fraud & co/2", "Fraud & co/1", "Fraud & co/0");
    assertThat(tree(fixture.get("/v1/runs?q=fraud&status=LIVE")).get("runs")).isEmpty();
  }

  @Test
  void evaluationsOfOneMomentAreAllListedOnce() {
    for (int i = 0; i < 5; i++) {
      fixture.feed(run("run-" + i, START).event(3));
      fixture.feed(run("run-" + i, START).evaluated(5));
    }
    List<String> seen = new ArrayList<>();
    String next = "/v1/evaluations?limit=3";
    while (next != null) {
      HttpResponse<String> page = fixture.get(next);
      for (JsonNode e : tree(page).get("evaluations")) {
        seen.add(e.get("run_id").asText() + " " + e.get("checkpoint").asText());
      }
      next = next(page);
    }
    assertThat(seen)
        .containsExactlyElementsOf(
            IntStream.of(5, 3)
                .boxed()
                .flatMap(
                    step ->
                        IntStream.range(0, 5)
                            .mapToObj(i -> "run-" + i + " " + SyntheticRun.checkpoint(step)))
                .toList());
  }

  @Test
  void curvesAndPredictionSetsHavePagesToo() {
    SyntheticRun run = run("r", START);
    fixture.feed(run.history(5));
    List<String> all = new ArrayList<>();
    String path = "/v1/runs/r/metrics?tier=proxy";
    HttpResponse<String> whole = fixture.get(path);
    assertThat(next(whole)).isNull();
    tree(whole).get("series").forEach(c -> all.add(c.get("metric") + " " + c.get("slice")));
    assertThat(all).hasSize(35);

    List<String> paged = new ArrayList<>();
    for (String next = path + "&limit=8"; next != null; ) {
      HttpResponse<String> page = fixture.get(next);
      tree(page).get("series").forEach(c -> paged.add(c.get("metric") + " " + c.get("slice")));
      next = next(page);
    }
    assertThat(paged).isEqualTo(all);
    HttpResponse<String> sets = fixture.get("/v1/prediction-sets?limit=1&" + run.content(1));
    assertThat(tree(sets).get("prediction_sets")).hasSize(1);
    assertThat(next(sets)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "%00",
        "..%2F..%2Fetc%2Fpasswd",
        "####",
        "[]",
        "{\"a\":1}",
        "[\"runs\"]",
        "[\"runs\",1]",
        "[\"runs\",\"1\",\"r\"]",
        "[\"runs\",1.5,\"r\"]",
        "[\"runs\",1e99,\"r\"]",
        "[\"runs\",99999999999999999999,\"r\"]",
        "[\"runs\",1,null]",
        "[\"runs\",1,[\"r\"]]",
        "[\"evaluations\",1,\"r\"]",
        "[\"runs\",1,\"r\"] trailing",
        "null"
      })
  void aCursorOfOnesOwnMakingIsRefused(String cursor) {
    String sent =
        cursor.isEmpty() || "[{n".indexOf(cursor.charAt(0)) < 0
            ? cursor.replace("#", "%23")
            : Base64.getUrlEncoder().encodeToString(cursor.getBytes(StandardCharsets.UTF_8));

    HttpResponse<String> refused = fixture.get("/v1/runs?cursor=" + sent);

    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
    assertThat(tree(refused).get("detail").asText())
        .startsWith("cursor must be taken from the Link header of a page of this list, got ");
  }

  @Test
  void namesOfEveryLengthFitIntoALink() {
    String name = "☃".repeat(256);
    fixture.feed(run(name, START).history(1));
    String path = "/v1/runs/" + encode(name) + "/metrics?limit=1&slice=&split=validation";

    String next = next(fixture.get(path));
    assertThat(next).startsWith("/v1/runs/" + encode(name) + "/metrics?");
    assertThat(tree(fixture.get(next)).get("series")).hasSize(1);
    String longest = Place.of(START, name, name, name, name, name).cursor("runs");
    assertThat(Place.parse("runs", longest).names()).hasSize(5).containsOnly(name);
  }

  @Test
  void aCursorHasAnEnd() {
    assertThat(fixture.get("/v1/runs?cursor=" + "A".repeat(10_000)).statusCode()).isEqualTo(400);
    assertThat(fixture.get("/v1/runs?cursor=" + "A".repeat(100_000)).statusCode()).isEqualTo(414);
    // as long as a request may be, and there is a next page
    fixture.feed(run("a", START).arriving(1, 1));
    fixture.feed(run("b", START).arriving(1, 1));
    String next = next(fixture.get("/v1/runs?limit=1&more=" + "a".repeat(16_000)));
    assertThat(fixture.get(next).statusCode()).isIn(200, 414);
  }

  private static SyntheticRun run(String id, long start) {
    return new SyntheticRun(ServerFixture.TOPICS, id, start, 1);
  }

  private static void ids(HttpResponse<String> page, String list, String id, List<String> into) {
    assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
    tree(page).get(list).forEach(item -> into.add(item.get(id).asText()));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String next(HttpResponse<String> page) {
    Matcher link = NEXT.matcher(page.headers().firstValue("Link").orElse(""));
    return link.matches() ? link.group(1) : null;
  }

  private static JsonNode tree(HttpResponse<String> response) {
    try {
      return Json.MAPPER.readTree(response.body());
    } catch (IOException e) {
      throw new AssertionError(response.body(), e);
    }
  }
}
