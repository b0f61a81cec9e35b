package dev.touchstone.jobs.cache;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridEncoder;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;

/**
 * Batches → one Parquet file: {@code example_id, label, score[, weight][, stratum][, slices…]}, all
 * required and flat, so that DuckDB, pandas and Spark read it. While a set waits for its labels its
 * files have no such column.
 *
 * <p>Columns are written as whole pages: a PLAIN page of floats <em>is</em> the little-endian bytes
 * that came over the wire, which is over ten times faster than writing records. Ids are delta
 * encoded (a contiguous range costs next to nothing), binary labels are bits, slices are dictionary
 * codes. The same rows in the same order give the same bytes and so the same file name.
 */
final class SegmentWriter {

  static final String ID = "example_id";
  static final String LABEL = "label";
  static final String SCORE = "score";
  static final String WEIGHT = "weight";
  static final String STRATUM = "stratum";

  private static final Pattern RESERVED =
      Pattern.compile(
          "(slice_)*(example_id|(label|score)(_\\d+)?|weight|stratum)", Pattern.CASE_INSENSITIVE);

  /** Rows of a page: a multiple of 8, so that bits never straddle pages. */
  static final int PAGE_ROWS = 1 << 16;

  private final List<PredictionBatch> batches;
  private final PredictionBatch first;
  private final int rows;
  private final ParquetFileWriter writer;
  private final MemoryFiles.Output file = new MemoryFiles.Output();
  private final MessageType schema;

  private SegmentWriter(List<PredictionBatch> batches) throws IOException {
    this.batches = batches;
    this.first = batches.get(0);
    this.rows = batches.stream().mapToInt(PredictionBatch::count).sum();
    this.schema = schema(first);
    this.writer =
        new ParquetFileWriter(
            file, schema, ParquetFileWriter.Mode.CREATE, Long.MAX_VALUE, 0, 64, 64, true);
  }

  /** A finished file. */
  record Finished(Segment segment, byte[] content) {}

  /**
   * Makes one file of {@code batches}: at least one, all of the same set.
   *
   * @throws IOException never in practice: the file is memory
   */
  static Finished write(List<PredictionBatch> batches) throws IOException {
    SegmentWriter segment = new SegmentWriter(batches);
    byte[] content = segment.write();
    return new Finished(new Segment(nameOf(content), segment.rows, content.length), content);
  }

