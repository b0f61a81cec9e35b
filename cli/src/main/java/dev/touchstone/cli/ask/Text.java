package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Values of the API as people read them. */
final class Text {

  private static final String NONE = "–";

  private Text() {}

  /** Text from elsewhere, without what a terminal would obey. */
  static String plain(JsonNode text) {
    return plain(text.asText(""));
  }

  static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", "�");
  }

  static String orNone(JsonNode text) {
    return text.isTextual() ? plain(text) : NONE;
  }

  static String count(JsonNode number) {
    return number.isNumber() ? count(number.asLong()) : NONE;
  }

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Five digits that count, as in a report. */
  static String number(Double value) {
    return value == null ? NONE : String.format(Locale.ROOT, "%.5g", value);
  }

  static String number(JsonNode value) {
    return number(real(value));
  }

  /** At most five digits that count, and no zeros after them. */
  static String brief(double value) {
    return new BigDecimal(value).round(new MathContext(5)).stripTrailingZeros().toPlainString();
  }

  static String interval(Double low, Double high) {
    return low == null || high == null ? "" : number(low) + " … " + number(high);
  }

  /** Null where it is undefined. */
  static Double real(JsonNode value) {
    return value.isNumber() ? value.doubleValue() : null;
  }

  /** How long ago, in one unit. */
  static String ago(JsonNode millis, Instant now) {
    return millis.isNumber() ? ago(Instant.ofEpochMilli(millis.asLong()), now) : NONE;
  }

  static String ago(Instant then, Instant now) {
    long seconds = Math.max(0, Duration.between(then, now).toSeconds());
    if (seconds < 100) {
      return seconds + " s ago";
    }
    if (seconds < 100 * 60) {
      return seconds / 60 + " min ago";
    }
    return seconds < 48 * 3600 ? seconds / 3600 + " h ago" : seconds / 86_400 + " days ago";
  }
}
