package dev.touchstone.server.http;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.touchstone.metrics.sampling.PlanTask;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;

/** Examples as columns of a JSON object, options beside them; read as a stream, never as a tree. */
final class PlanRequestJson {

  static final List<String> FIELDS =
      List.of("budget", "seed", "positives_cap", "task", "ids", "labels", "scores", "segments");

  private Long budget;
  private Long seed;
  private Long positivesCap;
  private PlanTask task = PlanTask.BINARY;
  private PlanRequest.Wholes ids;
  private PlanRequest.Texts labels;
  private PlanRequest.Numbers scores;
  private PlanRequest.Texts segments;

  /** Labels that are numbers; kept as such until the task is known. */
  private PlanRequest.Numbers numbers;

  private PlanRequestJson() {}

  static PlanRequest read(byte[] body) throws IOException {
    var request = new PlanRequestJson();
    try (JsonParser json = Json.MAPPER.getFactory().createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw Problem.of(400, "Invalid request", "body must be a JSON object");
      }
      var seen = new HashSet<String>();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String key = json.currentName();
        if (!seen.add(key)) {
          throw Problem.invalid(shown(key), "must come once", "twice");
        }
        json.nextToken();
        request.take(json, key);
      }
      if (json.nextToken() != null) {
        throw Problem.of(400, "Invalid request", "body must be one JSON object, got more");
      }
    } catch (JsonProcessingException e) {
      String where = e instanceof JsonParseException ? " at byte " + place(e) : "";
      throw Problem.of(400, "Invalid request", "body must be JSON, got something else" + where);
    }
    return request.finish();
  }

  private static long place(JsonProcessingException e) {
    return e.getLocation() == null ? 0 : e.getLocation().getByteOffset();
  }

  private static String shown(String key) {
    String plain = key.replaceAll("\\p{Cntrl}", "�");
    return plain.length() > 64 ? plain.substring(0, 64) + "…" : plain;
  }

  private void take(JsonParser json, String key) throws IOException {
    boolean none = json.currentToken() == JsonToken.VALUE_NULL;
    switch (key) {
      case "budget" -> budget = none ? null : (Long) whole(json, key);
      case "seed" -> seed = none ? null : (Long) whole(json, key);
      case "positives_cap" -> positivesCap = none ? null : (Long) whole(json, key);
      case "task" ->
          task = none ? task : PlanTask.of(Inputs.oneOf(key, json.getText(), PlanRequest.TASKS));
      case "ids" -> {
        ids = none ? null : new PlanRequest.Wholes();
        each(json, key, none, () -> ids.add(whole(json, PlanRequest.inRow(key, ids.size()))));
      }
      case "labels" -> {
        labels = new PlanRequest.Texts(key, 256);
        numbers = new PlanRequest.Numbers();
        each(json, key, none, () -> label(json));
      }
      case "scores" -> {
        scores = none ? null : new PlanRequest.Numbers();
        each(json, key, none, () -> scores.add(number(json, key, scores.size())));
      }
      case "segments" -> {
        segments = none ? null : new PlanRequest.Texts(key, 128);
        each(json, key, none, () -> segments.add(text(json, key, segments.size())));
      }
      default ->
          throw Problem.invalid(
              shown(key), "must be one of " + String.join(", ", FIELDS), "an unknown key");
    }
  }

  private interface Element {
    void take() throws IOException;
  }

  private static void each(JsonParser json, String key, boolean none, Element element)
      throws IOException {
    if (none) {
      return;
    }
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw Problem.invalid(key, "must be an array", json.getText());
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      element.take();
    }
  }

  /** The task may come after the labels: numbers are kept as numbers until it is known. */
  private void label(JsonParser json) throws IOException {
    int row = Math.max(labels.size(), numbers.size());
    String key = PlanRequest.inRow("labels", row);
    JsonToken token = json.currentToken();
    boolean number = token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
    if (number && labels.size() == 0) {
      numbers.add(number(json, "labels", row));
    } else if (!number
        && numbers.size() == 0
        && (token == JsonToken.VALUE_STRING
            || token == JsonToken.VALUE_TRUE
            || token == JsonToken.VALUE_FALSE)) {
      labels.add(json.getText());
    } else {
      throw Problem.invalid(
          key, "must be a number, or a text or true or false, as the others", json.getText());
    }
  }

  private static double number(JsonParser json, String key, int row) throws IOException {
    JsonToken token = json.currentToken();
    if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
      throw Problem.invalid(PlanRequest.inRow(key, row), "must be a finite number", json.getText());
    }
    double value = json.getDoubleValue();
    if (!Double.isFinite(value)) {
      throw Problem.invalid(PlanRequest.inRow(key, row), "must be a finite number", json.getText());
    }
    return value;
  }

  private static String text(JsonParser json, String key, int row) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw Problem.invalid(PlanRequest.inRow(key, row), "must be a string", json.getText());
    }
    return json.getText();
  }

  private static long whole(JsonParser json, String key) throws IOException {
    JsonToken token = json.currentToken();
    if (token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT) {
      return PlanRequest.whole(key, json.getText());
    }
    throw Problem.invalid(key, "must be a whole number of 64 bits", json.getText());
  }

  private PlanRequest finish() {
    if (budget == null) {
      throw Problem.invalid("budget", "is required", "nothing");
    }
    if (labels == null) {
      throw Problem.invalid("labels", "is required", "nothing");
    }
    if (budget < 1) {
      throw Problem.invalid("budget", "must be at least 1", budget);
    }
    if (positivesCap != null && positivesCap < 1) {
      throw Problem.invalid("positives_cap", "must be at least 1", positivesCap);
    }
    double[] targets = null;
    String[] texts = null;
    if (task == PlanTask.REGRESSION) {
      if (labels.size() > 0) {
        throw Problem.invalid("labels", "must be numbers in regression", "texts");
      }
      targets = numbers.values();
    } else {
      texts = texts();
    }
    return new PlanRequest(
        task,
        PlanRequest.options(budget, seed == null ? 1 : seed, positivesCap),
        ids == null ? null : ids.values(),
        texts,
        targets,
        scores == null ? null : scores.values(),
        segments == null ? null : segments.values());
  }

  private String[] texts() {
    var texts = new PlanRequest.Texts("labels", 256);
    for (double number : numbers.values()) {
      if (number != Math.rint(number) || Math.abs(number) > 0x1p53) {
        throw Problem.invalid(
            PlanRequest.inRow("labels", texts.size()), "must be a whole number or a text", number);
      }
      texts.add(Long.toString((long) number));
    }
    for (String text : labels.values()) {
      texts.add(PlanRequest.label(task, text));
    }
    return texts.values();
  }
}
