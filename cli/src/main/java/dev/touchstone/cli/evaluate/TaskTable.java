package dev.touchstone.cli.evaluate;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/** Reads chosen columns of delimited text and Parquet files, several files one after another. */
final class TaskTable {
  private static final int SHORTEST_BOM_INPUT = 4;

  private int rows;

  /** How many rows there are. */
  int rows() {
    return rows;
  }

  /**
   * Columns of the first file whose names match {@code pattern}: the name itself, or what starts
   * with it up to a star at its end, in the file's order.
   *
   * @throws BadInputException when a pattern with a star matches nothing
   */
  static List<String> matching(Path file, PredictionFiles.Format format, String pattern) {
    if (!pattern.endsWith("*")) {
      return List.of(pattern);
    }
    String prefix = pattern.substring(0, pattern.length() - 1);
    List<String> header = header(file, format);
    List<String> names = header.stream().filter(name -> name.startsWith(prefix)).toList();
    if (names.isEmpty()) {
      throw BadInputException.inFile(file.toString(), ColumnNames.missing(pattern, header));
    }
    return names;
  }

  private static List<String> header(Path file, PredictionFiles.Format format) {
    var names = new ArrayList<String>();
    PredictionFiles.guard(
        file,
        () -> {
          if (format == PredictionFiles.Format.PARQUET) {
            ParquetPredictions.open(
                file,
                reader ->
                    reader
                        .getFileMetaData()
                        .getSchema()
                        .getFields()
                        .forEach(field -> names.add(field.getName())));
            return null;
          }
          try (InputStream in = PredictionFiles.open(file);
              var records = csv(in, format)) {
            for (CsvRecord first : records) {
              names.addAll(first.getFields());
              break;
            }
          } catch (CsvParseException e) {
            throw unreadable(file.toString(), 0, e);
          }
          return null;
        });
    return names;
  }

  static CsvReader<CsvRecord> csv(InputStream in, PredictionFiles.Format format)
      throws IOException {
    var buffered = new BufferedInputStream(in, 1 << 16);
    buffered.mark(SHORTEST_BOM_INPUT);
    // the library pads shorter inputs with zeros when it looks for a byte-order mark
    boolean longEnough = buffered.readNBytes(SHORTEST_BOM_INPUT).length == SHORTEST_BOM_INPUT;
    buffered.reset();
    return CsvReader.builder()
        .fieldSeparator(format == PredictionFiles.Format.TSV ? '\t' : ',')
        .detectBomHeader(longEnough)
        .ofCsvRecord(buffered);
  }

  static BadInputException unreadable(String file, long row, CsvParseException e) {
    if (e.getCause() instanceof Error error) {
      throw error;
    }
    return BadInputException.inRow(
        file,
        row + 1,
        "is not readable as delimited text: "
            + (e.getCause() == null ? e : e.getCause()).getMessage());
  }

