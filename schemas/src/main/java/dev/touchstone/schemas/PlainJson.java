package dev.touchstone.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.JsonProperties;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * Avro records as the JSON that people write by hand, and back: unions without wrappers, absent
 * fields take their default, timestamps are milliseconds.
 *
 * <p>A {@code bytes} field is Base64 or, where its schema names a {@code column} type ({@code u8},
 * {@code i64}, {@code f32}, or {@code label}: whatever {@code label_encoding} says), a plain array
 * of numbers. A {@code string} marked {@code "embedded": "json"} is a JSON value in place. A map of
 * doubles takes what JSON has no number for as text: {@code "NaN"}, {@code "Infinity"}, {@code
 * "-Infinity"}.
 *
 * <p>An unknown field is an error, since a misspelt optional field would otherwise be lost in
 * silence.
 */
public final class PlainJson {

  /** A second object behind the first, or a second value for a field, would be lost in silence. */
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final Map<String, Double> NOT_FINITE = new HashMap<>();

  static {
    for (double value : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
      NOT_FINITE.put(Double.toString(value), value);
    }
  }

  private PlainJson() {}

  /** The record as one JSON object; null fields are written, so that every field has its place. */
  public static ObjectNode write(SpecificRecord datum) {
    return writeRecord(datum);
  }

  /** The UTF-8 bytes of {@link #write}. */
  public static byte[] writeBytes(SpecificRecord datum) {
    try {
      return MAPPER.writeValueAsBytes(write(datum));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that can't be printed", e);
    }
  }

