package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.cli.evaluate.Words;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;

/**
 * A line for each thing worth one: for logs, and for terminals that can't move the cursor. What a
 * restarted server says again is not repeated.
 */
final class PlainLines implements Watcher {

  private final PrintWriter out;
  private final PrintWriter err;
  private final RunPicture picture;
  private final Style style;
  private final Set<String> said = new HashSet<>();
  private boolean begun;

  PlainLines(PrintWriter out, PrintWriter err, Style style) {
    this.out = out;
    this.err = err;
    this.style = style;
    this.picture = new RunPicture(style);
  }

  static void reconnecting(PrintWriter err, String why) {
    err.println("touchstone: reconnecting: " + why);
    err.flush();
  }

  static void connected(PrintWriter err) {
    err.println("touchstone: connected again");
    err.flush();
  }

  @Override
  public void begin(JsonNode detail, JsonNode curves, Instant now) {
    picture.detail(detail);
    picture.curves(curves);
    if (begun) {
      return;
    }
    begun = true;
    picture.head(now).forEach(out::println);
    picture.metrics().forEach(out::println);
    out.flush();
  }

  @Override
  public void detail(JsonNode detail, Instant now) {
    picture.detail(detail);
  }

  @Override
  public void event(String type, JsonNode data) {
    String line =
        switch (type) {
          case "point" -> point(data);
          case "evaluation" -> evaluation(data);
          case "signal" ->
              said(data, "signal " + Text.plain(data.path("decision")), data.path("reason"));
          case "verdict" ->
              said(
                  data,
                  "gate " + Text.plain(data.path("gate")) + " " + Text.plain(data.path("outcome")),
                  data.at("/reasons/0"));
          default -> null;
        };
    if (line != null && said.add(line)) {
      out.println(line);
      out.flush();
    }
  }

  /** Values of sets that are still arriving change too often for a line. */
  private String point(JsonNode p) {
    boolean settled =
        p.path("slice").asText().isEmpty()
            && p.path("value").isNumber()
            && p.path("state").asText("COMPLETE").equals("COMPLETE");
    if (!settled) {
      return null;
    }
    String interval = Text.interval(Text.real(p.path("ci_low")), Text.real(p.path("ci_high")));
    return time(p.path("ts"))
        + "  step "
        + Text.count(p.path("step"))
        + "  "
        + (p.path("tier").asText().equals("full") ? "exact" : "proxy")
        + "  "
        + Text.plain(Words.metric(p.path("metric").asText()))
        + " "
        + Text.number(p.path("value"))
        + (interval.isEmpty() ? "" : "  [" + interval + "]");
  }

  private String evaluation(JsonNode e) {
    if (e.path("finished_at").isNull()) {
      return null;
    }
    JsonNode reason = e.path("reason");
    return time(e.path("finished_at"))
        + "  evaluation of "
        + Text.plain(e.path("checkpoint"))
        + " "
        + style.state(e.path("state").asText())
        + (reason.isTextual() ? ": " + Text.plain(reason) : "");
  }

  private static String said(JsonNode data, String what, JsonNode why) {
    return time(data.path("ts"))
        + "  "
        + what
        + " at "
        + Text.orNone(data.path("checkpoint"))
        + (why.isTextual() ? ": " + Text.plain(why) : "");
  }

  private static String time(JsonNode millis) {
    return Instant.ofEpochMilli(millis.asLong()).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  @Override
  public void lost(String why) {
    reconnecting(err, why);
  }

  @Override
  public void back() {
    connected(err);
  }

  @Override
  public void end(String status) {
    out.println("the run is " + style.status(status));
    out.flush();
  }
}
