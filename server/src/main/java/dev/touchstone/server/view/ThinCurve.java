package dev.touchstone.server.view;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A curve for a chart: as many points as it needs, by columns, as JSON is smallest and quickest to
 * read.
 */
public final class ThinCurve {

  /** What can be asked for; {@link #write} says what each holds. */
  public static final List<String> FIELDS =
      List.of(
          "attempt",
          "checkpoint",
          "ci_high",
          "ci_low",
          "epoch",
          "manner",
          "n",
          "step",
          "ts",
          "value");

  private final String runId;
  private final SeriesKey key;
  private final Boolean higherIsBetter;
  private final Columns columns;

  ThinCurve(String runId, SeriesKey key, Boolean higherIsBetter, Columns columns) {
    this.runId = runId;
    this.key = key;
    this.higherIsBetter = higherIsBetter;
    this.columns = columns;
  }

  /**
   * Writes an object of names, then one array for each of {@code fields}: numbers, null where
   * undefined. {@code manner} becomes two: {@code manners}, each way in which values were come by,
   * and {@code manner}, the index of each point's.
   *
   * @param digits of values and their intervals, 17 or more for all that they have
   */
  public void write(JsonGenerator json, Set<String> fields, int digits) throws IOException {
    json.writeStartObject();
    json.writeStringField("run_id", runId);
    json.writeStringField("metric", key.metric());
    json.writeStringField("tier", key.tier());
    json.writeStringField("slice", key.slice());
    json.writeStringField("evaluation_set", key.evaluationSet());
    json.writeStringField("split", key.split());
    json.writeStringField("sample", key.sample());
    if (higherIsBetter == null) {
      json.writeNullField("higher_is_better");
    } else {
      json.writeBooleanField("higher_is_better", higherIsBetter);
    }
    json.writeNumberField("total", columns.total);
    for (String field : FIELDS) {
      if (fields.contains(field)) {
        column(json, field, digits);
      }
    }
    json.writeEndObject();
  }

  private void column(JsonGenerator json, String field, int digits) throws IOException {
    switch (field) {
      case "attempt" -> each(json, field, i -> json.writeNumber(columns.places[i].attempt()));
      case "checkpoint" -> each(json, field, i -> json.writeString(columns.places[i].checkpoint()));
      case "ci_high" ->
          each(json, field, i -> number(json, Digits.round(columns.ciHigh[i], digits)));
      case "ci_low" -> each(json, field, i -> number(json, Digits.round(columns.ciLow[i], digits)));
      case "epoch" -> each(json, field, i -> number(json, columns.places[i].epoch()));
      case "n" -> each(json, field, i -> json.writeNumber(columns.n[i]));
      case "step" -> each(json, field, i -> json.writeNumber(columns.places[i].step()));
      case "ts" -> each(json, field, i -> json.writeNumber(columns.ts[i]));
      case "value" -> each(json, field, i -> number(json, Digits.round(columns.value[i], digits)));
      case "manner" -> manners(json);
      default -> throw new IllegalArgumentException("no column is named " + field);
    }
  }

  private void manners(JsonGenerator json) throws IOException {
    Map<Manner, Integer> index = new LinkedHashMap<>();
    for (Manner manner : columns.manners) {
      index.putIfAbsent(manner, index.size());
    }
    json.writeArrayFieldStart("manners");
    for (Manner manner : index.keySet()) {
      json.writePOJO(manner);
    }
    json.writeEndArray();
    each(json, "manner", i -> json.writeNumber(index.get(columns.manners[i])));
  }

  @FunctionalInterface
  private interface Writer {
    void write(int i) throws IOException;
  }

  private void each(JsonGenerator json, String name, Writer writer) throws IOException {
    json.writeArrayFieldStart(name);
    for (int i = 0; i < columns.ts.length; i++) {
      writer.write(i);
    }
    json.writeEndArray();
  }

  private static void number(JsonGenerator json, Double value) throws IOException {
    if (value == null || !Double.isFinite(value)) {
      json.writeNull();
    } else {
      json.writeNumber(value);
    }
  }
}
