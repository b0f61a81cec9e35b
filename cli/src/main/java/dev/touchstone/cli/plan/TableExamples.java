package dev.touchstone.cli.plan;

import dev.touchstone.cli.evaluate.BadInputException;
import dev.touchstone.cli.evaluate.ColumnScan;
import dev.touchstone.cli.evaluate.ColumnScan.Column;
import dev.touchstone.cli.evaluate.ColumnScan.Kind;
import dev.touchstone.cli.evaluate.LabelRule;
import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanTask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Examples of a table, read anew each time.
 *
 * @param file CSV, TSV or Parquet
 * @param format null for what the extension says
 * @param idColumn null: the row, counted from 0, is the id
 * @param scoreColumn of reference scores; null without, or where another file has them
 * @param segmentColumn null without segments
 * @param others reference scores of another file, or null
 */
record TableExamples(
    PlanTask task,
    Path file,
    String format,
    String idColumn,
    String labelColumn,
    String scoreColumn,
    String segmentColumn,
    LabelRule labels,
    ReferenceScores others)
    implements PlanMaker.Examples<RuntimeException> {

  @Override
  public void forEach(PlanMaker.Example to) {
    var columns = new ArrayList<Column>();
    boolean numbers = task == PlanTask.REGRESSION;
    columns.add(
        new Column(numbers ? "target" : "label", labelColumn, numbers ? Kind.NUMBER : Kind.TEXT));
    int id = add(columns, "id", idColumn, Kind.WHOLE);
    int score = add(columns, "reference score", scoreColumn, Kind.NUMBER);
    int segment = add(columns, "segment", segmentColumn, Kind.TEXT);
    if (others != null) {
      others.rewind();
    }
    Map<String, String> known = new HashMap<>();
    long[] row = new long[1];
    ColumnScan.read(
        file,
        format,
        columns,
        values -> {
          long name = id < 0 ? row[0]++ : values.whole(id);
          double value =
              numbers
                  ? values.number(0)
                  : others != null ? others.of(name) : score < 0 ? 0 : values.number(score);
          to.accept(
              name,
              numbers ? null : label(known, values.text(0)),
              value,
              segment < 0 ? null : values.text(segment));
        });
    if (others != null && idColumn == null && others.size() != row[0]) {
      throw BadInputException.inFile(
          file.toString(),
          "must have as many rows as there are reference scores ("
              + others.size()
              + ") where no --id-column tells which is whose, got "
              + row[0]);
    }
  }

  private static int add(List<Column> columns, String role, String name, Kind kind) {
    if (name == null) {
      return -1;
    }
    columns.add(new Column(role, name, kind));
    return columns.size() - 1;
  }

  /** As the plan spells it. */
  private String label(Map<String, String> known, String text) {
    String label = known.get(text);
    if (label == null) {
      label = task == PlanTask.BINARY ? zeroOrOne(text) : ColumnScan.canonical(text.trim());
      if (known.size() < 1 << 12) {
        known.put(text, label);
      }
    }
    return label;
  }

  private String zeroOrOne(String text) {
    byte label = labels.of(text.trim());
    if (label == LabelRule.INVALID) {
      throw new IllegalArgumentException(
          "label " + labels.words() + ", got " + BadInputException.quote(text));
    }
    return label == 1 ? "1" : "0";
  }
}
