package dev.touchstone.cli.evaluate;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * Reads chosen columns of delimited text and Parquet files row by row, several files one after
 * another. Holds a row, or a packed row group of Parquet: for sets that need not fit in memory.
 */
public final class ColumnScan {
  /** What a column holds. */
  public enum Kind {
    /** Whole numbers of 64 bits. */
    WHOLE,
    /** Numbers; NaN is refused. */
    NUMBER,
    /** Anything, as text. */
    TEXT
  }

  /**
   * A column to read.
   *
   * @param role what messages call it
   * @param name in the files
   */
  public record Column(String role, String name, Kind kind) {
    String shownAs() {
      return ColumnNames.role(role, name);
    }
  }

  /** Takes rows. What it refuses with an IllegalArgumentException is said with file and row. */
  public interface Rows {
    /** One row; the values are good until the next one. */
    void accept(Values row);
  }

  /** The values of one row, by the place of their column. */
  public static final class Values {
    private final long[] wholes;
    private final double[] numbers;
    private final String[] texts;

    private Values(int columns) {
      wholes = new long[columns];
      numbers = new double[columns];
      texts = new String[columns];
    }

    /** Of a column of whole numbers. */
    public long whole(int column) {
      return wholes[column];
    }

    /** Of a column of numbers. */
    public double number(int column) {
      return numbers[column];
    }

    /** Of a column of text. */
    public String text(int column) {
      return texts[column];
    }
  }

  private static final int KNOWN_TEXTS = 1 << 16;

  private final String file;
  private final List<Column> columns;
  private final Rows rows;
  private final Values values;
  private long row;

  private ColumnScan(String file, List<Column> columns, Rows rows) {
    this.file = file;
    this.columns = columns;
    this.rows = rows;
    this.values = new Values(columns.size());
  }

  /**
   * Reads a file from its beginning to its end.
   *
   * @param format csv, tsv or parquet; null for what the extension says
   * @throws BadInputException when the file cannot be read or a row breaks a rule
   */
  public static void read(Path path, String format, List<Column> columns, Rows rows) {
    PredictionFiles.Format known = format(path, format);
    var scan = new ColumnScan(path.toString(), columns, rows);
    PredictionFiles.guard(
        path,
        () -> {
          if (known == PredictionFiles.Format.PARQUET) {
            ParquetPredictions.open(path, scan::parquet);
          } else {
            scan.text(path, known);
          }
          return null;
        });
  }

  /** {@code 2.0}, {@code 2} and {@code 2e0} are one class. */
  public static String canonical(String text) {
    return TaskColumn.canonical(text);
  }

