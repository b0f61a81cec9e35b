package dev.touchstone.jobs.cache;

import java.util.regex.Pattern;
import org.apache.flink.core.fs.Path;

/**
 * Where a prediction set lies: {@code ROOT/SET_KEY/FILE}. Set keys and file names are derived from
 * digests, and refused if they don't look it: nothing from the input ever names a path.
 *
 * @param root a directory in any Flink file system
 */
record CacheLayout(String root) {

  static final String MANIFEST = "manifest.json";

  /** An empty file that keeps its set from being pruned. */
  static final String PIN = "pinned";

  private static final Pattern SET_KEY = Pattern.compile("[0-9a-f]{32}");
  private static final Pattern SEGMENT = Pattern.compile("[0-9a-f]{32}\\.parquet");

  static boolean isSetKey(String name) {
    return SET_KEY.matcher(name).matches();
  }

  Path directory(String setKey) {
    if (!isSetKey(setKey)) {
      throw new IllegalArgumentException("set key must be 32 hex digits, got \"" + setKey + "\"");
    }
    return new Path(new Path(root), setKey);
  }

  Path segment(String setKey, String file) {
    if (!SEGMENT.matcher(file).matches()) {
      throw new IllegalArgumentException(
          "segment must be 32 hex digits and .parquet, got \"" + file + "\"");
    }
    return new Path(directory(setKey), file);
  }

  Path manifest(String setKey) {
    return new Path(directory(setKey), MANIFEST);
  }
}
