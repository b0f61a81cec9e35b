package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;

/**
 * Where an evaluation stands: on a terminal one line that is written over, elsewhere a line for
 * each change of state.
 */
final class ProgressBar {

  private static final int WIDTH = 24;
  private static final String BACK_AND_CLEAR = "\r\u001b[2K";

  private final PrintWriter err;
  private final boolean terminal;
  private String last = "";
  private String lastState = "";

  ProgressBar(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  void show(JsonNode status) {
    String line = line(status);
    String state = status.path("state").asText();
    if (terminal && !line.equals(last)) {
      err.print(BACK_AND_CLEAR + line);
      err.flush();
    } else if (!terminal && !state.equals(lastState)) {
      err.println(line);
      err.flush();
    }
    last = line;
    lastState = state;
  }

  /** Leaves the terminal's line to what follows. */
  void clear() {
    if (terminal) {
      err.print(BACK_AND_CLEAR);
      err.flush();
    }
  }

  static String line(JsonNode status) {
    String state = status.path("state").asText();
    JsonNode progress = status.path("progress");
    String reason = status.path("reason").asText("");
    if (!progress.isObject()) {
      return reason.isEmpty() || status.path("reason").isNull() ? state : state + "  " + reason;
    }
    double pass = progress.path("pass").asInt(1) - 1;
    double share = (pass + part(progress)) / Math.max(1, progress.path("passes").asInt(1));
    int filled = (int) Math.round(WIDTH * Math.max(0, Math.min(1, share)));
    return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "]  " + reason;
  }

  private static double part(JsonNode progress) {
    int total = progress.path("splits_total").asInt();
    return total <= 0 ? 0 : (double) progress.path("splits_done").asInt() / total;
  }
}
