package dev.touchstone.cli.runtime;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Properties;

/** The directory of one engine: who holds it, and the ports it keeps over restarts. */
final class DataDirectory implements AutoCloseable {

  private final Path root;
  private final FileChannel channel;
  private final FileLock lock;
  private final Properties ports = new Properties();

  private DataDirectory(Path root, FileChannel channel, FileLock lock) {
    this.root = root;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Takes the directory, creating it where needed.
   *
   * @throws UsageException if another engine holds it
   */
  static DataDirectory take(Path root) throws IOException {
    Files.createDirectories(root);
    FileChannel channel =
        FileChannel.open(
            root.resolve("engine.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // held within this very process: the same answer
    }
    if (lock == null) {
      channel.close();
      throw new UsageException(
          "directory " + root + " is in use by another engine: stop it, or choose another --data");
    }
    DataDirectory directory = new DataDirectory(root, channel, lock);
    directory.readPorts();
    return directory;
  }

  private Path portsFile() {
    return root.resolve("ports.properties");
  }

  private void readPorts() throws IOException {
    if (Files.exists(portsFile())) {
      try (Reader reader = Files.newBufferedReader(portsFile(), StandardCharsets.UTF_8)) {
        ports.load(reader);
      }
    }
  }

  /** The port kept under {@code name}, or a free one that is kept from now on. */
  int port(String name) throws IOException {
    String kept = ports.getProperty(name);
    if (kept != null) {
      return Integer.parseInt(kept);
    }
    return keepPort(name, Ports.free());
  }

  /** Keeps {@code port} under {@code name}. */
  int keepPort(String name, int port) throws IOException {
    ports.setProperty(name, Integer.toString(port));
    try (Writer writer = Files.newBufferedWriter(portsFile(), StandardCharsets.UTF_8)) {
      ports.store(writer, null);
    }
    return port;
  }

  Path kafka() {
    return root.resolve("kafka");
  }

  Path flink() {
    return root.resolve("flink");
  }

  Path cache() {
    return root.resolve("cache");
  }

  @Override
  public void close() {
    try {
      lock.release();
      channel.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("the lock of " + root + " can't be released", e);
    }
  }
}
