package dev.touchstone.metrics.sampling;

import java.util.Objects;

/**
 * One cell of a {@link PlanRule}: examples of one label, one band and one segment, sampled at one
 * rate. An example's stratum code is the cell's place in the rule.
 *
 * @param name unique in its plan, 1 to 256 characters
 * @param label the label's text ({@code 0}, {@code 1}, a class); null in regression
 * @param from the band holds values from here up to the next band of the same label and segment;
 *     -Infinity for the lowest band
 * @param segment null for a plan without segments
 * @param population examples of the whole set in this cell, at least 1
 * @param rate inclusion rate in [2^-20, 1]
 */
public record PlanStratum(
    String name, String label, double from, String segment, long population, double rate) {
  /** The lowest rate: what the wire takes. */
  public static final double LEAST_RATE = 0x1p-20;

  private static final int MOST_CHARACTERS = 256;

  /** Checks the ranges above. */
  public PlanStratum {
    Objects.requireNonNull(name, "name");
    checkText("stratum name", name, 1);
    if (Double.isNaN(from) || from == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "from must be a number below +Infinity, got " + from + " (stratum " + name + ")");
    }
    from += 0.0; // -0.0 is 0.0
    if (population < 1) {
      throw new IllegalArgumentException(
          "population must be at least 1, got " + population + " (stratum " + name + ")");
    }
    if (!(rate >= LEAST_RATE && rate <= 1)) {
      throw new IllegalArgumentException(
          "rate must be in [2^-20, 1], got " + rate + " (stratum " + name + ")");
    }
  }

  /** Refuses what neither the wire nor a terminal should be given as a name. */
  static void checkText(String what, String text, int least) {
    int length = text.codePointCount(0, text.length());
    if (length < least || text.length() > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          what + " must have " + least + " to " + MOST_CHARACTERS + " characters, got " + length);
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          what + " must hold no control characters, got " + text.replaceAll("\\p{Cntrl}", "?"));
    }
  }

  /** How many examples the sample is expected to have here. */
  public double expectedSample() {
    return population * rate;
  }

  PlanStratum withRate(double value) {
    return new PlanStratum(name, label, from, segment, population, value);
  }
}
