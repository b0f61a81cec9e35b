package dev.touchstone.cli.ask;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** How much text fits. */
record TerminalSize(int rows, int columns) {

  private static final TerminalSize USUAL = new TerminalSize(24, 80);

  /** As {@code stty} says of the terminal that stdin is; Java does not know. */
  static TerminalSize now() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return parse(said);
    } catch (IOException e) {
      return USUAL;
    }
  }

  static TerminalSize parse(String said) {
    String[] parts = said.strip().split(" ");
    try {
      TerminalSize size =
          new TerminalSize(Integer.parseInt(parts[0]), Integer.parseInt(parts[parts.length - 1]));
      return size.rows > 0 && size.columns > 0 ? size : USUAL;
    } catch (NumberFormatException e) {
      return USUAL;
    }
  }
}
