package dev.touchstone.cli.evaluate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/** Writes well-formed markup; text and attribute values are always escaped. */
public final class Markup {
  private final StringBuilder text = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** Opens an element; attributes are names and values in turn. */
  public Markup open(String element, Object... attributes) {
    start(element, attributes);
    text.append('>');
    open.push(element);
    return this;
  }

  /** Closes the element that was opened last. */
  public Markup close() {
    text.append("</").append(open.pop()).append('>');
    return this;
  }

  /** An element without content. */
  public Markup empty(String element, Object... attributes) {
    start(element, attributes);
    text.append("/>");
    return this;
  }

  /** An element that holds text alone. */
  public Markup element(String element, String content, Object... attributes) {
    return open(element, attributes).text(content).close();
  }

  /** Text. */
  public Markup text(String content) {
    escape(content);
    return this;
  }

  /** Markup that is well-formed already, such as a plot or a style sheet of ours. */
  public Markup raw(String markup) {
    text.append(markup);
    return this;
  }

  /** A line break, for those who read the source. */
  public Markup line() {
    text.append('\n');
    return this;
  }

  private void start(String element, Object... attributes) {
    text.append('<').append(element);
    for (int i = 0; i < attributes.length; i += 2) {
      text.append(' ').append(attributes[i]).append("=\"");
      Object value = attributes[i + 1];
      escape(value instanceof Double number ? decimal(number) : value.toString());
      text.append('"');
    }
  }

  /** A coordinate: a tenth of a pixel is enough. */
  static String decimal(double value) {
    String digits = String.format(Locale.ROOT, "%.1f", value);
    return digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits;
  }

  private void escape(String content) {
    for (int i = 0; i < content.length(); i++) {
      char c = content.charAt(i);
      switch (c) {
        case '<' -> text.append("&lt;");
        case '>' -> text.append("&gt;");
        case '&' -> text.append("&amp;");
        case '"' -> text.append("&quot;");
        // control characters have no place in XML, escaped or not
        default -> text.append(c < ' ' && c != '\n' && c != '\t' ? '\uFFFD' : c);
      }
    }
  }

  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("not closed: " + open);
    }
    return text.toString();
  }
}
