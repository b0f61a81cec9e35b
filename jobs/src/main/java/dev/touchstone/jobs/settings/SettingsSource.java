package dev.touchstone.jobs.settings;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Dotted keys and their values, from a YAML file and overrides. Typed readers take keys out; what
 * is left over in the end was misspelt.
 *
 * <p>Not thread-safe.
 */
public final class SettingsSource {

  private final Map<String, Object> values = new TreeMap<>();
  private final String origin;

  private SettingsSource(String origin) {
    this.origin = origin;
  }

  /** No settings at all: every default applies. */
  public static SettingsSource empty() {
    return of("defaults");
  }

  /**
   * No settings yet.
   *
   * @param origin named in complaints
   */
  static SettingsSource of(String origin) {
    return new SettingsSource(origin);
  }

  /**
   * Reads a YAML file of nested sections.
   *
   * @throws IllegalArgumentException if it can't be read or is not a map of sections
   */
  public static SettingsSource of(Path file) {
    SettingsSource source = new SettingsSource(file.toString());
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      Object document = new Load(LoadSettings.builder().build()).loadFromReader(reader);
      if (document != null) {
        source.flatten("", document);
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("settings file " + file + " can't be read: " + e, e);
    } catch (YamlEngineException e) {
      throw new IllegalArgumentException(
          "settings file " + file + " is not YAML: " + e.getMessage(), e);
    }
    return source;
  }

  /** Sets one dotted key, over what the file said. */
  public SettingsSource with(String key, Object value) {
    values.put(key, value);
    return this;
  }

  private void flatten(String prefix, Object node) {
    if (node instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> flatten(prefix.isEmpty() ? key.toString() : prefix + "." + key, value));
    } else if (prefix.isEmpty()) {
      throw new IllegalArgumentException(
          "settings file " + origin + " must be a map of sections, got " + node);
    } else if (node != null) {
      values.put(prefix, node);
    }
  }

  String string(String key, String fallback) {
    Object value = values.remove(key);
    return value == null ? fallback : value.toString();
  }

  long integer(String key, long fallback, long min, long max) {
    Object value = values.remove(key);
    if (value == null) {
      return fallback;
    }
    try {
      long number = Long.parseLong(value.toString().replace("_", ""));
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // falls through to the one complaint
    }
    throw bad(key, "an integer in [" + min + ", " + max + "]", value);
  }

  double number(String key, double fallback, double min, double max) {
    Object value = values.remove(key);
    if (value == null) {
      return fallback;
    }
    try {
      double number = Double.parseDouble(value.toString());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // falls through to the one complaint
    }
    throw bad(key, "a number in [" + min + ", " + max + "]", value);
  }

  /** A finite number, or null. */
  Double optionalNumber(String key) {
    return values.containsKey(key)
        ? (Double) number(key, 0, -Double.MAX_VALUE, Double.MAX_VALUE)
        : null;
  }

  /** Null where it is not set. */
  Boolean optionalFlag(String key) {
    return values.containsKey(key) ? (Boolean) flag(key, false) : null;
  }

  boolean flag(String key, boolean fallback) {
    Object value = values.remove(key);
    if (value == null) {
      return fallback;
    }
    return switch (value.toString()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw bad(key, "true or false", value);
    };
  }

  /** One of an enum's constants, as they print. */
  <E extends Enum<E>> E oneOf(String key, E fallback) {
    Object value = values.remove(key);
    if (value == null) {
      return fallback;
    }
    E[] all = fallback.getDeclaringClass().getEnumConstants();
    for (E one : all) {
      if (one.toString().equals(value.toString())) {
        return one;
      }
    }
    throw bad(key, "one of " + Arrays.toString(all), value);
  }

  /** A list; on the command line it is said as YAML. Empty where it is not set. */
  List<?> list(String key) {
    Object value = values.remove(key);
    Object read = value;
    if (value instanceof String text) {
      try {
        read = new Load(LoadSettings.builder().build()).loadFromString(text);
      } catch (YamlEngineException e) {
        throw bad(key, "a list", value);
      }
    }
    if (read == null) {
      return List.of();
    }
    if (read instanceof List<?> list) {
      return list;
    }
    throw bad(key, "a list", value);
  }

  /** Everything below {@code section}, as strings. */
  Map<String, String> section(String section) {
    Map<String, String> found = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(section + ".")) {
            found.put(key.substring(section.length() + 1), value.toString());
          }
        });
    found.keySet().forEach(key -> values.remove(section + "." + key));
    return found;
  }

  void rejectUnknown() {
    if (!values.isEmpty()) {
      throw new IllegalArgumentException(
          "unknown setting " + String.join(", ", values.keySet()) + " in " + origin);
    }
  }

  private IllegalArgumentException bad(String key, String rule, Object value) {
    return new IllegalArgumentException(
        "setting " + key + " must be " + rule + ", got " + value + " (" + origin + ")");
  }
}
