package dev.touchstone.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * CloudEvents 1.0 over Kafka, binary and structured: the message inside. A JSON message that lacks
 * {@code request_id} gets {@code source#id} of its event, which the standard says is unique, and
 * one that lacks {@code emitted_at} gets the event's time. Avro messages stay as they are.
 *
 * <p>Source: CloudEvents specification 1.0.2 and its Kafka protocol binding.
 */
public final class CloudEvents {

  private static final String ATTRIBUTE = "ce_";
  private static final String CONTENT_TYPE = "content-type";
  private static final String STRUCTURED = "application/cloudevents";
  private static final String VERSION = "1.0";

  private CloudEvents() {}

  /** Whether a header of that name says something about a CloudEvent. */
  public static boolean isHeader(String name) {
    return name.startsWith(ATTRIBUTE) || name.equals(CONTENT_TYPE);
  }

  /**
   * The message of an event; {@code value} itself where it is no event.
   *
   * @param schema of the message
   * @param headers of the Kafka message, as text
   * @throws MalformedMessageException if an event breaks the standard: says where
   */
  public static byte[] unwrap(Schema schema, Map<String, String> headers, byte[] value)
      throws MalformedMessageException {
    String type = headers.getOrDefault(CONTENT_TYPE, "").trim().toLowerCase(Locale.ROOT);
    if (type.startsWith(STRUCTURED)) {
      return structured(schema, type.split(";")[0].trim(), value);
    }
    if (headers.keySet().stream().noneMatch(name -> name.startsWith(ATTRIBUTE))) {
      return value;
    }
    return completed(
        schema,
        value,
        attribute(headers, "specversion"),
        attribute(headers, "id"),
        attribute(headers, "source"),
        headers.get(ATTRIBUTE + "time"));
  }

  private static String attribute(Map<String, String> headers, String name)
      throws MalformedMessageException {
    return required(ATTRIBUTE + name, headers.get(ATTRIBUTE + name));
  }

  private static String required(String name, String value) throws MalformedMessageException {
    if (value == null || value.isEmpty()) {
      throw new MalformedMessageException("CloudEvent attribute " + name + " is required");
    }
    return value;
  }

  private static byte[] structured(Schema schema, String type, byte[] value)
      throws MalformedMessageException {
    if (!type.equals(STRUCTURED + "+json")) {
      throw new MalformedMessageException(
          "content-type of a structured CloudEvent must be " + STRUCTURED + "+json, got " + type);
    }
    JsonNode event = parse(value);
    if (event == null || !event.isObject()) {
      throw new MalformedMessageException("a structured CloudEvent must be a JSON object");
    }
    return completed(
        schema,
        data(event),
        text(event, "specversion"),
        text(event, "id"),
        text(event, "source"),
        event.path("time").textValue());
  }

  private static String text(JsonNode event, String name) throws MalformedMessageException {
    return required(name, event.path(name).textValue());
  }

  private static byte[] data(JsonNode event) throws MalformedMessageException {
    if (event.path("data").isObject()) {
      return print(event.get("data"));
    }
    if (event.path("data_base64").isTextual()) {
      try {
        return Base64.getDecoder().decode(event.get("data_base64").textValue());
      } catch (IllegalArgumentException e) {
        throw new MalformedMessageException(
            "CloudEvent data_base64 is not Base64: " + e.getMessage(), e);
      }
    }
    throw new MalformedMessageException("CloudEvent data must be a JSON object, or data_base64");
  }

  private static byte[] completed(
      Schema schema, byte[] data, String version, String id, String source, String time)
      throws MalformedMessageException {
    if (!version.equals(VERSION)) {
      throw new MalformedMessageException(
          "CloudEvent specversion must be " + VERSION + ", got " + version);
    }
    if (data.length == 0 || data[0] != '{') {
      return data;
    }
    if (!(parse(data) instanceof ObjectNode message)) {
      return data;
    }
    if (schema.getField("request_id") != null && !message.has("request_id")) {
      message.put("request_id", source + "#" + id);
    }
    if (time != null && schema.getField("emitted_at") != null && !message.has("emitted_at")) {
      message.put("emitted_at", millis(time));
    }
    return print(message);
  }

  private static long millis(String time) throws MalformedMessageException {
    try {
      return OffsetDateTime.parse(time).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new MalformedMessageException(
          "CloudEvent time must be a timestamp as in RFC 3339, got " + time, e);
    }
  }

  private static JsonNode parse(byte[] json) throws MalformedMessageException {
    try {
      return PlainJson.MAPPER.readTree(json);
    } catch (IOException e) {
      throw new MalformedMessageException(
          "JSON can't be parsed: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
          e);
    }
  }

  private static byte[] print(JsonNode json) {
    try {
      return PlainJson.MAPPER.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that can't be printed", e);
    }
  }
}
