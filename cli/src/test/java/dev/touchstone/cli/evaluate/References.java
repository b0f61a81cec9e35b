package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Figures of other libraries, from a file whose head names them and the command. */
final class References {
  private final Map<String, Double> values = new HashMap<>();

  /** Reads lines of name and value. */
  References(String resource) {
    try {
      for (String line : Files.readAllLines(file(resource))) {
        if (!line.startsWith("#")) {
          int comma = line.lastIndexOf(',');
          values.put(line.substring(0, comma), Double.valueOf(line.substring(comma + 1)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A test resource as a file that the command can read. */
  static Path file(String resource) {
    try {
      return Path.of(References.class.getResource(resource).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no reference for " + name);
    }
    return value;
  }

  /** Holds that a field is the reference but for {@code relative} of it. */
  void assertSame(JsonNode field, String name, double relative) {
    assertThat(field.isNumber()).as("%s is a number: %s", name, field).isTrue();
    double wanted = get(name);
    assertThat(field.doubleValue()).as(name).isCloseTo(wanted, within(relative * Math.abs(wanted)));
  }
}
