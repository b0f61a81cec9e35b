package dev.touchstone.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules that everything a client sends must pass. */
final class Inputs {

  static final int MAX_NAME = 256;
  private static final int MAX_TRIGGER_ID = 8 * MAX_NAME;
  private static final Pattern KEY = Pattern.compile("(\"?)([A-Za-z0-9._~:-]{1,128})\\1");
  private static final Pattern METRIC = Pattern.compile("[A-Za-z0-9_.@-]{1,64}");
  private static final int MAX_LIST = 64;
  private static final int MAX_CROSSED = 4;

  private Inputs() {}

  /** A name that other parts of the system chose: any text of sane length. */
  static String name(String key, String value) {
    return name(key, value, MAX_NAME);
  }

  private static String name(String key, String value, int most) {
    if (value == null || value.isEmpty() || value.length() > most) {
      throw Problem.invalid(key, "must have 1 to " + most + " characters", quoted(value));
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw Problem.invalid(key, "must hold no control characters", quoted(printable(value)));
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
      // JSON can escape half a character, which is no text
      throw Problem.invalid(key, "must hold whole characters", quoted(printable(value)));
    }
    return value;
  }

  /** The id of a trigger; one of a model checkpoint is made of several names. */
  static String triggerId(String key, String value) {
    return name(key, value, MAX_TRIGGER_ID);
  }

  static String optionalName(String key, String value) {
    return value == null || value.isEmpty() ? null : name(key, value);
  }

  /** Null if absent. Quotes around it, as structured headers have them, are no part of it. */
  static String idempotencyKey(String header) {
    if (header == null) {
      return null;
    }
    Matcher key = KEY.matcher(header);
    if (!key.matches()) {
      throw Problem.invalid(
          "Idempotency-Key",
          "must be 1 to 128 of A-Z a-z 0-9 . _ ~ : -",
          quoted(printable(header)));
    }
    return key.group(2);
  }

  /** A whole number in a query string. */
  static int integer(String key, String value, int low, int high, int otherwise) {
    if (value == null) {
      return otherwise;
    }
    String rule = "must be a whole number from " + low + " to " + high;
    try {
      int number = Integer.parseInt(value);
      if (number >= low && number <= high) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below, as for a number out of range
    }
    throw Problem.invalid(key, rule, quoted(printable(value)));
  }

  static String oneOf(String key, String value, List<String> allowed) {
    if (value == null || allowed.contains(value)) {
      return value;
    }
    throw Problem.invalid(
        key, "must be one of " + String.join(", ", allowed), quoted(printable(value)));
  }

  // ---- members of a JSON body

  static String name(JsonNode body, String key) {
    JsonNode value = body.path(key);
    if (value.isMissingNode()) {
      throw Problem.invalid(key, "is required", "nothing");
    }
    return name(key, text(key, value));
  }

  static String optionalName(JsonNode body, String key) {
    JsonNode value = body.path(key);
    return value.isMissingNode() || value.isNull() ? null : name(key, text(key, value));
  }

  /** Null if absent. */
  static Integer optionalInteger(JsonNode body, String key, int low, int high) {
    JsonNode value = body.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    // 200.0 is a whole number to JSON Schema, and so to us
    boolean whole = value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue());
    if (!whole || value.doubleValue() < low || value.doubleValue() > high) {
      throw Problem.invalid(key, "must be a whole number from " + low + " to " + high, value);
    }
    return (int) value.doubleValue();
  }

  static int integer(JsonNode body, String key, int low, int high, int otherwise) {
    Integer given = optionalInteger(body, key, low, high);
    return given == null ? otherwise : given;
  }

  /** Null if absent. */
  static Double optionalNumber(JsonNode body, String key, double low) {
    JsonNode value = body.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    // 1e999 reads as infinity
    if (!value.isNumber() || !Double.isFinite(value.doubleValue()) || value.doubleValue() < low) {
      String rule = low == 0 ? "must be a finite number of at least 0" : "must be a finite number";
      throw Problem.invalid(key, rule, value);
    }
    return value.doubleValue();
  }

  /** False if absent. */
  static boolean flag(JsonNode body, String key) {
    JsonNode value = body.path(key);
    if (value.isMissingNode() || value.isNull() || value.isBoolean()) {
      return value.asBoolean();
    }
    throw Problem.invalid(key, "must be true or false", value);
  }

  static List<String> metrics(JsonNode body, String key) {
    List<String> names = names(body, key);
    for (String name : names) {
      if (!METRIC.matcher(name).matches()) {
        throw Problem.invalid(
            key, "must hold metric names, 1 to 64 of A-Z a-z 0-9 _ . @ -", quoted(name));
      }
    }
    return names;
  }

  /** Slice columns and crosses of them, as the engine takes them. */
  static List<String> slices(JsonNode body, String key) {
    List<String> groupings = names(body, key);
    for (String grouping : groupings) {
      List<String> columns = List.of(grouping.split("\\*", -1));
      if (columns.contains("") || columns.size() > MAX_CROSSED) {
        throw Problem.invalid(
            key,
            "must hold columns or crosses of up to " + MAX_CROSSED + ", like country*device",
            quoted(grouping));
      }
    }
    return groupings;
  }

  static List<String> names(JsonNode body, String key) {
    JsonNode value = body.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    if (!value.isArray() || value.size() > MAX_LIST) {
      throw Problem.invalid(key, "must be an array of at most " + MAX_LIST + " names", value);
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      names.add(name(key + "[" + i + "]", text(key + "[" + i + "]", value.get(i))));
    }
    return names;
  }

  private static String text(String key, JsonNode value) {
    if (!value.isTextual()) {
      throw Problem.invalid(key, "must be a string", value);
    }
    return value.textValue();
  }

  /** As it stands in a message. */
  static String quoted(String value) {
    return value == null ? "nothing" : '"' + value + '"';
  }

  /** Without what a terminal would obey. */
  static String printable(String value) {
    return value.replaceAll("[\\p{Cc}\\p{Cs}]", "�");
  }
}
