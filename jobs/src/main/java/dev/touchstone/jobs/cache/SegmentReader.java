package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesReader;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridDecoder;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;

/**
 * Reads segments back, page by page, as the columns that the math takes.
 *
 * <p>A file is read whole and its content is checked against its name first, so a changed, cut or
 * swapped file can't reach a number: it is a {@link CorruptSegmentException}.
 *
 * <p>Not thread-safe.
 */
public final class SegmentReader {

  private final CacheLayout layout;

  /**
   * @param cacheDirectory as in the settings
   */
  public SegmentReader(String cacheDirectory) {
    this.layout = new CacheLayout(cacheDirectory);
  }

  /**
   * What to read beyond labels, scores and weights.
   *
   * @param ids whether the ids of examples
   * @param slices names of slice columns, as the sender called them
   */
  public record Also(boolean ids, List<String> slices) {
    /** Nothing. */
    public static final Also NOTHING = new Also(false, List.of());
  }

  /** Takes some rows. */
  public interface Pages {

    /** Columns are reused afterwards. */
    void accept(RowPage page);
  }

  /**
   * Feeds all rows of a segment, in the order they were written.
   *
   * @throws CorruptSegmentException for a file that is not what the manifest promises
   */
  public void read(String setKey, Segment segment, Also also, Pages pages) throws IOException {
    Path path = layout.segment(setKey, segment.file());
    byte[] content = content(path, segment);
    try (ParquetFileReader reader =
        new ParquetFileReader(
            new MemoryFiles.Input(content),
            ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      MessageType all = reader.getFileMetaData().getSchema();
      Columns columns = Columns.of(path, all, also);
      reader.setRequestedSchema(columns.wanted);
      long fed = 0;
      for (PageReadStore group = reader.readNextRowGroup();
          group != null;
          group = reader.readNextRowGroup()) {
        fed += feed(path, group, columns, pages);
      }
      if (fed != segment.rows()) {
        throw new CorruptSegmentException(
            path, 0, "rows must be " + segment.rows() + ", got " + fed);
      }
    } catch (ParquetDecodingException e) {
      throw new CorruptSegmentException(path, 0, e.getMessage());
    }
  }

  /** The whole file, if it is what its name says. */
  static byte[] content(Path path, Segment segment) throws IOException {
    byte[] content = ImmutableFiles.read(path, segment.bytes());
    if (!SegmentWriter.nameOf(content).equals(segment.file())) {
      SegmentDamage damage = SegmentDamage.locate(content);
      throw new CorruptSegmentException(
          path,
          damage.offset(),
          "the content is not what the name says, see "
              + damage.part()
              + " at offset "
              + damage.offset());
    }
    return content;
  }

  /** Which columns of a file are read, by role. */
  private record Columns(
      MessageType wanted,
      List<ColumnDescriptor> labels,
      List<ColumnDescriptor> scores,
      ColumnDescriptor weight,
      ColumnDescriptor id,
      List<ColumnDescriptor> slices) {

    static Columns of(Path path, MessageType all, Also also) throws IOException {
      List<String> labels = numbered(all, SegmentWriter.LABEL);
      List<String> scores = numbered(all, SegmentWriter.SCORE);
      if (labels.isEmpty() || scores.isEmpty()) {
        throw new CorruptSegmentException(
            path, 0, "there is no column " + (labels.isEmpty() ? "label" : "score"));
      }
      List<String> names = new ArrayList<>(labels);
      names.addAll(scores);
      boolean weighted = all.containsField(SegmentWriter.WEIGHT);
      if (weighted) {
        names.add(SegmentWriter.WEIGHT);
      }
      if (also.ids()) {
        names.add(SegmentWriter.ID);
      }
      List<String> slices = also.slices().stream().map(SegmentWriter::sliceName).toList();
      names.addAll(slices);
      for (String name : names) {
        if (!all.containsField(name)) {
          throw new CorruptSegmentException(path, 0, "there is no column " + name);
        }
      }
      MessageType wanted =
          new MessageType(all.getName(), names.stream().distinct().map(all::getType).toList());
      return new Columns(
          wanted,
          described(wanted, labels),
          described(wanted, scores),
          weighted ? described(wanted, SegmentWriter.WEIGHT) : null,
          also.ids() ? described(wanted, SegmentWriter.ID) : null,
          described(wanted, slices));
    }

    private static List<String> numbered(MessageType all, String name) {
      if (all.containsField(name)) {
        return List.of(name);
      }
      List<String> names = new ArrayList<>();
      for (int i = 0; all.containsField(name + "_" + i); i++) {
        names.add(name + "_" + i);
      }
      return names;
    }

    private static List<ColumnDescriptor> described(MessageType schema, List<String> names) {
      return names.stream().map(name -> described(schema, name)).toList();
    }

    private static ColumnDescriptor described(MessageType schema, String name) {
      return schema.getColumnDescription(new String[] {name});
    }

    LabelEncoding labelEncoding() {
      PrimitiveType.PrimitiveTypeName type =
          labels.get(0).getPrimitiveType().getPrimitiveTypeName();
      return switch (type) {
        case BOOLEAN -> LabelEncoding.U8;
        case INT32 -> LabelEncoding.I32;
        default -> LabelEncoding.F32;
      };
    }
  }

  private static long feed(Path path, PageReadStore group, Columns columns, Pages pages)
      throws IOException {
    LabelEncoding encoding = columns.labelEncoding();
    List<PageReader> labelPages = columns.labels.stream().map(group::getPageReader).toList();
    List<PageReader> scorePages = columns.scores.stream().map(group::getPageReader).toList();
    PageReader weightPages = columns.weight == null ? null : group.getPageReader(columns.weight);
    PageReader idPages = columns.id == null ? null : group.getPageReader(columns.id);
    List<SlicePages> slicePages = new ArrayList<>();
    for (ColumnDescriptor slice : columns.slices) {
      slicePages.add(SlicePages.of(path, group.getPageReader(slice)));
    }
    byte[] bits = new byte[0];
    long fed = 0;
    for (DataPage page = scorePages.get(0).readPage();
        page != null;
        page = scorePages.get(0).readPage()) {
      int count = page.getValueCount();
      List<ByteBuffer> scores = new ArrayList<>(scorePages.size());
      scores.add(bytes(path, page, count, 4 * count));
      for (PageReader more : scorePages.subList(1, scorePages.size())) {
        scores.add(bytes(path, more.readPage(), count, 4 * count));
      }
      List<ByteBuffer> labels = new ArrayList<>(labelPages.size());
      if (encoding == LabelEncoding.U8 && bits.length < labelPages.size() * (count + 7)) {
        bits = new byte[labelPages.size() * (count + 7)];
      }
      for (PageReader label : labelPages) {
        labels.add(
            encoding == LabelEncoding.U8
                ? unpack(
                    bytes(path, label.readPage(), count, (count + 7) / 8),
                    count,
                    bits,
                    labels.size() * (count + 7))
                : bytes(path, label.readPage(), count, 4 * count));
      }
      List<RowPage.Slice> slices = new ArrayList<>(slicePages.size());
      for (SlicePages slice : slicePages) {
        slices.add(slice.next(path, count));
      }
      pages.accept(
          new RowPage(
              count,
              encoding,
              labels,
              scores,
              weightPages == null ? null : bytes(path, weightPages.readPage(), count, 4 * count),
              idPages == null ? null : ids(path, idPages.readPage(), count),
              slices));
      fed += count;
    }
    return fed;
  }

  private static DataPageV1 page(Path path, DataPage page, int count) throws IOException {
    if (!(page instanceof DataPageV1 plain) || page.getValueCount() != count) {
      throw new CorruptSegmentException(path, 0, "the pages of its columns don't match");
    }
    return plain;
  }

  private static ByteBuffer bytes(Path path, DataPage page, int count, int length)
      throws IOException {
    DataPageV1 plain = page(path, page, count);
    if (plain.getBytes().size() != length) {
      throw new CorruptSegmentException(
          path, 0, "a page must be " + length + " bytes, got " + plain.getBytes().size());
    }
    return plain.getBytes().toInputStream().slice(length);
  }

  private static long[] ids(Path path, DataPage page, int count) throws IOException {
    DeltaBinaryPackingValuesReader values = new DeltaBinaryPackingValuesReader();
    values.initFromPage(count, page(path, page, count).getBytes().toInputStream());
    long[] ids = new long[count];
    for (int row = 0; row < count; row++) {
      ids[row] = values.readLong();
    }
    return ids;
  }

  private static ByteBuffer unpack(ByteBuffer bits, int count, byte[] into, int from) {
    byte[] packed = bits.array();
    int at = bits.arrayOffset() + bits.position();
    for (int row = 0; row < count; row += 8, at++) {
      int eight = packed[at];
      for (int bit = 0; bit < 8; bit++) {
        into[from + row + bit] = (byte) ((eight >> bit) & 1);
      }
    }
    return ByteBuffer.wrap(into, from, count);
  }

  /** A slice column of a row group. */
  private record SlicePages(PageReader pages, List<String> dictionary) {

    static SlicePages of(Path path, PageReader pages) throws IOException {
      DictionaryPage page = pages.readDictionaryPage();
      if (page == null) {
        throw new CorruptSegmentException(path, 0, "a slice column has no dictionary");
      }
      int size = Math.toIntExact(page.getBytes().size());
      ByteBuffer bytes = page.getBytes().toInputStream().slice(size).order(ByteOrder.LITTLE_ENDIAN);
      List<String> values = new ArrayList<>(page.getDictionarySize());
      for (int i = 0; i < page.getDictionarySize(); i++) {
        int length = bytes.remaining() < 4 ? -1 : bytes.getInt();
        if (length < 0 || length > bytes.remaining()) {
          throw new CorruptSegmentException(path, 0, "a slice dictionary is cut");
        }
        byte[] utf8 = new byte[length];
        bytes.get(utf8);
        values.add(new String(utf8, StandardCharsets.UTF_8));
      }
      return new SlicePages(pages, values);
    }

    RowPage.Slice next(Path path, int count) throws IOException {
      ByteBufferInputStream in = page(path, pages.readPage(), count).getBytes().toInputStream();
      int bitWidth = in.read();
      RunLengthBitPackingHybridDecoder decoder = new RunLengthBitPackingHybridDecoder(bitWidth, in);
      int[] codes = new int[count];
      for (int row = 0; row < count; row++) {
        int code = decoder.readInt();
        if (code < 0 || code >= dictionary.size()) {
          throw new CorruptSegmentException(
              path, 0, "slice codes must be in [0, " + dictionary.size() + "), got " + code);
        }
        codes[row] = code;
      }
      return new RowPage.Slice(dictionary, codes);
    }
  }
}
