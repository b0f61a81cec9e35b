package dev.touchstone.server.http;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.touchstone.metrics.sampling.PlanOptions;
import dev.touchstone.metrics.sampling.PlanTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;

/** Examples as delimited text with a header; options stand in the query. */
final class PlanRequestCsv {

  private PlanRequestCsv() {}

  static PlanRequest read(byte[] body, UnaryOperator<String> query) throws IOException {
    String given = Inputs.oneOf("task", query.apply("task"), PlanRequest.TASKS);
    PlanTask task = PlanTask.of(given == null ? "binary" : given);
    PlanOptions options = options(query);
    String labelColumn = Inputs.optionalName("label_column", query.apply("label_column"));
    String[] keys = {"label_column", "id_column", "score_column", "segment_column"};
    String[] names = {
      labelColumn == null ? "label" : labelColumn,
      Inputs.optionalName(keys[1], query.apply(keys[1])),
      Inputs.optionalName(keys[2], query.apply(keys[2])),
      Inputs.optionalName(keys[3], query.apply(keys[3]))
    };
    var labels = new PlanRequest.Texts("label", 256);
    var segments = new PlanRequest.Texts("segment", 128);
    var ids = new PlanRequest.Wholes();
    var targets = new PlanRequest.Numbers();
    var scores = new PlanRequest.Numbers();
    int[] fields = null;
    int width = 0;
    int row = 0;
    String text = new String(body, StandardCharsets.UTF_8);
    try (CsvReader<CsvRecord> records =
        CsvReader.builder().ofCsvRecord(text.startsWith("\uFEFF") ? text.substring(1) : text)) {
      for (CsvRecord record : records) {
        if (record.getFieldCount() == 1 && record.getField(0).isEmpty()) {
          continue; // a blank line
        }
        if (fields == null) {
          fields = positions(record.getFields(), keys, names);
          width = record.getFieldCount();
          continue;
        }
        if (record.getFieldCount() != width) {
          throw Problem.invalid(
              "row " + (row + 1),
              "must have " + width + " fields as the header has",
              record.getFieldCount());
        }
        String label = record.getField(fields[0]);
        if (task == PlanTask.REGRESSION) {
          targets.add(PlanRequest.number("label", row, label));
        } else {
          labels.add(PlanRequest.label(task, label));
        }
        if (fields[1] >= 0) {
          ids.add(PlanRequest.whole(PlanRequest.inRow("id", row), record.getField(fields[1])));
        }
        if (fields[2] >= 0) {
          scores.add(PlanRequest.number("score", row, record.getField(fields[2])));
        }
        if (fields[3] >= 0) {
          segments.add(record.getField(fields[3]));
        }
        row++;
      }
    } catch (CsvParseException e) {
      throw Problem.of(
          400,
          "Invalid request",
          "body must be CSV; row " + (row + 1) + " is not readable as such");
    }
    if (fields == null) {
      throw Problem.of(400, "Invalid request", "body must have a header, got an empty one");
    }
    return new PlanRequest(
        task,
        options,
        names[1] == null ? null : ids.values(),
        labels.values(),
        targets.values(),
        names[2] == null ? null : scores.values(),
        names[3] == null ? null : segments.values());
  }

  private static PlanOptions options(UnaryOperator<String> query) {
    String budget = query.apply("budget");
    if (budget == null) {
      throw Problem.invalid("budget", "is required", "nothing");
    }
    return PlanRequest.options(
        positive("budget", budget),
        query.apply("seed") == null ? 1 : PlanRequest.whole("seed", query.apply("seed")),
        query.apply("positives_cap") == null
            ? null
            : (Long) positive("positives_cap", query.apply("positives_cap")));
  }

  private static long positive(String key, String text) {
    long value = PlanRequest.whole(key, text);
    if (value < 1) {
      throw Problem.invalid(key, "must be at least 1", value);
    }
    return value;
  }

  private static int[] positions(List<String> header, String[] keys, String[] names) {
    int[] fields = new int[names.length];
    for (int i = 0; i < names.length; i++) {
      if (names[i] == null) {
        fields[i] = -1;
        continue;
      }
      fields[i] = header.indexOf(names[i]);
      if (fields[i] < 0 || header.lastIndexOf(names[i]) != fields[i]) {
        throw Problem.invalid(
            keys[i], "must name one column of the body", PlanRequest.shown(names[i]));
      }
    }
    return fields;
  }
}
