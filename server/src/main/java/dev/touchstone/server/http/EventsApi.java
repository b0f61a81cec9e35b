package dev.touchstone.server.http;

import dev.touchstone.server.view.Change;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Live changes as server-sent events. Event ids are {@code <start of this server>-<number>}: a
 * client that comes back with {@code Last-Event-ID} goes on where it was, or gets a {@code reset}
 * event where that is not possible and must fetch anew.
 *
 * <p>Each watcher holds a thread and reads the ring at its own pace, so that a slow one slows no
 * other.
 */
final class EventsApi {

  private static final int BATCH = 500;
  private static final Pattern ID = Pattern.compile("([0-9a-z]{1,16})-([0-9]{1,18})");

  private final EventRing ring;
  private final Clock clock;
  private final Duration heartbeat;
  private final String epoch;
  private final int maxWatchers;
  private final Semaphore seats;

  EventsApi(EventRing ring, Clock clock, Duration heartbeat, int maxWatchers) {
    this.ring = ring;
    this.clock = clock;
    this.heartbeat = heartbeat;
    this.maxWatchers = maxWatchers;
    this.seats = new Semaphore(maxWatchers);
    this.epoch = Long.toString(clock.millis(), 36);
  }

  List<Route> routes() {
    return List.of(Route.get("/v1/events", this::watch));
  }

  /**
   * The id of the newest event: what is read afterwards holds all that it and those before it say.
   */
  String position() {
    return idOf(ring.last());
  }

  private String idOf(long number) {
    return epoch + "-" + number;
  }

  int watchers() {
    return maxWatchers - seats.availablePermits();
  }

  private void watch(Context ctx) throws IOException {
    String run = Inputs.optionalName("run", ctx.queryParam("run"));
    String since = ctx.header("Last-Event-ID");
    if (!seats.tryAcquire()) {
      ctx.header("Retry-After", "5");
      throw Problem.of(
          503, "Too many watchers", "at most " + maxWatchers + " event streams may be open");
    }
    try {
      ctx.res().setContentType("text/event-stream");
      ctx.res().setCharacterEncoding("UTF-8");
      ctx.header("Cache-Control", "no-store");
      // nginx would otherwise hold events back until its buffer is full
      ctx.header("X-Accel-Buffering", "no");
      stream(ctx.res().getOutputStream(), run, since);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // the watcher left; there is nobody to tell
    } finally {
      seats.release();
    }
  }

  private void stream(OutputStream out, String run, String since)
      throws IOException, InterruptedException {
    long number = ring.last();
    Long asked = numberOf(since);
    boolean resumes = asked != null && asked <= number;
    var buffer = new ByteArrayOutputStream();
    buffer.writeBytes("retry: 1000\n\n".getBytes(StandardCharsets.UTF_8));
    if (resumes) {
      number = asked;
    } else if (since != null && !since.isEmpty()) {
      event(buffer, "reset", number, Map.of("reason", "the server was restarted"));
    }
    event(buffer, "hello", number, Map.of("ts", clock.millis(), "heartbeat", heartbeat.toMillis()));
    flush(buffer, out);
    long beatAt = System.nanoTime() + heartbeat.toNanos();
    while (!ring.isClosed()) {
      Duration patience = Duration.ofNanos(Math.max(1, beatAt - System.nanoTime()));
      EventRing.Batch batch = ring.after(number, BATCH, patience);
      if (batch.lost()) {
        number = batch.last();
        event(
            buffer, "reset", number, Map.of("reason", "too many changes since the last one read"));
      }
      for (EventRing.Event e : batch.events()) {
        number = e.number();
        Change change = e.change();
        if (run == null || change.runId() == null || run.equals(change.runId())) {
          event(buffer, change.type(), number, change.data());
        }
      }
      // changes of other runs are not news here: silence is what this watcher hears
      if (buffer.size() == 0 && System.nanoTime() >= beatAt) {
        event(buffer, "heartbeat", number, Map.of("ts", clock.millis()));
      }
      if (buffer.size() > 0) {
        flush(buffer, out);
        beatAt = System.nanoTime() + heartbeat.toNanos();
      }
    }
  }

  /** The number in an id of this server, or null. */
  private Long numberOf(String id) {
    if (id == null) {
      return null;
    }
    Matcher parts = ID.matcher(id);
    return parts.matches() && parts.group(1).equals(epoch) ? Long.valueOf(parts.group(2)) : null;
  }

  private void event(ByteArrayOutputStream out, String type, long number, Object data) {
    String head = "id: " + idOf(number) + "\nevent: " + type + "\ndata: ";
    out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    // JSON has no raw line breaks: one data line holds it
    out.writeBytes(Answers.print(data));
    out.write('\n');
    out.write('\n');
  }

  private static void flush(ByteArrayOutputStream buffer, OutputStream out) throws IOException {
    buffer.writeTo(out);
    out.flush();
    buffer.reset();
  }
}
