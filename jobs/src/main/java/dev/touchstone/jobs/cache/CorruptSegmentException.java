package dev.touchstone.jobs.cache;

import java.io.IOException;
import org.apache.flink.core.fs.Path;

/** A cached file is not what its manifest promises. Another try gives the same answer. */
public final class CorruptSegmentException extends IOException {

  private static final long serialVersionUID = 1L;

  CorruptSegmentException(Path file, String message) {
    super("cached segment " + file.getParent().getName() + "/" + file.getName() + ": " + message);
  }
}