  /**
   * Reads all files into the columns.
   *
   * @throws BadInputException when a file cannot be read or a row breaks a rule
   */
  static TaskTable read(
      List<Path> files, List<PredictionFiles.Format> formats, List<TaskColumn> columns) {
    var table = new TaskTable();
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get(i);
      PredictionFiles.Format format = formats.get(i);
      PredictionFiles.guard(
          file,
          () -> {
            if (format == PredictionFiles.Format.PARQUET) {
              ParquetPredictions.open(
                  file, reader -> table.readParquet(file.toString(), reader, columns));
            } else {
              try (InputStream in = PredictionFiles.open(file);
                  var records = csv(in, format)) {
                table.readCsv(file.toString(), records, columns);
              } catch (UncheckedIOException e) {
                throw e.getCause();
              }
            }
            return null;
          });
    }
    return table;
  }

  private int reserve(String file, long more, List<TaskColumn> columns) {
    if (rows + more > PredictionsBuilder.MAX_ROWS) {
      throw BadInputException.inFile(
          file,
          "at most "
              + PredictionsBuilder.MAX_ROWS
              + " rows can be evaluated in memory, got "
              + (rows + more));
    }
    int first = rows;
    rows += (int) more;
    columns.forEach(column -> column.ensure(rows));
    return first;
  }

  private void readCsv(String file, Iterable<CsvRecord> records, List<TaskColumn> columns) {
    int[] fields = null;
    int width = 0;
    long row = 0;
    columns.forEach(TaskColumn::declareFloat64);
    try {
      for (CsvRecord record : records) {
        if (record.getFieldCount() == 1 && record.getField(0).isEmpty()) {
          continue; // a blank line
        }
        if (fields == null) {
          fields =
              ColumnNames.positions(
                  file, record.getFields(), columns.stream().map(TaskColumn::name).toList());
          width = record.getFieldCount();
          continue;
        }
        row++;
        if (record.getFieldCount() != width) {
          throw BadInputException.inRow(
              file,
              row,
              "must have "
                  + width
                  + " fields as the header has, got "
                  + record.getFieldCount()
                  + " (line "
                  + record.getStartingLineNumber()
                  + ")");
        }
        int at = reserve(file, 1, columns);
        for (int c = 0; c < fields.length; c++) {
          take(file, row, columns.get(c), at, record.getField(fields[c]));
        }
      }
    } catch (CsvParseException e) {
      throw unreadable(file, row, e);
    }
  }

  private static void take(String file, long row, TaskColumn column, int at, String text) {
    if (column.isText()) {
      if (!column.set(at, text)) {
        throw refuse(file, row, column, "must not be empty", text);
      }
      return;
    }
    double value = Numbers.parse(text);
    String complaint = column.complaint(value);
    if (complaint != null) {
      throw refuse(file, row, column, complaint, text);
    }
    column.set(at, value);
  }

  private static BadInputException refuse(
      String file, long row, TaskColumn column, String rule, String value) {
    return BadInputException.inRow(
        file, row, column.shownAs() + " " + rule + ", got " + BadInputException.quote(value));
  }

  private void readParquet(String file, ParquetFileReader reader, List<TaskColumn> columns)
      throws IOException {
    MessageType schema = reader.getFileMetaData().getSchema();
    List<Type> wanted = new ArrayList<>();
    for (TaskColumn column : columns) {
      Type type = ParquetPredictions.flatColumn(file, schema, column.name());
      if (type.asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.FLOAT) {
        column.declareFloat64();
      }
      wanted.add(type);
    }
    var requested = new MessageType(schema.getName(), wanted);
    reader.setRequestedSchema(requested);
    long row = 0;
    PageReadStore group;
    while ((group = reader.readNextRowGroup()) != null) {
      int count = Math.toIntExact(group.getRowCount());
      int base = reserve(file, count, columns);
      for (TaskColumn column : columns) {
        var descriptor = requested.getColumnDescription(new String[] {column.name()});
        var values =
            new ParquetColumn(
                file, column.shownAs(), descriptor, group.getPageReader(descriptor), row);
        take(values, column, base, count);
      }
      row += count;
    }
  }

  private static void take(ParquetColumn values, TaskColumn column, int base, int count) {
    if (column.isText()) {
      for (int i = 0; i < count; i++) {
        values.next(i);
        String text = values.readText();
        if (!column.set(base + i, text)) {
          throw values.refuse(i, "must not be empty", text);
        }
      }
      return;
    }
    boolean flags = values.kind() == PrimitiveTypeName.BOOLEAN;
    if (!flags) {
      values.requireNumbers();
    }
    for (int i = 0; i < count; i++) {
      values.next(i);
      double value = flags ? (values.readBoolean() ? 1 : 0) : values.readNumber();
      String complaint = column.complaint(value);
      if (complaint != null) {
        throw values.refuse(i, complaint, Double.toString(value));
      }
      column.set(base + i, value);
    }
  }
}
