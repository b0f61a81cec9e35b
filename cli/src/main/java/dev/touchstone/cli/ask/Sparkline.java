package dev.touchstone.cli.ask;

import java.util.List;

/** A curve in one line of text. */
final class Sparkline {

  private static final String LEVELS = "▁▂▃▄▅▆▇█";

  private Sparkline() {}

  /**
   * The last values, from the lowest to the highest of them; a level line where all are the same.
   *
   * @param values defined ones, by step
   * @param width characters at most
   */
  static String of(List<Double> values, int width) {
    List<Double> shown = values.subList(Math.max(0, values.size() - width), values.size());
    double low = shown.stream().mapToDouble(v -> v).min().orElse(0);
    double high = shown.stream().mapToDouble(v -> v).max().orElse(0);
    int top = LEVELS.length() - 1;
    StringBuilder line = new StringBuilder();
    for (double value : shown) {
      // halves, since the difference of the two largest doubles is infinite
      double share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
      line.append(LEVELS.charAt((int) Math.round(share * top)));
    }
    return line.toString();
  }
}
