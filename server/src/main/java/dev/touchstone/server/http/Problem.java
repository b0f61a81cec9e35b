package dev.touchstone.server.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * An error for the client, as RFC 9457 says: what is wrong, and where it lies in one value, which
 * key, which rule and which value.
 */
final class Problem extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private static final int MAX_VALUE = 200;

  private final int status;
  private final String title;
  private final String key;
  private final String rule;
  private final String value;

  private Problem(int status, String title, String detail, String key, String rule, String value) {
    super(detail, null, false, false);
    this.status = status;
    this.title = title;
    this.key = key;
    this.rule = rule;
    this.value = value;
  }

  static Problem of(int status, String title, String detail) {
    return new Problem(status, title, detail, null, null, null);
  }

  /** One value breaks one rule. */
  static Problem invalid(String key, String rule, Object value) {
    String shown = cut(String.valueOf(value));
    return new Problem(
        400, "Invalid request", key + " " + rule + ", got " + shown, key, rule, shown);
  }

  static Problem notFound(String key, String value, String detail) {
    return new Problem(404, "Not found", detail, key, "must be known", cut(value));
  }

  int status() {
    return status;
  }

  /** The problem+json body. */
  ObjectNode body() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("type", "about:blank");
    body.put("title", title);
    body.put("status", status);
    body.put("detail", getMessage());
    if (key != null) {
      body.put("key", key);
      body.put("rule", rule);
      body.put("value", value);
    }
    return body;
  }

  private static String cut(String text) {
    return text.length() <= MAX_VALUE ? text : text.substring(0, MAX_VALUE) + "…";
  }
}
