package dev.touchstone.cli.evaluate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * Reads flat Parquet columns as pandas, DuckDB, Spark and Touchstone's cache write them: any
 * encoding; uncompressed, snappy, gzip, zstd or lz4_raw; numbers, decimals, booleans and strings. A
 * FLOAT score column stays float32, every other one is float64. A null is refused.
 */
final class ParquetPredictions {
  private final String file;
  private final ColumnNames names;
  private final LabelRule rule;
  private final PredictionsBuilder to;

  private ParquetPredictions(
      String file, ColumnNames names, LabelRule rule, PredictionsBuilder to) {
    this.file = file;
    this.names = names;
    this.rule = rule;
    this.to = to;
  }

  /**
   * Appends all rows.
   *
   * @throws BadInputException when the file is no Parquet, a column is missing or a row breaks a
   *     rule
   */
  static void read(Path path, ColumnNames columns, LabelRule rule, PredictionsBuilder to) {
    String file = path.toString();
    open(path, reader -> new ParquetPredictions(file, columns, rule, to).readAll(reader));
  }

  /** What is done with an open file. */
  interface Use {
    void of(ParquetFileReader reader) throws IOException;
  }

  /** Opens a file; turns whatever can go wrong with it into one clear line. */
  static void open(Path path, Use use) {
    String file = path.toString();
    var options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    try (var reader = ParquetFileReader.open(new LocalInputFile(path), options)) {
      use.of(reader);
    } catch (BadInputException e) {
      throw e;
    } catch (ParquetCodecs.UnsupportedCodecException e) {
      throw BadInputException.inFile(file, e.getMessage());
    } catch (IOException | RuntimeException e) {
      // what a hostile file makes the library throw is as varied as hostile files
      throw BadInputException.inFile(file, "is not readable as Parquet: " + firstLine(e));
    }
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("").replaceAll("\\p{Cntrl}", "?");
  }

  private void readAll(ParquetFileReader reader) throws IOException {
    MessageType schema = reader.getFileMetaData().getSchema();
    List<Type> wanted = new ArrayList<>();
    for (String name : names.all()) {
      wanted.add(flatColumn(file, schema, name));
    }
    var requested = new MessageType(schema.getName(), wanted);
    if (primitive(schema, names.score()).getPrimitiveTypeName() != PrimitiveTypeName.FLOAT) {
      to.declareFloat64();
    }
    to.ensureRoomFor(file, reader.getRecordCount());
    reader.setRequestedSchema(requested);
    long row = 0;
    PageReadStore group;
    while ((group = reader.readNextRowGroup()) != null) {
      readGroup(group, requested, row);
      row += group.getRowCount();
    }
  }

  /** The type of a column that holds one value a row. */
  static Type flatColumn(String file, MessageType schema, String name) {
    if (!schema.containsField(name)) {
      throw BadInputException.inFile(
          file, ColumnNames.missing(name, schema.getFields().stream().map(Type::getName).toList()));
    }
    Type type = schema.getType(name);
    if (!type.isPrimitive() || type.isRepetition(Type.Repetition.REPEATED)) {
      throw BadInputException.inFile(
          file,
          "column "
              + BadInputException.quote(name)
              + " must hold one value a row, got a list or a structure");
    }
    if (type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT96) {
      throw BadInputException.inFile(
          file,
          "column "
              + BadInputException.quote(name)
              + " must be a number, a boolean or a string, got a time");
    }
    return type;
  }

  private static PrimitiveType primitive(MessageType schema, String name) {
    return schema.getType(name).asPrimitiveType();
  }

  private void readGroup(PageReadStore group, MessageType schema, long firstRow) {
    int count = Math.toIntExact(group.getRowCount());
    int base = to.reserve(file, count);
    readLabels(column(group, schema, names.label(), "label", firstRow), base, count);
    readScores(column(group, schema, names.score(), "score", firstRow), base, count);
    if (names.weight() != null) {
      readWeights(column(group, schema, names.weight(), "weight", firstRow), base, count);
    }
    if (names.id() != null) {
      readIds(column(group, schema, names.id(), "id", firstRow), count);
    }
    for (int i = 0; i < names.slices().size(); i++) {
      readSlice(column(group, schema, names.slices().get(i), "slice", firstRow), i, base, count);
    }
  }

  private ParquetColumn column(
      PageReadStore group, MessageType schema, String name, String role, long firstRow) {
    ColumnDescriptor descriptor = schema.getColumnDescription(new String[] {name});
    return new ParquetColumn(
        file,
        role.equals("slice")
            ? "column " + BadInputException.quote(name)
            : ColumnNames.role(role, name),
        descriptor,
        group.getPageReader(descriptor),
        firstRow);
  }

  private void readLabels(ParquetColumn column, int base, int count) {
    if (column.isWhole() && rule.positiveLabel() == null) {
      for (int i = 0; i < count; i++) {
        column.next(i);
        long value = column.readWhole();
        if ((value & ~1L) != 0) {
          throw column.refuse(i, rule.words(), Long.toString(value));
        }
        to.label(base + i, (byte) value);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      column.next(i);
      byte label;
      if (column.kind() == PrimitiveTypeName.BOOLEAN) {
        label = rule.of(column.readBoolean());
      } else {
        String text = column.readText();
        label = rule.of(text.trim());
        if (label == LabelRule.INVALID) {
          throw column.refuse(i, rule.words(), text);
        }
      }
      to.label(base + i, label);
    }
  }

  private void readScores(ParquetColumn column, int base, int count) {
    column.requireNumbers();
    if (column.kind() == PrimitiveTypeName.FLOAT) {
      for (int i = 0; i < count; i++) {
        column.next(i);
        float score = column.readFloat();
        if (Float.isNaN(score)) {
          throw column.refuse(i, "must be a number", "NaN");
        }
        to.score(base + i, score);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      column.next(i);
      double score = column.readNumber();
      if (Double.isNaN(score)) {
        throw column.refuse(i, "must be a number", "NaN");
      }
      to.score(base + i, score);
    }
  }

  private void readWeights(ParquetColumn column, int base, int count) {
    column.requireNumbers();
    for (int i = 0; i < count; i++) {
      column.next(i);
      double weight = column.readNumber();
      if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
        throw column.refuse(i, "must be a number of at least 0", Double.toString(weight));
      }
      to.weight(base + i, weight);
    }
  }

  private void readIds(ParquetColumn column, int count) {
    for (int i = 0; i < count; i++) {
      column.next(i);
      if (column.isWhole()) {
        to.ids().add(column.readWhole());
      } else {
        to.ids().add(column.readText());
      }
    }
  }

  private void readSlice(ParquetColumn column, int slice, int base, int count) {
    boolean binary = column.kind() == PrimitiveTypeName.BINARY;
    Map<Binary, String> known = new HashMap<>();
    for (int i = 0; i < count; i++) {
      column.next(i);
      String value;
      if (binary) {
        Binary bytes = column.readBytes();
        value = known.get(bytes);
        if (value == null) {
          value = column.text(bytes);
          known.put(bytes.copy(), value);
        }
      } else {
        value = column.readText();
      }
      to.slice(slice, base + i, value);
    }
  }
}
