package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.server.PagePlayground;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.ServerSettings;
import dev.touchstone.server.SyntheticRun;
import dev.touchstone.server.view.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Server-sent events over a real socket. The timeout is the deadline of every wait below. */
@Timeout(30)
class EventsApiTest {

  private record Event(String id, String type, JsonNode data) {}

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final ServerFixture fixture = new ServerFixture(s -> withEvents(s, 500, 3));
  private final SyntheticRun run = PagePlayground.run("r1", System.currentTimeMillis(), 1);

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void changesArriveInOrderAndSilenceIsBroken() throws Exception {
    try (var stream = new Stream(fixture, "/v1/events", null)) {
      assertThat(stream.next().type()).isEqualTo("hello");
      fixture.feed(run.event(1));
      fixture.feed(run.arriving(1, 0.5));

      assertThat(stream.next().type()).isEqualTo("checkpoint");
      Event set = stream.next();
      assertThat(set.type()).isEqualTo("set");
      assertThat(set.data().get("received").asLong()).isEqualTo(500_000);
      Event point = stream.next();
      assertThat(point.type()).isEqualTo("point");
      assertThat(point.data().get("run_id").asText()).isEqualTo("r1");
      assertThat(point.data().get("metric").asText()).isEqualTo("average_precision");
      assertThat(stream.until(e -> e.type().equals("heartbeat")).data().get("ts").asLong())
          .isPositive();
    }
  }

  @Test
  void aStreamCanBeOfOneRun() throws Exception {
    try (var stream = new Stream(fixture, "/v1/events?run=r1", null)) {
      stream.next();
      fixture.feed(PagePlayground.run("other", 0, 1).event(1));
      fixture.feed(run.event(1));

      assertThat(stream.next().data().get("run_id").asText()).isEqualTo("r1");
    }
  }

  @Test
  void aWatcherThatComesBackMissesNothing() throws Exception {
    String seen;
    try (var stream = new Stream(fixture, "/v1/events", null)) {
      stream.next();
      fixture.feed(run.event(1));
      seen = stream.next().id();
    }
    fixture.feed(run.event(2));
    fixture.feed(run.event(3));

    try (var stream = new Stream(fixture, "/v1/events", seen)) {
      assertThat(stream.next().type()).isEqualTo("hello");
      assertThat(stream.next().data().get("checkpoint").asText()).isEqualTo("step-00400");
      assertThat(stream.next().data().get("checkpoint").asText()).isEqualTo("step-00600");
    }
  }

  @Test
  void aWatcherThatMissedTooMuchIsTold() throws Exception {
    String seen;
    try (var stream = new Stream(fixture, "/v1/events", null)) {
      seen = stream.next().id();
    }
    fixture.feed(run.history(20));

    try (var stream = new Stream(fixture, "/v1/events", seen)) {
      Event reset = stream.until(e -> e.type().equals("reset"));
      assertThat(reset.data().get("reason").asText())
          .isEqualTo("too many changes since the last one read");
    }
  }

  @Test
  void aWatcherOfAnEarlierServerIsTold() throws Exception {
    try (var stream = new Stream(fixture, "/v1/events", "abc123-7")) {
      Event reset = stream.next();
      assertThat(reset.type()).isEqualTo("reset");
      assertThat(reset.data().get("reason").asText()).isEqualTo("the server was restarted");
      assertThat(stream.next().type()).isEqualTo("hello");
    }
  }

  @Test
  void watchersAreBoundedAndLeaveTheirSeats() throws Exception {
    List<Stream> streams = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      streams.add(new Stream(fixture, "/v1/events", null));
      streams.get(i).next();
    }
    HttpResponse<String> refused = fixture.get("/v1/events");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("at most 3 event streams may be open");
    assertThat(fixture.get("/v1/runs").statusCode()).isEqualTo(200);

    for (Stream stream : streams) {
      stream.close();
    }
    // the next heartbeat finds out that they left
    await(
        () -> Json.MAPPER.readTree(fixture.get("/v1/status").body()).get("watchers").asInt() == 0);
  }

  @Test
  void stoppingTheServerEndsItsStreams() throws Exception {
    try (var stream = new Stream(fixture, "/v1/events", null)) {
      stream.next();
      fixture.server.close();
      stream.awaitEnd();
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("deadline of 15 s").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static ServerSettings withEvents(ServerSettings s, int events, int watchers) {
    return new ServerSettings(
        s.host(),
        s.port(),
        s.bootstrap(),
        s.topics(),
        s.token(),
        watchers,
        events,
        s.limits(),
        s.forward());
  }

  /** An open event stream. */
  private static final class Stream implements AutoCloseable {

    private final InputStream body;
    private final BufferedReader lines;

    Stream(ServerFixture fixture, String path, String lastId) throws Exception {
      HttpRequest.Builder request = HttpRequest.newBuilder(fixture.uri(path));
      if (lastId != null) {
        request.header("Last-Event-ID", lastId);
      }
      HttpResponse<InputStream> response =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Type").orElseThrow())
          .startsWith("text/event-stream");
      body = response.body();
      lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    }

    Event next() throws IOException {
      String id = null;
      String type = null;
      JsonNode data = null;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("event: ")) {
          type = line.substring(7);
        } else if (line.startsWith("data: ")) {
          data = Json.MAPPER.readTree(line.substring(6));
        } else if (line.isEmpty() && type != null) {
          return new Event(id, type, data);
        }
      }
      throw new AssertionError("the stream has ended");
    }

    Event until(Predicate<Event> wanted) throws IOException {
      Event event = next();
      while (!wanted.test(event)) {
        event = next();
      }
      return event;
    }

    void awaitEnd() {
      try {
        String line = lines.readLine();
        while (line != null) {
          line = lines.readLine();
        }
      } catch (IOException e) {
        // cut off: that is an end too
      }
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }
}
