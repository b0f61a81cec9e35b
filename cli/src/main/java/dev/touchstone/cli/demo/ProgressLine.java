package dev.touchstone.cli.demo;

import java.io.PrintWriter;
import java.time.Duration;

/**
 * Tells a person how far something is: on a terminal one line that is written over, elsewhere plain
 * lines, few enough for a log.
 */
final class ProgressLine {

  private static final String BACK_AND_CLEAR = "\r\u001b[2K";
  private static final long QUIET_NANOS = Duration.ofSeconds(5).toNanos();

  private final PrintWriter out;
  private final boolean live;
  private boolean dirty;
  private long lastNanos = System.nanoTime();
  private String lastText = "";

  /**
   * @param live whether {@code out} is a terminal
   */
  ProgressLine(PrintWriter out, boolean live) {
    this.out = out;
    this.live = live;
  }

  /** A step of the work was done: a line of its own in a log. */
  void step(String text) {
    if (live) {
      overwrite(text);
    } else {
      line(text);
    }
  }

  /** How it stands, said often: in a log only where it changed and nothing was said for 5 s. */
  void status(String text) {
    if (live) {
      overwrite(text);
    } else if (!text.equals(lastText) && System.nanoTime() - lastNanos >= QUIET_NANOS) {
      line(text);
    }
  }

  /** A line that stays. */
  void line(String text) {
    if (dirty) {
      out.print(BACK_AND_CLEAR);
      dirty = false;
    }
    out.println(text);
    out.flush();
    lastText = text;
    lastNanos = System.nanoTime();
  }

  private void overwrite(String text) {
    if (!text.equals(lastText)) {
      out.print(BACK_AND_CLEAR + text);
      out.flush();
      dirty = true;
      lastText = text;
    }
  }
}
