package dev.touchstone.cli.evaluate;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.RecordWrapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads delimited text with a header: quoted fields, byte-order mark, any line end. Scores are
 * decimal text and therefore float64. Fields are parsed where they lie; only ids and slices become
 * strings.
 */
final class CsvPredictions {
  // the library pads shorter inputs with zeros when it looks for a byte-order mark
  private static final int SHORTEST_BOM_INPUT = 4;

  private CsvPredictions() {}

  /**
   * Appends all rows.
   *
   * @param file what messages call the input
   * @return whether there was a header; an empty input has none
   * @throws BadInputException when a row breaks a rule
   */
  static boolean read(
      InputStream input,
      String file,
      char separator,
      ColumnNames columns,
      LabelRule labels,
      PredictionsBuilder to)
      throws IOException {
    to.declareFloat64();
    var rows = new Rows(file, columns, labels, to);
    var buffered = new BufferedInputStream(input, 1 << 16);
    buffered.mark(SHORTEST_BOM_INPUT);
    boolean longEnough = buffered.readNBytes(SHORTEST_BOM_INPUT).length == SHORTEST_BOM_INPUT;
    buffered.reset();
    try (CsvReader<Long> reader =
            CsvReader.builder()
                .fieldSeparator(separator)
                .detectBomHeader(longEnough)
                .build(rows, buffered);
        CloseableIterator<Long> each = reader.iterator()) {
      while (each.hasNext()) {
        each.next();
      }
    } catch (CsvParseException e) {
      if (e.getCause() instanceof Error error) {
        throw error; // such as memory that ran out, which the library wraps too
      }
      throw rows.problem != null
          ? rows.problem
          : BadInputException.inRow(
              file,
              rows.row + 1,
              "is not readable as delimited text: "
                  + (e.getCause() == null ? e : e.getCause()).getMessage());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return rows.header != null;
  }

  /** Takes fields as they come; commits or refuses a row when it is whole. */
  private static final class Rows extends AbstractBaseCsvCallbackHandler<Long> {
    private enum Role {
      LABEL,
      SCORE,
      WEIGHT,
      ID
    }

    private static final Role[] ROLES = Role.values();

    private final String file;
    private final ColumnNames columns;
    private final LabelRule rule;
    private final PredictionsBuilder to;
    private final String labelName;
    private final String scoreName;
    private final String weightName;

    private List<String> header;
    private final List<String> headerFields = new ArrayList<>();
    // what each field is for: -1 nothing, below ROLES.length a role, above a slice
    private int[] purpose;
    private long row;
    private BadInputException problem;

    private byte label;
    private double score;
    private double weight;
    private String id;
    private final String[] slices;
    private String complaint;

    Rows(String file, ColumnNames columns, LabelRule rule, PredictionsBuilder to) {
      this.file = file;
      this.columns = columns;
      this.rule = rule;
      this.to = to;
      this.labelName = ColumnNames.role("label", columns.label());
      this.scoreName = ColumnNames.role("score", columns.score());
      this.weightName =
          columns.weight() == null ? null : ColumnNames.role("weight", columns.weight());
      this.slices = new String[columns.slices().size()];
    }

    @Override
    protected void handleBegin(long line) {
      // what a blank line left behind, which is no header and no row
      complaint = null;
      headerFields.clear();
    }

    @Override
    protected void handleField(int field, char[] text, int offset, int length, boolean quoted) {
      if (header == null) {
        headerFields.add(new String(text, offset, length));
        return;
      }
      int use = field < purpose.length ? purpose[field] : -1;
      if (use < 0) {
        return;
      }
      if (use >= ROLES.length) {
        slices[use - ROLES.length] = new String(text, offset, length);
        return;
      }
      switch (ROLES[use]) {
        case LABEL -> takeLabel(text, offset, length);
        case SCORE -> {
          score = Numbers.parse(text, offset, length);
          if (Double.isNaN(score)) {
            complain(scoreName + " must be a number", text, offset, length);
          }
        }
        case WEIGHT -> {
          weight = Numbers.parse(text, offset, length);
          if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
            complain(weightName + " must be a number of at least 0", text, offset, length);
          }
        }
        case ID -> id = new String(text, offset, length);
        default -> throw new IllegalStateException();
      }
    }

    private void takeLabel(char[] text, int offset, int length) {
      if (length == 1 && rule.positiveLabel() == null) {
        int digit = text[offset] - '0';
        if ((digit & ~1) == 0) {
          label = (byte) digit;
          return;
        }
      }
      label = rule.of(new String(text, offset, length).trim());
      if (label == LabelRule.INVALID) {
        complain(labelName + " " + rule.words(), text, offset, length);
      }
    }

    private void complain(String what, char[] text, int offset, int length) {
      if (complaint == null) {
        complaint = what + ", got " + BadInputException.quote(new String(text, offset, length));
      }
    }

    @Override
    protected RecordWrapper<Long> buildRecord() {
      if (!isEmptyLine()) {
        if (header == null) {
          takeHeader();
        } else {
          takeRow();
        }
      }
      return wrapRecord(row);
    }

    private void takeHeader() {
      header = List.copyOf(headerFields);
      purpose = new int[header.size()];
      java.util.Arrays.fill(purpose, -1);
      assign(columns.label(), Role.LABEL.ordinal());
      assign(columns.score(), Role.SCORE.ordinal());
      if (columns.weight() != null) {
        assign(columns.weight(), Role.WEIGHT.ordinal());
      }
      if (columns.id() != null) {
        assign(columns.id(), Role.ID.ordinal());
      }
      for (int i = 0; i < columns.slices().size(); i++) {
        assign(columns.slices().get(i), ROLES.length + i);
      }
    }

    private void assign(String name, int use) {
      int field = header.indexOf(name);
      if (field < 0) {
        throw refuse(BadInputException.inFile(file, ColumnNames.missing(name, header)));
      }
      if (header.lastIndexOf(name) != field) {
        throw refuse(
            BadInputException.inFile(
                file, "has more than one column " + BadInputException.quote(name)));
      }
      purpose[field] = use;
    }

    private void takeRow() {
      row++;
      if (getFieldCount() != header.size()) {
        throw refuse(
            BadInputException.inRow(
                file,
                row,
                "must have "
                    + header.size()
                    + " fields as the header has, got "
                    + getFieldCount()
                    + " (line "
                    + getStartingLineNumber()
                    + ")"));
      }
      if (complaint != null) {
        throw refuse(BadInputException.inRow(file, row, complaint));
      }
      int at = to.reserve(file, 1);
      to.label(at, label);
      to.score(at, score);
      if (columns.weight() != null) {
        to.weight(at, weight);
      }
      if (columns.id() != null) {
        to.ids().add(id);
      }
      for (int i = 0; i < slices.length; i++) {
        to.slice(i, at, slices[i]);
      }
    }

    // kept aside: the reader wraps what a handler throws
    private BadInputException refuse(BadInputException e) {
      problem = e;
      return e;
    }
  }
}
