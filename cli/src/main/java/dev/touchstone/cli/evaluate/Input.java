package dev.touchstone.cli.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What to read, settled before anything is read.
 *
 * @param name what messages call it
 * @param files in order
 * @param columns what they are for, ready for JSON; null for arrays
 * @param reading reads the files
 */
record Input(
    String name, List<Path> files, Map<String, Object> columns, Supplier<Predictions> reading) {
  Input {
    files = List.copyOf(files);
  }

  /** Paths and sizes of the files, ready for JSON. */
  List<Map<String, Object>> sources() throws IOException {
    return sources(files);
  }

  /** Paths and sizes, ready for JSON. */
  static List<Map<String, Object>> sources(List<Path> files) throws IOException {
    var sources = new ArrayList<Map<String, Object>>();
    for (Path file : files) {
      var source = new LinkedHashMap<String, Object>();
      source.put("path", file.toString());
      source.put("bytes", Files.size(file));
      sources.add(source);
    }
    return sources;
  }
}
