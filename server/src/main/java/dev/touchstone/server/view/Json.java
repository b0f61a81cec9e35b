package dev.touchstone.server.view;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** The one JSON mapper of the server: snake case, nulls written, unknown fields ignored. */
public final class Json {

  /**
   * Tolerant on purpose: a newer engine may write fields that this server does not know, and they
   * must not hide those that it does.
   */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private Json() {}

  /** JSON has no NaN: what is not finite is null on the wire. */
  static Double finite(Double value) {
    return value == null || !Double.isFinite(value) ? null : value;
  }

  static String required(String value, String field) {
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException(field + " is required");
    }
    return value;
  }

  static String orEmpty(String value) {
    return value == null ? "" : value;
  }
}
