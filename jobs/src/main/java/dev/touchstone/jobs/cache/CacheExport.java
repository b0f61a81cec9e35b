package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.SliceColumn;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.schema.MessageType;

/** One cached set as one file. A damaged segment ends it with an error: no rows are left out. */
public final class CacheExport {

  private final CacheLayout layout;

  public CacheExport(CacheDirectory cache) {
    this.layout = cache.layout();
  }

  private static SetStatus status(CachedSet set) {
    if (set.manifest() == null) {
      throw new IllegalArgumentException(
          "set must be COMPLETE to be exported, got " + set.state() + " (" + set.setKey() + ")");
    }
    return set.manifest().status();
  }

  /** The row groups of all segments as they are, in one Parquet file. Leaves {@code out} open. */
  public void parquet(CachedSet set, OutputStream out) throws IOException {
    SetStatus status = status(set);
    List<Segment> segments = set.manifest().segments();
    if (segments.isEmpty()) {
      throw new IllegalArgumentException(
          "set must have rows to be exported as Parquet, got none (" + set.setKey() + ")");
    }
    ParquetFileWriter writer = null;
    for (Segment segment : segments) {
      Path path = layout.segment(set.setKey(), segment.file());
      var file = new MemoryFiles.Input(SegmentReader.content(path, segment));
      try (ParquetFileReader reader =
          new ParquetFileReader(
              file, ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
        MessageType schema = reader.getFileMetaData().getSchema();
        if (writer == null) {
          writer =
              new ParquetFileWriter(
                  new Stream(out),
                  schema,
                  ParquetFileWriter.Mode.CREATE,
                  Long.MAX_VALUE,
                  0,
                  64,
                  64,
                  true);
          writer.start();
        }
        writer.appendRowGroups(file.newStream(), reader.getRowGroups(), false);
      }
    }
    writer.end(Map.of("touchstone.set_key", status.set().setKey()));
  }

  /** A header and a line a row, as RFC 4180 but with line feeds. Leaves {@code out} open. */
  public void csv(CachedSet set, OutputStream out) throws IOException {
    SetStatus status = status(set);
    StringBuilder lines = new StringBuilder();
    boolean first = true;
    for (Segment segment : set.manifest().segments()) {
      for (PredictionBatch batch : SegmentRows.read(layout, status, segment)) {
        if (first) {
          SegmentWriter.schema(batch)
              .getColumns()
              .forEach(c -> cell(lines, c.getPath()[0]).append(','));
          endLine(lines);
          first = false;
        }
        for (int row = 0; row < batch.count(); row++) {
          line(lines, batch, row);
          if (lines.length() > 1 << 16) {
            out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
            lines.setLength(0);
          }
        }
      }
    }
    out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void line(StringBuilder line, PredictionBatch batch, int row) {
    line.append(RowDigest.id(batch, row)).append(',');
    int width = batch.labelEncoding().bytes();
    int labels = batch.labels().length / width / batch.count();
    ByteBuffer labelBytes = ByteBuffer.wrap(batch.labels()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = row * labels; i < (row + 1) * labels; i++) {
      if (batch.labelEncoding() == LabelEncoding.F32) {
        line.append(labelBytes.getFloat(width * i));
      } else {
        line.append(width == 1 ? labelBytes.get(i) & 0xFF : labelBytes.getInt(width * i));
      }
      line.append(',');
    }
    ByteBuffer scores = ByteBuffer.wrap(batch.scores()).order(ByteOrder.LITTLE_ENDIAN);
    int outputs = batch.set().outputs();
    for (int i = row * outputs; i < (row + 1) * outputs; i++) {
      line.append(scores.getFloat(4 * i)).append(',');
    }
    if (batch.weights() != null) {
      ByteBuffer weights = ByteBuffer.wrap(batch.weights()).order(ByteOrder.LITTLE_ENDIAN);
      line.append(weights.getFloat(4 * row)).append(',');
    }
    if (batch.strata() != null) {
      line.append(batch.strata()[row] & 0xFF).append(',');
    }
    for (SliceColumn slice : batch.slices()) {
      cell(line, slice.dictionary().get(slice.codes()[row] & 0xFF)).append(',');
    }
    endLine(line);
  }

  private static void endLine(StringBuilder line) {
    line.setCharAt(line.length() - 1, '\n');
  }

  private static StringBuilder cell(StringBuilder line, String text) {
    if (text.indexOf('"') < 0 && text.indexOf(',') < 0 && text.indexOf('\n') < 0) {
      return line.append(text);
    }
    return line.append('"').append(text.replace("\"", "\"\"")).append('"');
  }

  /** Parquet into a stream that somebody else closes. */
  private record Stream(OutputStream out) implements OutputFile {

    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new PositionOutputStream() {
        private long position;

        @Override
        public long getPos() {
          return position;
        }

        @Override
        public void write(int value) throws IOException {
          out.write(value);
          position++;
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
          out.write(source, offset, length);
          position += length;
        }

        @Override
        public void flush() throws IOException {
          out.flush();
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }
}
