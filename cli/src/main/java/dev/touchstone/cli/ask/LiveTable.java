package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A table that is written over what it was; what it was last stays on the terminal. */
final class LiveTable implements Watcher {

  private static final String UP = "\u001b[%dA\r";
  private static final String REST_OF_LINE = "\u001b[K";
  private static final String REST_OF_SCREEN = "\u001b[J";
  private static final int CHECKPOINTS = 5;
  private static final long REDRAW_NANOS = Duration.ofMillis(250).toNanos();
  private static final long MEASURE_NANOS = Duration.ofSeconds(2).toNanos();

  private final PrintWriter out;
  private final Style style;
  private final Supplier<TerminalSize> measure;
  private final RunPicture picture;
  private TerminalSize size;
  private long measuredAt;
  private long drawnAt = System.nanoTime() - REDRAW_NANOS;
  private int drawn;
  private String lost;
  private String ended;
  // what the server's clock is ahead of the one that measures here
  private Duration ahead = Duration.ZERO;
  private long heardAt = System.nanoTime();

  LiveTable(PrintWriter out, Style style, Supplier<TerminalSize> measure) {
    this.out = out;
    this.style = style;
    this.measure = measure;
    this.picture = new RunPicture(style);
  }

  @Override
  public void begin(JsonNode detail, JsonNode curves, Instant now) {
    picture.curves(curves);
    detail(detail, now);
  }

  @Override
  public void detail(JsonNode detail, Instant now) {
    picture.detail(detail);
    ahead = Duration.between(Instant.now(), now);
    heardAt = System.nanoTime();
    draw();
  }

  @Override
  public void event(String type, JsonNode data) {
    heardAt = System.nanoTime();
    if (type.equals("point")) {
      picture.point(data);
    }
    if (System.nanoTime() - drawnAt >= REDRAW_NANOS) {
      draw();
    }
  }

  @Override
  public void lost(String why) {
    lost = why;
    draw();
  }

  @Override
  public void back() {
    lost = null;
    draw();
  }

  @Override
  public void tick() {
    draw();
  }

  @Override
  public void end(String status) {
    ended = status;
    draw();
  }

  private void draw() {
    if (size == null || System.nanoTime() - measuredAt > MEASURE_NANOS) {
      size = measure.get();
      measuredAt = System.nanoTime();
    }
    StringBuilder screen = new StringBuilder(drawn == 0 ? "" : String.format(UP, drawn));
    List<String> lines = lines();
    for (String line : lines) {
      screen.append(cut(line, size.columns())).append(REST_OF_LINE).append('\n');
    }
    out.print(screen.append(REST_OF_SCREEN));
    out.flush();
    drawn = lines.size();
    drawnAt = System.nanoTime();
  }

  /** No more than fit: a line that has left the screen can't be written over. */
  private List<String> lines() {
    List<String> head = picture.head(Instant.now().plus(ahead));
    List<String> metrics = picture.metrics();
    List<String> checkpoints = picture.checkpoints(CHECKPOINTS);
    // two empty lines, the last one with the cursor, and what is said at the end
    int room = size.rows() - head.size() - 4;
    int forMetrics = Math.min(metrics.size(), Math.max(2, room - checkpoints.size()));
    List<String> lines = new ArrayList<>(head);
    lines.add("");
    lines.addAll(metrics.subList(0, forMetrics));
    if (forMetrics < metrics.size()) {
      int more = metrics.size() - forMetrics + 1;
      lines.set(lines.size() - 1, style.dim(more + " more: ./touchstone runs show lists all"));
    }
    if (room - forMetrics >= checkpoints.size()) {
      lines.add("");
      lines.addAll(checkpoints);
    }
    lines.add(foot());
    return lines;
  }

  private String foot() {
    if (ended != null) {
      return "the run is " + style.status(ended);
    }
    long silent = Duration.ofNanos(System.nanoTime() - heardAt).toSeconds();
    return lost == null
        ? style.dim("last update " + silent + " s ago · Ctrl-C ends this, not the run")
        : style.warning("reconnecting, last update " + silent + " s ago: " + lost);
  }

  /** Colours take no room; what is cut off ends them. */
  static String cut(String line, int columns) {
    StringBuilder kept = new StringBuilder();
    int seen = 0;
    for (int i = 0; i < line.length(); ) {
      if (line.charAt(i) == '\u001b') {
        int end = line.indexOf('m', i) + 1;
        kept.append(line, i, end);
        i = end;
        continue;
      }
      int character = line.codePointAt(i);
      if (seen == columns - 1
          && line.substring(i).replaceAll("\u001b\\[[0-9;]*m", "").length() > 1) {
        return kept.append('…').append(line.indexOf('\u001b') < 0 ? "" : "\u001b[0m").toString();
      }
      kept.appendCodePoint(character);
      seen++;
      i += Character.charCount(character);
    }
    return kept.toString();
  }
}
