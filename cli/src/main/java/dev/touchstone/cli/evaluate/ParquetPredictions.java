package dev.touchstone.cli.evaluate;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.Float16LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.UUIDLogicalTypeAnnotation;
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
    var options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    try (var reader = ParquetFileReader.open(new LocalInputFile(path), options)) {
      new ParquetPredictions(file, columns, rule, to).readAll(reader);
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
      wanted.add(flatColumn(schema, name));
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
      readGroup(group, requested, reader.getFileMetaData().getCreatedBy(), row);
      row += group.getRowCount();
    }
  }

  private Type flatColumn(MessageType schema, String name) {
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

  private void readGroup(PageReadStore group, MessageType schema, String createdBy, long firstRow) {
    var store = new ColumnReadStoreImpl(group, new Ignored(schema), schema, createdBy);
    int count = Math.toIntExact(group.getRowCount());
    int base = to.reserve(file, count);
    readLabels(column(store, schema, names.label(), "label", firstRow), base, count);
    readScores(column(store, schema, names.score(), "score", firstRow), base, count);
    if (names.weight() != null) {
      readWeights(column(store, schema, names.weight(), "weight", firstRow), base, count);
    }
    if (names.id() != null) {
      readIds(column(store, schema, names.id(), "id", firstRow), count);
    }
    for (int i = 0; i < names.slices().size(); i++) {
      readSlice(column(store, schema, names.slices().get(i), "slice", firstRow), i, base, count);
    }
  }

  private Column column(
      ColumnReadStoreImpl store, MessageType schema, String name, String role, long firstRow) {
    ColumnDescriptor descriptor = schema.getColumnDescription(new String[] {name});
    return new Column(
        file,
        role.equals("slice")
            ? "column " + BadInputException.quote(name)
            : ColumnNames.role(role, name),
        primitive(schema, name),
        store.getColumnReader(descriptor),
        descriptor.getMaxDefinitionLevel(),
        firstRow);
  }

  private void readLabels(Column column, int base, int count) {
    PrimitiveTypeName type = column.type.getPrimitiveTypeName();
    boolean whole = type == PrimitiveTypeName.INT32 || type == PrimitiveTypeName.INT64;
    if (whole && column.scale == 0 && rule.positiveLabel() == null) {
      for (int i = 0; i < count; i++) {
        column.requireValue(i);
        long value = column.whole();
        if ((value & ~1L) != 0) {
          throw column.refuse(i, rule.words(), Long.toString(value));
        }
        to.label(base + i, (byte) value);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      column.requireValue(i);
      byte label;
      if (type == PrimitiveTypeName.BOOLEAN) {
        label = rule.of(column.nextBoolean());
      } else {
        String text = column.text();
        label = rule.of(text.trim());
        if (label == LabelRule.INVALID) {
          throw column.refuse(i, rule.words(), text);
        }
      }
      to.label(base + i, label);
    }
  }

  private void readScores(Column column, int base, int count) {
    column.requireNumbers();
    if (column.type.getPrimitiveTypeName() == PrimitiveTypeName.FLOAT) {
      for (int i = 0; i < count; i++) {
        column.requireValue(i);
        float score = column.nextFloat();
        if (Float.isNaN(score)) {
          throw column.refuse(i, "must be a number", "NaN");
        }
        to.score(base + i, score);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      column.requireValue(i);
      double score = column.number();
      if (Double.isNaN(score)) {
        throw column.refuse(i, "must be a number", "NaN");
      }
      to.score(base + i, score);
    }
  }

  private void readWeights(Column column, int base, int count) {
    column.requireNumbers();
    for (int i = 0; i < count; i++) {
      column.requireValue(i);
      double weight = column.number();
      if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
        throw column.refuse(i, "must be a number of at least 0", Double.toString(weight));
      }
      to.weight(base + i, weight);
    }
  }

  private void readIds(Column column, int count) {
    PrimitiveTypeName type = column.type.getPrimitiveTypeName();
    boolean whole = type == PrimitiveTypeName.INT32 || type == PrimitiveTypeName.INT64;
    for (int i = 0; i < count; i++) {
      column.requireValue(i);
      if (whole && column.scale == 0) {
        to.ids().add(column.whole());
      } else {
        to.ids().add(column.text());
      }
    }
  }

  private void readSlice(Column column, int slice, int base, int count) {
    boolean binary = column.type.getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
    Map<Binary, String> known = new HashMap<>();
    for (int i = 0; i < count; i++) {
      column.requireValue(i);
      String value =
          binary
              ? known.computeIfAbsent(column.nextBinary(), bytes -> column.text(bytes))
              : column.text();
      to.slice(slice, base + i, value);
    }
  }

  /** One column of one row group, value by value. */
  private static final class Column {
    private final String file;
    private final String name;
    private final PrimitiveType type;
    private final ColumnReader reader;
    private final int defined;
    private final long firstRow;
    private final int scale;
    private final double divisor;

    Column(
        String file,
        String name,
        PrimitiveType type,
        ColumnReader reader,
        int defined,
        long firstRow) {
      this.file = file;
      this.name = name;
      this.type = type;
      this.reader = reader;
      this.defined = defined;
      this.firstRow = firstRow;
      this.scale =
          type.getLogicalTypeAnnotation() instanceof DecimalLogicalTypeAnnotation decimal
              ? decimal.getScale()
              : 0;
      this.divisor = Math.pow(10, scale);
    }

    void requireValue(int at) {
      if (reader.getCurrentDefinitionLevel() < defined) {
        throw refuse(at, "must not be null", "null");
      }
    }

    void requireNumbers() {
      boolean number =
          switch (type.getPrimitiveTypeName()) {
            case FLOAT, DOUBLE, INT32, INT64 -> true;
            case FIXED_LEN_BYTE_ARRAY, BINARY ->
                type.getLogicalTypeAnnotation() instanceof DecimalLogicalTypeAnnotation
                    || type.getLogicalTypeAnnotation() instanceof Float16LogicalTypeAnnotation;
            default -> false;
          };
      if (!number) {
        throw BadInputException.inFile(
            file, name + " must be a column of numbers, got " + type.getPrimitiveTypeName());
      }
    }

    BadInputException refuse(int at, String rule, String value) {
      return BadInputException.inRow(
          file, firstRow + at + 1, name + " " + rule + ", got " + BadInputException.quote(value));
    }

    boolean nextBoolean() {
      boolean value = reader.getBoolean();
      reader.consume();
      return value;
    }

    float nextFloat() {
      float value = reader.getFloat();
      reader.consume();
      return value;
    }

    Binary nextBinary() {
      Binary value = reader.getBinary().copy();
      reader.consume();
      return value;
    }

    /** The next value of an INT32 or INT64 column, decimals unscaled. */
    long whole() {
      long value =
          type.getPrimitiveTypeName() == PrimitiveTypeName.INT32
              ? reader.getInteger()
              : reader.getLong();
      reader.consume();
      return value;
    }

    double number() {
      switch (type.getPrimitiveTypeName()) {
        case DOUBLE -> {
          double value = reader.getDouble();
          reader.consume();
          return value;
        }
        case FLOAT -> {
          return nextFloat();
        }
        case INT32, INT64 -> {
          long value = whole();
          return Math.abs(value) <= 1L << 53 && scale <= 22
              ? value / divisor // both exact: the quotient is the nearest double
              : new BigDecimal(BigInteger.valueOf(value), scale).doubleValue();
        }
        default -> {
          Binary bytes = nextBinary();
          return type.getLogicalTypeAnnotation() instanceof Float16LogicalTypeAnnotation
              ? Halves.toFloat(
                  ByteBuffer.wrap(bytes.getBytes()).order(ByteOrder.LITTLE_ENDIAN).getShort())
              : new BigDecimal(new BigInteger(bytes.getBytes()), scale).doubleValue();
        }
      }
    }

    String text() {
      switch (type.getPrimitiveTypeName()) {
        case BOOLEAN -> {
          return Boolean.toString(nextBoolean());
        }
        case INT32, INT64 -> {
          long value = whole();
          return scale == 0 ? Long.toString(value) : BigDecimal.valueOf(value, scale).toString();
        }
        case FLOAT -> {
          return Float.toString(nextFloat());
        }
        case DOUBLE -> {
          return Double.toString(number());
        }
        default -> {
          return text(nextBinary());
        }
      }
    }

    String text(Binary bytes) {
      var logical = type.getLogicalTypeAnnotation();
      if (logical instanceof DecimalLogicalTypeAnnotation) {
        return new BigDecimal(new BigInteger(bytes.getBytes()), scale).toString();
      }
      if (logical instanceof UUIDLogicalTypeAnnotation) {
        ByteBuffer uuid = ByteBuffer.wrap(bytes.getBytes());
        return new java.util.UUID(uuid.getLong(), uuid.getLong()).toString();
      }
      return bytes.toStringUsingUTF8();
    }
  }

  /** The column readers want converters; values are pulled instead. */
  private static final class Ignored extends GroupConverter {
    private final Converter[] fields;

    Ignored(MessageType schema) {
      fields = new Converter[schema.getFieldCount()];
      Arrays.setAll(fields, i -> new PrimitiveConverter() {});
    }

    @Override
    public Converter getConverter(int field) {
      return fields[field];
    }

    @Override
    public void start() {}

    @Override
    public void end() {}
  }
}