  /** Reads a record of {@code schema} from UTF-8 JSON. */
  public static SpecificRecord read(Schema schema, byte[] utf8) throws MalformedMessageException {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(utf8);
    } catch (java.io.IOException e) {
      throw new MalformedMessageException(
          "JSON can't be parsed: " + e.getMessage().lines().findFirst().orElse(""), e);
    }
    return readRecord(schema, tree, schema.getName());
  }

  private static ObjectNode writeRecord(IndexedRecord datum) {
    ObjectNode object = NODES.objectNode();
    for (Schema.Field field : datum.getSchema().getFields()) {
      object.set(field.name(), writeValue(field.schema(), datum.get(field.pos())));
    }
    return object;
  }

  private static JsonNode writeValue(Schema schema, Object value) {
    if (value == null) {
      return NODES.nullNode();
    }
    return switch (schema.getType()) {
      case UNION ->
          writeValue(schema.getTypes().get(SpecificData.get().resolveUnion(schema, value)), value);
      case RECORD -> writeRecord((IndexedRecord) value);
      case ARRAY -> {
        ArrayNode array = NODES.arrayNode();
        for (Object element : (Iterable<?>) value) {
          array.add(writeValue(schema.getElementType(), element));
        }
        yield array;
      }
      case MAP -> {
        ObjectNode object = NODES.objectNode();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
          boolean text = entry.getValue() instanceof Double d && !Double.isFinite(d);
          object.set(
              entry.getKey().toString(),
              text
                  ? NODES.textNode(entry.getValue().toString())
                  : writeValue(schema.getValueType(), entry.getValue()));
        }
        yield object;
      }
      case BYTES -> {
        byte[] bytes = new byte[((ByteBuffer) value).remaining()];
        ((ByteBuffer) value).duplicate().get(bytes);
        yield NODES.textNode(Base64.getEncoder().encodeToString(bytes));
      }
      case STRING ->
          isEmbeddedJson(schema)
              ? parseEmbedded(value.toString())
              : NODES.textNode(value.toString());
      case ENUM -> NODES.textNode(value.toString());
      case INT -> NODES.numberNode((Integer) value);
      case LONG -> {
        long number = value instanceof Instant instant ? instant.toEpochMilli() : (Long) value;
        yield NODES.numberNode(number);
      }
      case DOUBLE -> {
        double number = (Double) value;
        if (!Double.isFinite(number)) {
          throw new IllegalArgumentException("JSON has no " + number + ": use null with a reason");
        }
        yield NODES.numberNode(number);
      }
      case BOOLEAN -> NODES.booleanNode((Boolean) value);
      default -> throw new IllegalStateException("no plain JSON for " + schema.getType());
    };
  }

  private static boolean isEmbeddedJson(Schema schema) {
    return "json".equals(schema.getProp("embedded"));
  }

  private static JsonNode parseEmbedded(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "embedded JSON can't be parsed: " + e.getOriginalMessage(), e);
    }
  }

  private static SpecificRecord readRecord(Schema schema, JsonNode node, String path)
      throws MalformedMessageException {
    if (!node.isObject()) {
      throw new MalformedMessageException(path + " must be a JSON object, got " + kind(node));
    }
    Set<String> unknown = new HashSet<>();
    node.fieldNames().forEachRemaining(unknown::add);
    SpecificRecord datum = (SpecificRecord) SpecificData.get().newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      String where = path + "." + field.name();
      JsonNode child = node.get(field.name());
      unknown.remove(field.name());
      if (child == null) {
        if (!field.hasDefaultValue()) {
          throw new MalformedMessageException(where + " is required");
        }
        datum.put(field.pos(), defaultOf(field));
      } else {
        datum.put(field.pos(), readValue(field.schema(), child, where, node));
      }
    }
    if (!unknown.isEmpty()) {
      throw new MalformedMessageException(path + " has no field " + String.join(", ", unknown));
    }
    return datum;
  }

  private static Object defaultOf(Schema.Field field) {
    if (field.defaultVal() == JsonProperties.NULL_VALUE) {
      return null;
    }
    return SpecificData.get().deepCopy(field.schema(), SpecificData.get().getDefaultValue(field));
  }

  private static Object readValue(Schema schema, JsonNode node, String path, JsonNode record)
      throws MalformedMessageException {
    return switch (schema.getType()) {
      case UNION -> readUnion(schema, node, path, record);
      case RECORD -> readRecord(schema, node, path);
      case ARRAY -> {
        require(node.isArray(), path, "an array", node);
        List<Object> values = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
          values.add(readValue(schema.getElementType(), node.get(i), path + "[" + i + "]", record));
        }
        yield values;
      }
      case MAP -> {
        require(node.isObject(), path, "an object", node);
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
          Object notFinite =
              schema.getValueType().getType() == Schema.Type.DOUBLE
                  ? NOT_FINITE.get(field.getValue().textValue())
                  : null;
          values.put(
              field.getKey(),
              notFinite != null
                  ? notFinite
                  : readValue(
                      schema.getValueType(),
                      field.getValue(),
                      path + "." + field.getKey(),
                      record));
        }
        yield values;
      }
      case BYTES -> readColumn(schema, node, path, record);
      case STRING -> {
        if (isEmbeddedJson(schema)) {
          yield node.toString();
        }
        require(node.isTextual(), path, "a string", node);
        yield node.textValue();
      }
      case ENUM -> {
        require(
            node.isTextual() && schema.hasEnumSymbol(node.textValue()),
            path,
            "one of " + schema.getEnumSymbols(),
            node);
        yield SpecificData.get().createEnum(node.textValue(), schema);
      }
      case INT -> {
        require(node.isIntegralNumber() && node.canConvertToInt(), path, "a 32-bit integer", node);
        yield node.intValue();
      }
      case LONG -> {
        require(node.isIntegralNumber() && node.canConvertToLong(), path, "a 64-bit integer", node);
        yield schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
            ? Instant.ofEpochMilli(node.longValue())
            : (Object) node.longValue();
      }
      case DOUBLE -> {
        require(node.isNumber(), path, "a number", node);
        yield node.doubleValue();
      }
      case BOOLEAN -> {
        require(node.isBoolean(), path, "true or false", node);
        yield node.booleanValue();
      }
      default -> throw new IllegalStateException("no plain JSON for " + schema.getType());
    };
  }

  private static Object readUnion(Schema union, JsonNode node, String path, JsonNode record)
      throws MalformedMessageException {
    if (node.isNull() && union.isNullable()) {
      return null;
    }
    MalformedMessageException first = null;
    for (Schema branch : union.getTypes()) {
      if (branch.getType() == Schema.Type.NULL) {
        continue;
      }
      try {
        return readValue(branch, node, path, record);
      } catch (MalformedMessageException e) {
        // the last branch's complaint is the most specific one: unions here are null or long first
        first = e;
      }
    }
    throw first == null ? new MalformedMessageException(path + " must be null") : first;
  }

  private static ByteBuffer readColumn(Schema schema, JsonNode node, String path, JsonNode record)
      throws MalformedMessageException {
    String column = schema.getProp("column");
    if (node.isArray() && column != null) {
      return packNumbers("label".equals(column) ? labelType(record) : column, node, path);
    }
    require(
        node.isTextual(), path, column == null ? "Base64" : "Base64 or an array of numbers", node);
    try {
      return ByteBuffer.wrap(
          Base64.getDecoder().decode(node.textValue().getBytes(StandardCharsets.US_ASCII)));
    } catch (IllegalArgumentException e) {
      throw new MalformedMessageException(path + " is not Base64: " + e.getMessage(), e);
    }
  }

  private static String labelType(JsonNode record) {
    return switch (record.path("label_encoding").asText("U8")) {
      case "I32" -> "i32";
      case "F32" -> "f32";
      default -> "u8";
    };
  }

  private static ByteBuffer packNumbers(String type, JsonNode array, String path)
      throws MalformedMessageException {
    int width =
        switch (type) {
          case "u8" -> 1;
          case "i32", "f32" -> 4;
          case "i64" -> 8;
          default -> throw new IllegalStateException("no column type " + type);
        };
    ByteBuffer packed = ByteBuffer.allocate(width * array.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < array.size(); i++) {
      JsonNode element = array.get(i);
      String where = path + "[" + i + "]";
      switch (type) {
        case "u8" -> {
          require(
              element.isIntegralNumber()
                  && element.canConvertToInt()
                  && element.intValue() >= 0
                  && element.intValue() <= 255,
              where,
              "an integer in [0, 255]",
              element);
          packed.put((byte) element.intValue());
        }
        case "i32" -> {
          require(
              element.isIntegralNumber() && element.canConvertToInt(),
              where,
              "a 32-bit integer",
              element);
          packed.putInt(element.intValue());
        }
        case "i64" -> {
          require(
              element.isIntegralNumber() && element.canConvertToLong(),
              where,
              "a 64-bit integer",
              element);
          packed.putLong(element.longValue());
        }
        default -> {
          require(element.isNumber(), where, "a number", element);
          packed.putFloat(element.floatValue());
        }
      }
    }
    return packed.flip();
  }

  private static void require(boolean holds, String path, String rule, JsonNode got)
      throws MalformedMessageException {
    if (!holds) {
      throw new MalformedMessageException(path + " must be " + rule + ", got " + kind(got));
    }
  }

  private static String kind(JsonNode node) {
    if (node.isContainerNode()) {
      return node.isArray() ? "an array" : "an object";
    }
    String text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }
}
