package dev.touchstone.server.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The page's modules as one script, so that a browser asks once and not forty times. Each module
 * becomes a function of its own, after those that it imports; what it says stays word for word.
 *
 * <p>It reads the forms of import and export that the page uses, at the beginning of a line, and
 * refuses what it can't read. Modules that import one another in a circle are refused too.
 */
final class Bundle {

  private static final Pattern IMPORT =
      Pattern.compile(
          "^import\\s+([^;']+?)\\s+from\\s+'\\./([^']+)';[ \\t]*\\n?", Pattern.MULTILINE);
  private static final Pattern EXPORT =
      Pattern.compile(
          "^export (?=(?:async function|function|class|const) +(\\w+))", Pattern.MULTILINE);
  // minified libraries have theirs at the end of a long line
  private static final Pattern EXPORT_LIST =
      Pattern.compile("(?<=^|;)export\\s*\\{([^}]*)\\};?", Pattern.MULTILINE);
  private static final Pattern SOURCE_MAP =
      Pattern.compile("^//# sourceMappingURL=.*\\n?", Pattern.MULTILINE);
  private static final Pattern LEFT = Pattern.compile("^(?:import|export)\\b.*", Pattern.MULTILINE);

  private final UnaryOperator<String> source;

  /** Name of each module's constant, by path; null while what it imports is being read. */
  private final Map<String, String> names = new LinkedHashMap<>();

  private final StringBuilder script = new StringBuilder();

  private Bundle(UnaryOperator<String> source) {
    this.source = source;
  }

  /**
   * Puts a module and all that it imports into one script.
   *
   * @param entry path of the module that is run, as {@code app.js}
   * @param source text of a module by its path
   * @throws IllegalStateException if a module can't be read: says which, and what of it
   */
  static String of(String entry, UnaryOperator<String> source) {
    var bundle = new Bundle(source);
    bundle.add(entry);
    return bundle.script.toString();
  }

  private String add(String path) {
    if (names.containsKey(path)) {
      String name = names.get(path);
      if (name == null) {
        throw new IllegalStateException(
            "modules import one another in a circle: " + names.keySet());
      }
      return name;
    }
    names.put(path, null);
    var imports = new StringBuilder();
    String body =
        IMPORT
            .matcher(source.apply(path))
            .replaceAll(
                found -> {
                  imports.append(constant(found.group(1).strip(), add(found.group(2))));
                  return "";
                });
    List<String> exports = new ArrayList<>();
    body =
        EXPORT_LIST
            .matcher(body)
            .replaceAll(
                found -> {
                  for (String item : found.group(1).split(",")) {
                    exports.add(property(item.strip()));
                  }
                  return "";
                });
    body =
        EXPORT
            .matcher(body)
            .replaceAll(
                found -> {
                  exports.add(found.group(1));
                  return "";
                });
    body = SOURCE_MAP.matcher(body).replaceAll("");
    Matcher left = LEFT.matcher(body);
    if (left.find()) {
      throw new IllegalStateException(path + " has a line that can't be bundled: " + left.group());
    }
    String name = "$" + names.values().stream().filter(known -> known != null).count();
    names.put(path, name);
    script
        .append("// ")
        .append(path)
        .append("\nconst ")
        .append(name)
        .append(" = (() => {\n")
        .append(imports)
        .append(body)
        .append("\nreturn { ")
        .append(String.join(", ", exports))
        .append(" };\n})();\n");
    return name;
  }

  /** {@code { a, b as c }}, {@code * as all} or a default's name, as constants of a module. */
  private static String constant(String clause, String module) {
    if (clause.startsWith("{")) {
      return "const " + clause.replaceAll("\\s+as\\s+", ": ") + " = " + module + ";\n";
    }
    if (clause.startsWith("*")) {
      return "const " + clause.replaceFirst("^\\*\\s+as\\s+", "") + " = " + module + ";\n";
    }
    return "const { default: " + clause + " } = " + module + ";\n";
  }

  /** {@code a as b} of a list of exports as a property. */
  private static String property(String item) {
    String[] parts = item.split("\\s+as\\s+");
    return parts.length == 1 ? item : parts[1] + ": " + parts[0];
  }
}
