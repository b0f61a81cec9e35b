package dev.touchstone.cli.evaluate;

import com.fasterxml.jackson.core.io.NumberInput;

/** Numbers as the tools that write tables spell them. */
final class Numbers {
  private Numbers() {}

  /**
   * The double nearest to the decimal number in the text, without spaces around it; infinities as
   * {@code inf} or {@code Infinity}; NaN for everything else, {@code nan} included.
   */
  static double parse(CharSequence text) {
    char[] characters = text.toString().toCharArray();
    return parse(characters, 0, characters.length);
  }

  /** {@link #parse(CharSequence)} on part of an array. */
  static double parse(char[] text, int offset, int length) {
    int from = offset;
    int to = offset + length;
    while (from < to && text[from] <= ' ') {
      from++;
    }
    while (from < to && text[to - 1] <= ' ') {
      to--;
    }
    if (from == to) {
      return Double.NaN;
    }
    char last = text[to - 1];
    if (!(last >= '0' && last <= '9' || last == '.')) {
      // 1.0f and 1d are Java, not data
      return infinity(new String(text, from, to - from));
    }
    for (int i = from; i < to; i++) {
      char c = text[i];
      if (!(c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E')) {
        return Double.NaN; // hexadecimal floats and digit groups too
      }
    }
    try {
      return NumberInput.parseDouble(text, from, to - from, true);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static double infinity(String text) {
    boolean negative = text.startsWith("-");
    String word = negative || text.startsWith("+") ? text.substring(1) : text;
    boolean infinite = word.equalsIgnoreCase("inf") || word.equalsIgnoreCase("infinity");
    return !infinite ? Double.NaN : negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }
}
