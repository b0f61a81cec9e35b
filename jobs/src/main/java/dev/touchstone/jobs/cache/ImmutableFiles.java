package dev.touchstone.jobs.cache;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Whole files in, whole files out, over any Flink file system. Nobody sees half a file. */
final class ImmutableFiles {

  private ImmutableFiles() {}

  /** Writes the file, or does nothing where one of the same length stands. */
  static void writeOnce(Path path, byte[] content) throws IOException {
    FileSystem files = path.getFileSystem();
    if (files.exists(path) && files.getFileStatus(path).getLen() == content.length) {
      return;
    }
    replace(path, content);
  }

  static boolean exists(Path path) throws IOException {
    return path.getFileSystem().exists(path);
  }

  /** Writes the file over whatever stands there. */
  static void replace(Path path, byte[] content) throws IOException {
    FileSystem files = path.getFileSystem();
    if (files.isDistributedFS()) {
      // an object store shows an object when its upload has ended
      write(files, path, content);
      return;
    }
    files.mkdirs(path.getParent());
    Path draft = new Path(path.getParent(), "." + path.getName() + "." + UUID.randomUUID());
    write(files, draft, content);
    if (!files.rename(draft, path)) {
      files.delete(draft, false);
      throw new IOException("can't rename " + draft + " to " + path.getName());
    }
    forceDirectory(path.getParent());
  }

  /** Makes a new name last over a loss of power, where directories can be forced to disk at all. */
  private static void forceDirectory(Path directory) throws IOException {
    if (!System.getProperty("os.name").startsWith("Windows")) {
      try (FileChannel channel =
          FileChannel.open(
              java.nio.file.Path.of(directory.makeQualified(directory.getFileSystem()).getPath()),
              StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static void write(FileSystem files, Path path, byte[] content) throws IOException {
    try (FSDataOutputStream out = files.create(path, FileSystem.WriteMode.OVERWRITE)) {
      out.write(content);
      if (!files.isDistributedFS()) {
        out.sync(); // on disk before its name is
      }
    }
  }

  /**
   * The whole file.
   *
   * @param expectedBytes what the manifest says; also bounds what is read into memory
   */
  static byte[] read(Path path, long expectedBytes) throws IOException {
    FileSystem files = path.getFileSystem();
    if (!files.exists(path)) {
      throw new CorruptSegmentException(path, 0, "the file is missing");
    }
    FileStatus status = files.getFileStatus(path);
    if (status.getLen() != expectedBytes) {
      throw new CorruptSegmentException(
          path,
          Math.min(expectedBytes, status.getLen()),
          "length must be " + expectedBytes + " bytes, got " + status.getLen());
    }
    byte[] content = new byte[Math.toIntExact(expectedBytes)];
    try (InputStream in = files.open(path)) {
      int read = in.readNBytes(content, 0, content.length);
      if (read != content.length) {
        throw new CorruptSegmentException(
            path, read, "length must be " + expectedBytes + " bytes, got " + read);
      }
    }
    return content;
  }
}
