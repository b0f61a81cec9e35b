package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A run's changes as they come. A connection that breaks is made anew and goes on after the last
 * event that was read; where the server can't do that it says {@code reset}.
 */
final class EventStream implements AutoCloseable {

  /** The connection broke; data is the reason. */
  static final String LOST = "lost";

  /** Something that the server said, or {@link #LOST}. */
  record Event(String type, JsonNode data) {}

  // the server breaks the silence every five seconds
  private static final Duration SILENCE = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int WAITING = 1_000;

  private final ServerClient client;
  private final String path;
  private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(WAITING);
  private final Thread reader;
  private String lastId;
  private volatile InputStream open;
  private volatile boolean closed;

  EventStream(ServerClient client, String run) {
    this.client = client;
    this.path = "v1/events?run=" + ServerClient.encode(run);
    this.reader = new Thread(this::read, "events");
    reader.setDaemon(true);
    reader.start();
  }

  /** The next event; null where there is none within {@code patience}. */
  Event next(Duration patience) throws InterruptedException {
    return events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void read() {
    try {
      while (!closed) {
        String why;
        try (InputStream in = client.events(path, lastId, SILENCE)) {
          open = in;
          why = follow(in);
        } catch (ServerException | IOException e) {
          why = e.getMessage();
        }
        if (!closed) {
          events.put(new Event(LOST, ServerClient.MAPPER.valueToTree(why)));
          Thread.sleep(PAUSE.toMillis());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads to the end, and says why it is one. */
  private String follow(InputStream in) throws IOException, InterruptedException {
    var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    String id = null;
    String type = null;
    JsonNode data = MissingNode.getInstance();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("event: ")) {
        type = line.substring(7);
      } else if (line.startsWith("data: ")) {
        data = ServerClient.MAPPER.readTree(line.substring(6));
      } else if (line.isEmpty() && type != null) {
        events.put(new Event(type, data));
        // only now: an event that was cut off is asked for again
        lastId = id;
        type = null;
      }
    }
    return "the server ended the stream";
  }

  @Override
  public void close() {
    closed = true;
    reader.interrupt();
    InputStream in = open;
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        // closed is closed
      }
    }
  }
}
