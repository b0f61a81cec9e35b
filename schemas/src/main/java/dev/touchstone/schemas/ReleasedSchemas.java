package dev.touchstone.schemas;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * Every schema that was ever released, oldest first: a message written by any past client stays
 * readable. Files lie under {@code /released/VERSION/} and are listed in {@code /released/index}.
 */
final class ReleasedSchemas {

  private ReleasedSchemas() {}

  /** The released schemas of the generated class {@code type}. */
  static List<Schema> of(Class<?> type) {
    return all().stream().filter(schema -> schema.getFullName().equals(type.getName())).toList();
  }

  /** The released schemas of all records. */
  static List<Schema> all() {
    List<Schema> schemas = new ArrayList<>();
    try (BufferedReader index =
        new BufferedReader(new InputStreamReader(open("index"), StandardCharsets.UTF_8))) {
      for (String line = index.readLine(); line != null; line = index.readLine()) {
        if (!line.isBlank()) {
          try (InputStream file = open(line.strip())) {
            schemas.add(new Schema.Parser().parse(file));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("released schemas can't be read", e);
    }
    return schemas;
  }

  private static InputStream open(String name) throws IOException {
    InputStream stream = ReleasedSchemas.class.getResourceAsStream("/released/" + name);
    if (stream == null) {
      throw new IOException("no resource /released/" + name);
    }
    return stream;
  }
}
