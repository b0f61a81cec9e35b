package dev.touchstone.cli.evaluate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesUtils;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridDecoder;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.Float16LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.UUIDLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * The values of one flat column of one row group, in order: {@link #next} and then one of the
 * reading methods, once a row. Nulls are refused a page at a time, so that values can be taken from
 * the page's decoder without asking for each whether it is there.
 */
final class ParquetColumn {
  private final String file;
  private final String name;
  private final ColumnDescriptor descriptor;
  private final PrimitiveTypeName kind;
  private final LogicalTypeAnnotation logical;
  private final PageReader pages;
  private final Dictionary dictionary;
  private final long firstRow;
  private final int scale;
  private final double divisor;
  private ValuesReader values;
  private int left;

  /**
   * A column before its first row.
   *
   * @param name what messages call it
   * @param firstRow rows of the file before this row group
   */
  ParquetColumn(
      String file, String name, ColumnDescriptor descriptor, PageReader pages, long firstRow) {
    this.file = file;
    this.name = name;
    this.descriptor = descriptor;
    this.kind = descriptor.getPrimitiveType().getPrimitiveTypeName();
    this.logical = descriptor.getPrimitiveType().getLogicalTypeAnnotation();
    this.pages = pages;
    this.firstRow = firstRow;
    this.scale = logical instanceof DecimalLogicalTypeAnnotation decimal ? decimal.getScale() : 0;
    this.divisor = Math.pow(10, scale);
    DictionaryPage page = pages.readDictionaryPage();
    try {
      this.dictionary = page == null ? null : page.getEncoding().initDictionary(descriptor, page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How the values are stored. */
  PrimitiveTypeName kind() {
    return kind;
  }

  /** Whether values are INT32 or INT64 and no decimals. */
  boolean isWhole() {
    return (kind == PrimitiveTypeName.INT32 || kind == PrimitiveTypeName.INT64) && scale == 0;
  }

  /**
   * Goes to the next row.
   *
   * @param at the row within the row group, from 0
   * @throws BadInputException when a value of the row's page is null
   */
  void next(int at) {
    while (left == 0) {
      try {
        openPage(at);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    left--;
  }

  private void openPage(int at) throws IOException {
    DataPage page = pages.readPage();
    if (page == null) {
      throw new IOException("a column has fewer values than rows");
    }
    left = page.getValueCount();
    if (page instanceof DataPageV1 v1) {
      ByteBufferInputStream bytes = v1.getBytes().toInputStream();
      v1.getRlEncoding()
          .getValuesReader(descriptor, ValuesType.REPETITION_LEVEL)
          .initFromPage(left, bytes);
      ValuesReader levels =
          v1.getDlEncoding().getValuesReader(descriptor, ValuesType.DEFINITION_LEVEL);
      levels.initFromPage(left, bytes);
      for (int i = 0; descriptor.getMaxDefinitionLevel() > 0 && i < left; i++) {
        requireDefined(levels.readInteger(), at + i);
      }
      values = decoder(v1.getValueEncoding());
      values.initFromPage(left, bytes);
    } else {
      DataPageV2 v2 = (DataPageV2) page;
      if (v2.getNullCount() > 0) {
        int width = BytesUtils.getWidthFromMaxInt(descriptor.getMaxDefinitionLevel());
        var levels =
            new RunLengthBitPackingHybridDecoder(width, v2.getDefinitionLevels().toInputStream());
        for (int i = 0; i < left; i++) {
          requireDefined(levels.readInt(), at + i);
        }
      }
      values = decoder(v2.getDataEncoding());
      values.initFromPage(left, v2.getData().toInputStream());
    }
  }

  private void requireDefined(int level, int at) {
    if (level < descriptor.getMaxDefinitionLevel()) {
      throw refuse(at, "must not be null", "null");
    }
  }

  private ValuesReader decoder(Encoding encoding) throws IOException {
    if (!encoding.usesDictionary()) {
      return encoding.getValuesReader(descriptor, ValuesType.VALUES);
    }
    if (dictionary == null) {
      throw new IOException("a page refers to a dictionary that is not there");
    }
    return encoding.getDictionaryBasedValuesReader(descriptor, ValuesType.VALUES, dictionary);
  }

  /**
   * Refuses a column that holds no numbers.
   *
   * @throws BadInputException for booleans and strings
   */
  void requireNumbers() {
    boolean number =
        switch (kind) {
          case FLOAT, DOUBLE, INT32, INT64 -> true;
          case FIXED_LEN_BYTE_ARRAY, BINARY ->
              logical instanceof DecimalLogicalTypeAnnotation
                  || logical instanceof Float16LogicalTypeAnnotation;
          default -> false;
        };
    if (!number) {
      throw BadInputException.inFile(file, name + " must be a column of numbers, got " + kind);
    }
  }

  /** What is wrong with the value of a row. */
  BadInputException refuse(int at, String rule, String value) {
    return BadInputException.inRow(
        file, firstRow + at + 1, name + " " + rule + ", got " + BadInputException.quote(value));
  }

  boolean readBoolean() {
    return values.readBoolean();
  }

  float readFloat() {
    return values.readFloat();
  }

  /** The bytes of a BINARY or FIXED_LEN_BYTE_ARRAY value; good until the next one is read. */
  Binary readBytes() {
    return values.readBytes();
  }

  /** The value of an INT32 or INT64 column, decimals without their point. */
  long readWhole() {
    return kind == PrimitiveTypeName.INT32 ? values.readInteger() : values.readLong();
  }

  /** The nearest double of any number. */
  double readNumber() {
    return switch (kind) {
      case DOUBLE -> values.readDouble();
      case FLOAT -> values.readFloat();
      case INT32, INT64 -> {
        long value = readWhole();
        yield Math.abs(value) <= 1L << 53 && scale <= 22
            ? value / divisor // both exact: the quotient is the nearest double
            : BigDecimal.valueOf(value, scale).doubleValue();
      }
      default -> {
        byte[] bytes = readBytes().getBytes();
        yield logical instanceof Float16LogicalTypeAnnotation
            ? Halves.toFloat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort())
            : new BigDecimal(new BigInteger(bytes), scale).doubleValue();
      }
    };
  }

  /** Any value as text. */
  String readText() {
    return switch (kind) {
      case BOOLEAN -> Boolean.toString(readBoolean());
      case INT32, INT64 -> {
        long value = readWhole();
        yield scale == 0 ? Long.toString(value) : BigDecimal.valueOf(value, scale).toString();
      }
      case FLOAT -> Float.toString(readFloat());
      case DOUBLE -> Double.toString(readNumber());
      default -> text(readBytes());
    };
  }

  /** Bytes of this column as text. */
  String text(Binary bytes) {
    if (logical instanceof DecimalLogicalTypeAnnotation) {
      return new BigDecimal(new BigInteger(bytes.getBytes()), scale).toString();
    }
    if (logical instanceof UUIDLogicalTypeAnnotation) {
      ByteBuffer uuid = ByteBuffer.wrap(bytes.getBytes());
      return new UUID(uuid.getLong(), uuid.getLong()).toString();
    }
    return bytes.toStringUsingUTF8();
  }
}
