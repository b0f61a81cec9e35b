package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.core.fs.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesReader;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridDecoder;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * A segment, whole: every column of it as the batches that {@link SegmentWriter} would take. What
 * verifying, exporting and rewriting need; scans read through {@link SegmentReader}.
 */
final class SegmentRows {

  /** A batch's slice codes are bytes. */
  private static final int DICTIONARY = 256;

  private final Path path;
  private final int rows;
  private final PageReadStore group;
  private final List<ColumnDescriptor> columns;

  private SegmentRows(Path path, PageReadStore group, List<ColumnDescriptor> columns) {
    this.path = path;
    this.rows = Math.toIntExact(group.getRowCount());
    this.group = group;
    this.columns = columns;
  }

  /**
   * Reads one segment of a set.
   *
   * @return batches in the order of the file; one, unless a slice has more than 256 values
   * @throws CorruptSegmentException if it is not what set and manifest say
   */
  static List<PredictionBatch> read(CacheLayout layout, SetStatus status, Segment segment)
      throws IOException {
    Path path = layout.segment(status.set().setKey(), segment.file());
    byte[] content = SegmentReader.content(path, segment);
    try (ParquetFileReader reader =
        new ParquetFileReader(
            new MemoryFiles.Input(content),
            ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      List<ColumnDescriptor> columns = reader.getFileMetaData().getSchema().getColumns();
      List<PredictionBatch> batches = new ArrayList<>();
      long rows = 0;
      for (PageReadStore group = reader.readNextRowGroup();
          group != null;
          group = reader.readNextRowGroup()) {
        batches.addAll(new SegmentRows(path, group, columns).batches(status));
        rows += group.getRowCount();
      }
      if (rows != segment.rows()) {
        throw new CorruptSegmentException(
            path, 0, "rows must be " + segment.rows() + ", got " + rows);
      }
      return batches;
    } catch (RuntimeException e) {
      throw new CorruptSegmentException(path, 0, "its columns can't be read: " + e);
    }
  }

  private List<PredictionBatch> batches(SetStatus status) throws IOException {
    SetIdentity set = status.set();
    int labels = set.task() == Task.MULTILABEL ? set.outputs() : 1;
    int at = 0;
    byte[] ids = longs(column(at++, SegmentWriter.ID));
    String firstLabel = SegmentWriter.numbered(SegmentWriter.LABEL, 0, labels);
    if (columns.stream().noneMatch(column -> column.getPath()[0].equals(firstLabel))) {
      labels = 0; // they are awaited
    }
    PrimitiveTypeName labelType =
        labels == 0
            ? PrimitiveTypeName.BOOLEAN
            : columns.get(at).getPrimitiveType().getPrimitiveTypeName();
    byte[][] labelColumns = new byte[labels][];
    for (int i = 0; i < labels; i++) {
      ColumnDescriptor column =
          column(at++, SegmentWriter.numbered(SegmentWriter.LABEL, i, labels));
      labelColumns[i] = labelType == PrimitiveTypeName.BOOLEAN ? bits(column) : words(column);
    }
    byte[][] scoreColumns = new byte[set.outputs()][];
    for (int i = 0; i < scoreColumns.length; i++) {
      scoreColumns[i] =
          words(column(at++, SegmentWriter.numbered(SegmentWriter.SCORE, i, scoreColumns.length)));
    }
    byte[] weights = null;
    if (status.weighted()) {
      weights = words(column(at++, SegmentWriter.WEIGHT));
    }
    byte[] strata = null;
    if (set.sampled()) {
      strata = narrow(words(column(at++, SegmentWriter.STRATUM)));
    }
    List<Codes> slices = new ArrayList<>();
    for (String name : status.slices()) {
      slices.add(codes(name, column(at++, SegmentWriter.sliceName(name))));
    }
    LabelEncoding encoding =
        switch (labelType) {
          case BOOLEAN -> LabelEncoding.U8;
          case FLOAT -> LabelEncoding.F32;
          default -> LabelEncoding.I32;
        };
    PredictionBatch all =
        new PredictionBatch(
            set,
            null,
            null,
            null,
            0,
            1,
            0,
            false,
            rows,
            0,
            ids,
            encoding,
            interleave(labelColumns, encoding.bytes()),
            interleave(scoreColumns, Float.BYTES),
            weights,
            strata,
            List.of(),
            null,
            null);
    List<PredictionBatch> batches = new ArrayList<>();
    for (int from = 0; from < rows; ) {
      int to = from;
      Codes.Part[] parts = new Codes.Part[slices.size()];
      Arrays.setAll(parts, i -> new Codes.Part(slices.get(i), rows));
      while (to < rows && fits(parts, to)) {
        to++;
      }
      List<SliceColumn> columnsOfPart = new ArrayList<>();
      for (Codes.Part part : parts) {
        columnsOfPart.add(part.column(from, to));
      }
      batches.add(all.rows(from, to, columnsOfPart));
      from = to;
    }
    return batches;
  }

  private static boolean fits(Codes.Part[] parts, int row) {
    for (Codes.Part part : parts) {
      if (!part.fits(row)) {
        return false;
      }
    }
    return true;
  }

  private ColumnDescriptor column(int index, String name) throws CorruptSegmentException {
    if (index >= columns.size() || !columns.get(index).getPath()[0].equals(name)) {
      throw new CorruptSegmentException(path, 0, "column " + index + " must be " + name);
    }
    return columns.get(index);
  }

  /** Gives the pages of a column with the rows before each. */
  private interface Pages {
    void accept(DataPageV1 page, int firstRow) throws IOException;
  }

  private void pages(ColumnDescriptor column, Pages pages) throws IOException {
    PageReader reader = group.getPageReader(column);
    int row = 0;
    for (DataPage page = reader.readPage(); page != null; page = reader.readPage()) {
      if (!(page instanceof DataPageV1 plain) || row + page.getValueCount() > rows) {
        throw new CorruptSegmentException(
            path, 0, "column " + column.getPath()[0] + " must have " + rows + " plain values");
      }
      pages.accept(plain, row);
      row += page.getValueCount();
    }
    if (row != rows) {
      throw new CorruptSegmentException(
          path, 0, "column " + column.getPath()[0] + " must have " + rows + " values, got " + row);
    }
  }

  private byte[] longs(ColumnDescriptor column) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(Math.multiplyExact(Long.BYTES, rows));
    all.order(ByteOrder.LITTLE_ENDIAN);
    pages(
        column,
        (page, firstRow) -> {
          var values = new DeltaBinaryPackingValuesReader();
          values.initFromPage(page.getValueCount(), page.getBytes().toInputStream());
          for (int i = 0; i < page.getValueCount(); i++) {
            all.putLong(values.readLong());
          }
        });
    return all.array();
  }

