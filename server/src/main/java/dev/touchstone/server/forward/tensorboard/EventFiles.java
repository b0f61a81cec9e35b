package dev.touchstone.server.forward.tensorboard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Appends events to one file a directory. A process never goes on with the file of another: what
 * was cut off there would hide what follows. TensorBoard reads the files of a directory by name and
 * never goes back, so each new name is greater than those before it, whatever the clock says.
 *
 * <p>Files are open only while they are written: there may be many runs.
 */
final class EventFiles {

  private static final String PREFIX = "events.out.tfevents.";
  private static final Pattern NAME =
      Pattern.compile(Pattern.quote(PREFIX) + "(\\d{10})\\.(\\d{3})\\.touchstone");
  private static final int MAX_FILES = 10_000;
  private static final long MILLIS = 1000;

  private final Clock clock;
  // the longest unused is forgotten: its directory gets a new file if it is written again
  private final Map<Path, Path> files =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Path> eldest) {
          return size() > MAX_FILES;
        }
      };

  EventFiles(Clock clock) {
    this.clock = clock;
  }

  /**
   * Appends all of the events, or none.
   *
   * @throws IOException if they could not be written: says which file
   */
  void append(Path directory, List<byte[]> events) throws IOException {
    Path file = files.get(directory);
    if (file == null || !Files.exists(file)) { // somebody may have cleaned up
      file = create(directory);
      files.put(directory, file);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long end = channel.size();
      channel.position(end);
      try {
        for (byte[] event : events) {
          write(channel, event);
        }
      } catch (IOException e) {
        channel.truncate(end);
        throw e;
      }
    } catch (IOException e) {
      // half a record may have stayed: nothing may follow it
      files.remove(directory);
      throw e;
    }
  }

  private Path create(Path directory) throws IOException {
    Files.createDirectories(directory);
    long stamp = Math.max(clock.millis(), newest(directory) + 1);
    while (true) {
      Path file = directory.resolve(name(stamp));
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        write(channel, Events.fileVersion(stamp));
        return file;
      } catch (FileAlreadyExistsException e) {
        stamp++;
      }
    }
  }

  private static void write(FileChannel channel, byte[] event) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(TfRecords.frame(event));
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  private static String name(long stamp) {
    return "%s%010d.%03d.touchstone".formatted(PREFIX, stamp / MILLIS, stamp % MILLIS);
  }

  /** The stamp of the last of our files; -1 where there is none. */
  private static long newest(Path directory) throws IOException {
    long newest = -1;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path entry : entries) {
        Matcher name = NAME.matcher(entry.getFileName().toString());
        if (name.matches()) {
          newest =
              Math.max(
                  newest, Long.parseLong(name.group(1)) * MILLIS + Long.parseLong(name.group(2)));
        }
      }
    }
    return newest;
  }
}