  private static PredictionFiles.Format format(Path path, String format) {
    if (format == null) {
      var byName = PredictionFiles.Format.of(path.toString());
      if (byName == null) {
        throw new IllegalArgumentException(
            "the extension must be .csv, .tsv or .parquet, or --input-format say what it is, got "
                + path);
      }
      return byName;
    }
    try {
      return PredictionFiles.Format.valueOf(format.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--input-format must be csv, tsv or parquet, got " + format, e);
    }
  }

  private void take() {
    row++;
    try {
      rows.accept(values);
    } catch (IllegalArgumentException e) {
      throw BadInputException.inRow(file, row, e.getMessage());
    }
  }

  // ---- delimited text

  private void text(Path path, PredictionFiles.Format format) throws IOException {
    int[] fields = null;
    int width = 0;
    try (InputStream in = PredictionFiles.open(path);
        var records = TaskTable.csv(in, format)) {
      for (CsvRecord record : records) {
        if (record.getFieldCount() == 1 && record.getField(0).isEmpty()) {
          continue; // a blank line
        }
        if (fields == null) {
          List<String> names = columns.stream().map(Column::name).toList();
          fields = ColumnNames.positions(file, record.getFields(), names);
          width = record.getFieldCount();
          continue;
        }
        if (record.getFieldCount() != width) {
          throw BadInputException.inRow(
              file,
              row + 1,
              "must have "
                  + width
                  + " fields as the header has, got "
                  + record.getFieldCount()
                  + " (line "
                  + record.getStartingLineNumber()
                  + ")");
        }
        for (int c = 0; c < fields.length; c++) {
          field(c, record.getField(fields[c]));
        }
        take();
      }
    } catch (CsvParseException e) {
      throw TaskTable.unreadable(file, row, e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (fields == null) {
      throw BadInputException.inFile(file, "must have a header, got an empty file");
    }
  }

  private void field(int c, String text) {
    switch (columns.get(c).kind()) {
      case TEXT -> values.texts[c] = text;
      case NUMBER -> {
        values.numbers[c] = Numbers.parse(text);
        if (Double.isNaN(values.numbers[c])) {
          throw refuse(c, "must be a number", text);
        }
      }
      default -> values.wholes[c] = whole(c, text);
    }
  }

  private long whole(int c, String text) {
    try {
      return Long.parseLong(text.trim());
    } catch (NumberFormatException e) {
      // 17.0 is what a column of floats makes of 17; above 2^53 it may have been another number
      double number = Numbers.parse(text);
      if (number == Math.rint(number) && Math.abs(number) <= 0x1p53) {
        return (long) number;
      }
      throw refuse(c, "must be a whole number of 64 bits", text);
    }
  }

  private BadInputException refuse(int c, String rule, String value) {
    return BadInputException.inRow(
        file,
        row + 1,
        columns.get(c).shownAs() + " " + rule + ", got " + BadInputException.quote(value));
  }

  // ---- Parquet

  private void parquet(ParquetFileReader reader) throws IOException {
    MessageType schema = reader.getFileMetaData().getSchema();
    List<Type> wanted = new ArrayList<>();
    for (Column column : columns) {
      wanted.add(ParquetPredictions.flatColumn(file, schema, column.name()));
    }
    var requested = new MessageType(schema.getName(), wanted);
    reader.setRequestedSchema(requested);
    List<Map<Binary, String>> known = new ArrayList<>();
    columns.forEach(column -> known.add(new HashMap<>()));
    PageReadStore group;
    while ((group = reader.readNextRowGroup()) != null) {
      var readers = new ParquetColumn[columns.size()];
      for (int c = 0; c < readers.length; c++) {
        var descriptor = requested.getColumnDescription(new String[] {columns.get(c).name()});
        readers[c] =
            new ParquetColumn(
                file, columns.get(c).shownAs(), descriptor, group.getPageReader(descriptor), row);
        if (columns.get(c).kind() == Kind.NUMBER) {
          readers[c].requireNumbers();
        }
      }
      int count = Math.toIntExact(group.getRowCount());
      for (int i = 0; i < count; i++) {
        for (int c = 0; c < readers.length; c++) {
          readers[c].next(i);
          value(c, readers[c], i, known.get(c));
        }
        take();
      }
    }
  }

  private void value(int c, ParquetColumn from, int at, Map<Binary, String> known) {
    switch (columns.get(c).kind()) {
      case TEXT -> values.texts[c] = text(from, known);
      case NUMBER -> {
        values.numbers[c] = from.readNumber();
        if (Double.isNaN(values.numbers[c])) {
          throw from.refuse(at, "must be a number", "NaN");
        }
      }
      default -> values.wholes[c] = from.isWhole() ? from.readWhole() : whole(c, from.readText());
    }
  }

  private static String text(ParquetColumn from, Map<Binary, String> known) {
    if (from.kind() != PrimitiveTypeName.BINARY) {
      return from.readText();
    }
    Binary bytes = from.readBytes();
    String text = known.get(bytes);
    if (text == null) {
      text = from.text(bytes);
      if (known.size() < KNOWN_TEXTS) {
        known.put(bytes.copy(), text);
      }
    }
    return text;
  }
}
