package dev.touchstone.server.forward.remotewrite;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * What tells one series from another.
 *
 * @param labels sorted by name, as receivers want them, {@code __name__} included; none is empty
 */
record Series(SortedMap<String, String> labels) {

  static final int MAX_VALUE = 200;

  /** A label without a value is no label at all: {@code slice=""} selects series without it. */
  static Series of(String name, Map<String, String> labels) {
    SortedMap<String, String> sorted = new TreeMap<>();
    sorted.put("__name__", name);
    labels.forEach(
        (label, value) -> {
          if (value != null && !value.isEmpty()) {
            sorted.put(label, cut(value));
          }
        });
    return new Series(Collections.unmodifiableSortedMap(sorted));
  }

  /** Names come from training jobs. Two long ones stay apart by a checksum of the whole. */
  private static String cut(String value) {
    if (value.length() <= MAX_VALUE) {
      return value;
    }
    var checksum = new CRC32();
    checksum.update(value.getBytes(StandardCharsets.UTF_8));
    return value.substring(0, MAX_VALUE - 9) + "~%08x".formatted(checksum.getValue());
  }
}
