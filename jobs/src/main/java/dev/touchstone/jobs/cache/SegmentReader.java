package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.flink.core.fs.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.schema.MessageType;

/**
 * Reads segments of binary predictions back, page by page, as the columns that the math takes.
 *
 * <p>A file is read whole and its content is checked against its name first, so a changed, cut or
 * swapped file can't reach a number: it is a {@link CorruptSegmentException}.
 *
 * <p>Not thread-safe.
 */
public final class SegmentReader {

  private final CacheLayout layout;
  private byte[] labels = new byte[SegmentWriter.PAGE_ROWS];

  /**
   * @param cacheDirectory as in the settings
   */
  public SegmentReader(String cacheDirectory) {
    this.layout = new CacheLayout(cacheDirectory);
  }

  /** Takes some rows: aligned columns, each from its own offset. Arrays are reused afterwards. */
  public interface Rows {

    /**
     * @param scores float32 little-endian
     * @param labels 0 or 1
     * @param weights float32 little-endian, or null
     */
    void accept(
        byte[] scores,
        int scoreOffset,
        byte[] labels,
        int labelOffset,
        byte[] weights,
        int weightOffset,
        int count);
  }

  /** Feeds all rows of a segment, in the order they were written. */
  public void read(String setKey, Segment segment, Rows rows) throws IOException {
    Path path = layout.segment(setKey, segment.file());
    byte[] content = content(path, segment);
    try (ParquetFileReader reader =
        new ParquetFileReader(
            new MemoryFiles.Input(content),
            ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      MessageType all = reader.getFileMetaData().getSchema();
      boolean weighted = all.containsField(SegmentWriter.WEIGHT);
      List<String> names =
          weighted
              ? List.of(SegmentWriter.LABEL, SegmentWriter.SCORE, SegmentWriter.WEIGHT)
              : List.of(SegmentWriter.LABEL, SegmentWriter.SCORE);
      MessageType wanted =
          new MessageType(all.getName(), names.stream().map(all::getType).toList());
      reader.setRequestedSchema(wanted);
      long fed = 0;
      for (PageReadStore group = reader.readNextRowGroup();
          group != null;
          group = reader.readNextRowGroup()) {
        fed += feed(path, group, wanted, weighted, rows);
      }
      if (fed != segment.rows()) {
        throw new CorruptSegmentException(
            path, 0, "rows must be " + segment.rows() + ", got " + fed);
      }
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

  private long feed(Path path, PageReadStore group, MessageType schema, boolean weighted, Rows rows)
      throws IOException {
    PageReader labelPages = group.getPageReader(schema.getColumns().get(0));
    PageReader scorePages = group.getPageReader(schema.getColumns().get(1));
    PageReader weightPages = weighted ? group.getPageReader(schema.getColumns().get(2)) : null;
    long fed = 0;
    for (DataPage page = scorePages.readPage(); page != null; page = scorePages.readPage()) {
      int count = page.getValueCount();
      ByteBuffer scores = bytes(path, page, count, 4 * count);
      ByteBuffer bits = bytes(path, labelPages.readPage(), count, (count + 7) / 8);
      unpack(bits, count);
      ByteBuffer weights = weighted ? bytes(path, weightPages.readPage(), count, 4 * count) : null;
      rows.accept(
          scores.array(),
          scores.arrayOffset() + scores.position(),
          labels,
          0,
          weighted ? weights.array() : null,
          weighted ? weights.arrayOffset() + weights.position() : 0,
          count);
      fed += count;
    }
    return fed;
  }

  private static ByteBuffer bytes(Path path, DataPage page, int count, int length)
      throws IOException {
    if (!(page instanceof DataPageV1 plain) || page.getValueCount() != count) {
      throw new CorruptSegmentException(path, 0, "the pages of its columns don't match");
    }
    if (plain.getBytes().size() != length) {
      throw new CorruptSegmentException(
          path, 0, "a page must be " + length + " bytes, got " + plain.getBytes().size());
    }
    return plain.getBytes().toInputStream().slice(length);
  }

  private void unpack(ByteBuffer bits, int count) {
    if (labels.length < count + 7) {
      labels = new byte[count + 7];
    }
    byte[] packed = bits.array();
    int at = bits.arrayOffset() + bits.position();
    for (int row = 0; row < count; row += 8, at++) {
      int eight = packed[at];
      for (int bit = 0; bit < 8; bit++) {
        labels[row + bit] = (byte) ((eight >> bit) & 1);
      }
    }
  }
}
