package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Instant;

/** One event a line, as the server says it; the run itself at the start and at the end. */
final class JsonLines implements Watcher {

  private final PrintWriter out;
  private final PrintWriter err;
  private JsonNode last;

  JsonLines(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public void begin(JsonNode detail, JsonNode curves, Instant now) {
    last = detail;
    print("run", detail);
  }

  @Override
  public void detail(JsonNode detail, Instant now) {
    last = detail;
  }

  @Override
  public void event(String type, JsonNode data) {
    print(type, data);
  }

  @Override
  public void lost(String why) {
    PlainLines.reconnecting(err, why);
  }

  @Override
  public void back() {
    PlainLines.connected(err);
  }

  @Override
  public void end(String status) {
    print("run", last);
  }

  private void print(String type, JsonNode data) {
    out.println(ServerClient.MAPPER.createObjectNode().put("type", type).set("data", data));
    out.flush();
  }
}
