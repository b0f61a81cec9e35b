package dev.touchstone.jobs.cache;

import java.io.ByteArrayOutputStream;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.io.SeekableInputStream;

/**
 * Parquet over byte arrays. A segment is small by construction, so it is made and checked whole in
 * memory, and needs nothing of a file system but "put" and "get".
 */
final class MemoryFiles {

  private MemoryFiles() {}

  /** A file that is being written. */
  static final class Output implements OutputFile {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 20);

    byte[] toByteArray() {
      return bytes.toByteArray();
    }

    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new PositionOutputStream() {
        @Override
        public long getPos() {
          return bytes.size();
        }

        @Override
        public void write(int value) {
          bytes.write(value);
        }

        @Override
        public void write(byte[] source, int offset, int length) {
          bytes.write(source, offset, length);
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

  /** A file to read. */
  record Input(byte[] bytes) implements InputFile {

    @Override
    public long getLength() {
      return bytes.length;
    }

    @Override
    public SeekableInputStream newStream() {
      Cursor cursor = new Cursor(bytes);
      return new DelegatingSeekableInputStream(cursor) {
        @Override
        public long getPos() {
          return cursor.position();
        }

        @Override
        public void seek(long position) {
          cursor.seek(Math.toIntExact(position));
        }
      };
    }
  }

  private static final class Cursor extends java.io.ByteArrayInputStream {

    Cursor(byte[] bytes) {
      super(bytes);
    }

    int position() {
      return pos;
    }

    void seek(int position) {
      pos = position;
    }
  }
}
