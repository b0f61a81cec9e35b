package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One value over all examples a line: those that are there, then each as it comes. What a restarted
 * server says again is not repeated.
 */
final class CsvLines implements Watcher {

  private static final String[] POINT = {
    "attempt",
    "checkpoint",
    "step",
    "epoch",
    "ts",
    "value",
    "ci_low",
    "ci_high",
    "n",
    "n_pos",
    "state",
    "trust",
    "revision"
  };
  private static final String[] CURVE = {"tier", "evaluation_set", "split", "metric"};

  private final PrintWriter out;
  private final PrintWriter err;
  private final Set<List<String>> said = new HashSet<>();
  private Csv csv;

  CsvLines(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public void begin(JsonNode detail, JsonNode curves, Instant now) {
    if (csv == null) {
      String[] head = new String[CURVE.length + POINT.length];
      System.arraycopy(CURVE, 0, head, 0, CURVE.length);
      System.arraycopy(POINT, 0, head, CURVE.length, POINT.length);
      csv = new Csv(out, head);
    }
    for (JsonNode curve : curves.path("series")) {
      curve.path("points").forEach(point -> row(curve, point));
    }
    csv.flush();
  }

  @Override
  public void detail(JsonNode detail, Instant now) {}

  @Override
  public void event(String type, JsonNode data) {
    if (type.equals("point") && data.path("slice").asText().isEmpty()) {
      row(data, data);
      csv.flush();
    }
  }

  private void row(JsonNode curve, JsonNode point) {
    List<String> cells = new ArrayList<>();
    for (String column : CURVE) {
      cells.add(Csv.text(curve.path(column)));
    }
    for (String column : POINT) {
      cells.add(Csv.text(point.path(column)));
    }
    if (said.add(cells)) {
      csv.row(cells.toArray());
    }
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
  public void end(String status) {}
}