  /** The name of a segment with that content. */
  static String nameOf(byte[] content) {
    HashValue128 hash = Hashing.xxh3_128().hashBytesTo128Bits(content);
    return String.format(
        "%016x%016x.parquet", hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }

  static MessageType schema(PredictionBatch batch) {
    var builder = Types.buildMessage().required(PrimitiveTypeName.INT64).named(ID);
    int outputs = batch.set().outputs();
    int labels = labels(batch);
    for (int i = 0; i < labels; i++) {
      builder.required(labelType(batch)).named(numbered(LABEL, i, labels));
    }
    for (int i = 0; i < outputs; i++) {
      builder.required(PrimitiveTypeName.FLOAT).named(numbered(SCORE, i, outputs));
    }
    if (batch.weights() != null) {
      builder.required(PrimitiveTypeName.FLOAT).named(WEIGHT);
    }
    if (batch.strata() != null) {
      builder.required(PrimitiveTypeName.INT32).named(STRATUM);
    }
    for (SliceColumn slice : batch.slices()) {
      builder
          .required(PrimitiveTypeName.BINARY)
          .as(LogicalTypeAnnotation.stringType())
          .named(sliceName(slice.name()));
    }
    return builder.named("predictions");
  }

  /** Label columns: none while labels are awaited. */
  private static int labels(PredictionBatch batch) {
    if (batch.lacksLabels()) {
      return 0;
    }
    return batch.set().task() == Task.MULTILABEL ? batch.set().outputs() : 1;
  }

  private static PrimitiveTypeName labelType(PredictionBatch batch) {
    return switch (batch.set().task()) {
      case BINARY, MULTILABEL -> PrimitiveTypeName.BOOLEAN;
      case MULTICLASS -> PrimitiveTypeName.INT32;
      case REGRESSION ->
          batch.labelEncoding() == LabelEncoding.F32
              ? PrimitiveTypeName.FLOAT
              : PrimitiveTypeName.INT32;
    };
  }

  /** The column of a slice: its name, or with a prefix where one of our own is called so. */
  static String sliceName(String name) {
    return RESERVED.matcher(name).matches() ? "slice_" + name : name;
  }

  static String numbered(String name, int index, int of) {
    return of == 1 ? name : name + "_" + index;
  }

  private byte[] write() throws IOException {
    writer.start();
    writer.startBlock(rows);
    int outputs = first.set().outputs();
    int labels = labels(first);
    int column = 0;
    List<ColumnDescriptor> columns = schema.getColumns();
    writeIds(columns.get(column++));
    for (int i = 0; i < labels; i++) {
      writeLabels(columns.get(column++), i, labels);
    }
    for (int i = 0; i < outputs; i++) {
      int output = i;
      writeWords(columns.get(column++), batch -> words(batch.scores(), output, outputs));
    }
    if (first.weights() != null) {
      writeWords(columns.get(column++), PredictionBatch::weights);
    }
    if (first.strata() != null) {
      writeWords(columns.get(column++), batch -> widen(batch.strata()));
    }
    for (int i = 0; i < first.slices().size(); i++) {
      writeSlice(columns.get(column++), i);
    }
    writer.endBlock();
    writer.end(Map.of("touchstone.set_key", first.set().setKey()));
    return file.toByteArray();
  }

  private void writeIds(ColumnDescriptor column) throws IOException {
    writer.startColumn(column, rows, CompressionCodecName.UNCOMPRESSED);
    var page =
        new DeltaBinaryPackingValuesWriterForLong(
            1 << 12, 1 << 20, HeapByteBufferAllocator.getInstance());
    int inPage = 0;
    for (PredictionBatch batch : batches) {
      ByteBuffer ids =
          batch.exampleIds() == null
              ? null
              : ByteBuffer.wrap(batch.exampleIds()).order(ByteOrder.LITTLE_ENDIAN);
      for (int row = 0; row < batch.count(); row++) {
        page.writeLong(ids == null ? batch.firstExampleId() + row : ids.getLong(8 * row));
        if (++inPage == PAGE_ROWS) {
          writePage(column, page.getBytes(), inPage, Encoding.DELTA_BINARY_PACKED);
          page.reset();
          inPage = 0;
        }
      }
    }
    if (inPage > 0) {
      writePage(column, page.getBytes(), inPage, Encoding.DELTA_BINARY_PACKED);
    }
    page.close();
    writer.endColumn();
  }

  private void writeLabels(ColumnDescriptor column, int label, int labels) throws IOException {
    switch (column.getPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> {
        byte[] bits = new byte[(rows + 7) / 8];
        int at = 0;
        for (PredictionBatch batch : batches) {
          for (int row = 0; row < batch.count(); row++, at++) {
            bits[at >> 3] |= (byte) (batch.labels()[row * labels + label] << (at & 7));
          }
        }
        writer.startColumn(column, rows, CompressionCodecName.UNCOMPRESSED);
        for (int from = 0; from < rows; from += PAGE_ROWS) {
          int count = Math.min(PAGE_ROWS, rows - from);
          writePage(
              column, BytesInput.from(bits, from / 8, (count + 7) / 8), count, Encoding.PLAIN);
        }
        writer.endColumn();
      }
      default ->
          writeWords(
              column,
              batch ->
                  batch.labelEncoding() == LabelEncoding.U8
                      ? widen(batch.labels())
                      : batch.labels());
    }
  }

  /** Four-byte little-endian values of a batch. */
  private interface Words {
    byte[] of(PredictionBatch batch);
  }

  private void writeWords(ColumnDescriptor column, Words words) throws IOException {
    byte[] all = new byte[4 * rows];
    int at = 0;
    for (PredictionBatch batch : batches) {
      byte[] some = words.of(batch);
      System.arraycopy(some, 0, all, at, some.length);
      at += some.length;
    }
    writer.startColumn(column, rows, CompressionCodecName.UNCOMPRESSED);
    for (int from = 0; from < rows; from += PAGE_ROWS) {
      int count = Math.min(PAGE_ROWS, rows - from);
      writePage(column, BytesInput.from(all, 4 * from, 4 * count), count, Encoding.PLAIN);
    }
    writer.endColumn();
  }

  private static byte[] words(byte[] rowMajor, int column, int columns) {
    if (columns == 1) {
      return rowMajor;
    }
    ByteBuffer all = ByteBuffer.wrap(rowMajor);
    ByteBuffer one = ByteBuffer.allocate(rowMajor.length / columns);
    for (int at = 4 * column; at < rowMajor.length; at += 4 * columns) {
      one.putInt(all.getInt(at));
    }
    return one.array();
  }

  private static byte[] widen(byte[] unsigned) {
    byte[] words = new byte[4 * unsigned.length];
    for (int i = 0; i < unsigned.length; i++) {
      words[4 * i] = unsigned[i];
    }
    return words;
  }

  private void writeSlice(ColumnDescriptor column, int slice) throws IOException {
    Map<String, Integer> dictionary = new LinkedHashMap<>();
    List<int[]> translations = new ArrayList<>(batches.size());
    for (PredictionBatch batch : batches) {
      List<String> values = batch.slices().get(slice).dictionary();
      int[] translation = new int[values.size()];
      for (int i = 0; i < translation.length; i++) {
        Integer code = dictionary.putIfAbsent(values.get(i), dictionary.size());
        translation[i] = code == null ? dictionary.size() - 1 : code;
      }
      translations.add(translation);
    }
    List<BytesInput> values = new ArrayList<>();
    for (String value : dictionary.keySet()) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      ByteBuffer length =
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, utf8.length);
      values.add(BytesInput.from(length));
      values.add(BytesInput.from(utf8));
    }
    int bitWidth = Math.max(1, 32 - Integer.numberOfLeadingZeros(dictionary.size() - 1));
    writer.startColumn(column, rows, CompressionCodecName.UNCOMPRESSED);
    writer.writeDictionaryPage(
        new DictionaryPage(BytesInput.concat(values), dictionary.size(), Encoding.PLAIN));
    var page =
        new RunLengthBitPackingHybridEncoder(
            bitWidth, 1 << 10, 1 << 20, HeapByteBufferAllocator.getInstance());
    int inPage = 0;
    for (int b = 0; b < batches.size(); b++) {
      int[] translation = translations.get(b);
      for (byte code : batches.get(b).slices().get(slice).codes()) {
        page.writeInt(translation[code & 0xFF]);
        if (++inPage == PAGE_ROWS) {
          writeCodes(column, page, bitWidth, inPage);
          inPage = 0;
        }
      }
    }
    if (inPage > 0) {
      writeCodes(column, page, bitWidth, inPage);
    }
    page.close();
    writer.endColumn();
  }

  private void writeCodes(
      ColumnDescriptor column, RunLengthBitPackingHybridEncoder page, int bitWidth, int count)
      throws IOException {
    BytesInput codes =
        BytesInput.concat(BytesInput.from(new byte[] {(byte) bitWidth}), page.toBytes());
    writePage(column, codes, count, Encoding.RLE_DICTIONARY);
    page.reset();
  }

  private void writePage(ColumnDescriptor column, BytesInput bytes, int count, Encoding encoding)
      throws IOException {
    writer.writeDataPage(
        count,
        Math.toIntExact(bytes.size()),
        bytes,
        Statistics.createStats(column.getPrimitiveType()),
        count,
        Encoding.RLE,
        Encoding.RLE,
        encoding);
  }
}
