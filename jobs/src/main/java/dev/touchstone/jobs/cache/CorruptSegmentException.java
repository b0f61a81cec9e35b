package dev.touchstone.jobs.cache;

import java.io.IOException;
import org.apache.flink.core.fs.Path;

/** A cached file is not what its manifest promises. Another try gives the same answer. */
public final class CorruptSegmentException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;
  private final String rule;

  /**
   * @param offset of the first byte that can't be trusted
   */
  CorruptSegmentException(Path file, long offset, String rule) {
    super("cached segment " + file.getParent().getName() + "/" + file.getName() + ": " + rule);
    this.file = file.getName();
    this.offset = offset;
    this.rule = rule;
  }

  /** The file's name in its set's directory. */
  public String file() {
    return file;
  }

  public long offset() {
    return offset;
  }

  /** What is wrong, without the file. */
  public String rule() {
    return rule;
  }
}
