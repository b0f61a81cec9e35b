package dev.touchstone.cli.evaluate;

/** Input that breaks a rule; the message is one line for people: file, row, rule and value. */
public final class BadInputException extends RuntimeException {
  private static final int SHOWN = 40;

  private BadInputException(String message) {
    super(message);
  }

  /** The whole file is at fault. */
  public static BadInputException inFile(String file, String rule) {
    return new BadInputException(file + ": " + rule);
  }

  /**
   * One row is at fault.
   *
   * @param row the data row, counted from 1 (a header is none)
   */
  public static BadInputException inRow(String file, long row, String rule) {
    return new BadInputException(file + ": row " + row + ": " + rule);
  }

  /** A value as it can stand in a message: quoted, on one line, without control characters. */
  public static String quote(CharSequence value) {
    var shown = new StringBuilder("\"");
    int length = Math.min(value.length(), SHOWN);
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> shown.append("\\\"");
        case '\n' -> shown.append("\\n");
        case '\r' -> shown.append("\\r");
        case '\t' -> shown.append("\\t");
        default -> {
          // a terminal must not act on what a hostile file holds
          if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
            shown.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
          } else {
            shown.append(c);
          }
        }
      }
    }
    return shown.append(value.length() > SHOWN ? "…\"" : "\"").toString();
  }
}