  private byte[] words(ColumnDescriptor column) throws IOException {
    byte[] all = new byte[Math.multiplyExact(Float.BYTES, rows)];
    pages(
        column,
        (page, firstRow) -> {
          if (page.getValueEncoding() != Encoding.PLAIN) {
            throw new CorruptSegmentException(
                path, 0, "column " + column.getPath()[0] + " must be plain");
          }
          ByteBuffer bytes = whole(page.getBytes());
          bytes.get(all, Float.BYTES * firstRow, Float.BYTES * page.getValueCount());
        });
    return all;
  }

  private byte[] bits(ColumnDescriptor column) throws IOException {
    byte[] all = new byte[rows];
    pages(
        column,
        (page, firstRow) -> {
          ByteBuffer bytes = whole(page.getBytes());
          for (int i = 0; i < page.getValueCount(); i++) {
            all[firstRow + i] = (byte) ((bytes.get(bytes.position() + i / 8) >> (i & 7)) & 1);
          }
        });
    return all;
  }

  /** A slice column of a file: codes into a dictionary of any size. */
  private record Codes(String name, List<String> dictionary, int[] codes) {

    /** A run of rows that uses at most 256 values: what one batch can hold. */
    private static final class Part {

      private final Codes all;
      private final int[] translation;
      private final List<String> dictionary = new ArrayList<>();
      private final byte[] codes;

      Part(Codes all, int rows) {
        this.all = all;
        this.translation = new int[all.dictionary.size()];
        this.codes = new byte[rows];
        Arrays.fill(translation, -1);
      }

      boolean fits(int row) {
        int code = all.codes[row];
        if (translation[code] < 0) {
          if (dictionary.size() == DICTIONARY) {
            return false;
          }
          translation[code] = dictionary.size();
          dictionary.add(all.dictionary.get(code));
        }
        codes[row] = (byte) translation[code];
        return true;
      }

      SliceColumn column(int from, int to) {
        return new SliceColumn(
            all.name, List.copyOf(dictionary), Arrays.copyOfRange(codes, from, to));
      }
    }
  }

  private Codes codes(String name, ColumnDescriptor column) throws IOException {
    DictionaryPage page = group.getPageReader(column).readDictionaryPage();
    List<String> dictionary = new ArrayList<>();
    ByteBuffer bytes = whole(page.getBytes()).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      byte[] utf8 = new byte[Math.min(bytes.getInt(), bytes.remaining())];
      bytes.get(utf8);
      dictionary.add(new String(utf8, StandardCharsets.UTF_8));
    }
    int[] codes = new int[rows];
    pages(
        column,
        (data, firstRow) -> {
          ByteBufferInputStream in = data.getBytes().toInputStream();
          var values = new RunLengthBitPackingHybridDecoder(in.read(), in);
          for (int i = 0; i < data.getValueCount(); i++) {
            codes[firstRow + i] = values.readInt();
          }
        });
    return new Codes(name, dictionary, codes);
  }

  private static ByteBuffer whole(BytesInput bytes) throws IOException {
    return bytes.toInputStream().slice(Math.toIntExact(bytes.size()));
  }

  private static byte[] narrow(byte[] words) {
    byte[] narrow = new byte[words.length / 4];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = words[4 * i];
    }
    return narrow;
  }

  /** Columns of values of {@code width} bytes → row-major. */
  private static byte[] interleave(byte[][] columns, int width) {
    if (columns.length == 0) {
      return new byte[0];
    }
    if (columns.length == 1) {
      return columns[0];
    }
    byte[] all = new byte[columns.length * columns[0].length];
    for (int column = 0; column < columns.length; column++) {
      for (int from = 0, to = column * width;
          from < columns[column].length;
          from += width, to += columns.length * width) {
        System.arraycopy(columns[column], from, all, to, width);
      }
    }
    return all;
  }
}
