package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * One golden case that remembers which of its expected values were asserted. Values are named by
 * their JSON pointer below {@code expected}.
 */
public final class GoldenCase {
  private final JsonNode golden;
  private final double tolerance;
  private final Set<String> open = new LinkedHashSet<>();

  /** A case of which nothing was asserted yet. */
  public GoldenCase(JsonNode golden) {
    this.golden = golden;
    this.tolerance = golden.get("abs_tol").asDouble();
    collect("", golden.get("expected"));
  }

  private void collect(String pointer, JsonNode node) {
    if (node.isValueNode()) {
      open.add(pointer);
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(pointer + "/" + i, node.get(i));
      }
    } else {
      node.properties().forEach(e -> collect(pointer + "/" + e.getKey(), e.getValue()));
    }
  }

  /** The case's id. */
  public String id() {
    return golden.get("id").asText();
  }

  /** An input. */
  public JsonNode in(String name) {
    return golden.get("inputs").get(name);
  }

  /** All inputs. */
  public JsonNode inputs() {
    return golden.get("inputs");
  }

  /** An expected value, or null where there is none of that name. */
  public JsonNode expected(String pointer) {
    JsonNode node = golden.get("expected").at(pointer);
    return node.isMissingNode() ? null : node;
  }

  private JsonNode take(String pointer) {
    JsonNode node = expected(pointer);
    assertThat(node).as("%s has %s", id(), pointer).isNotNull();
    open.remove(pointer);
    return node;
  }

  /** Asserts a number, within the case's tolerance. */
  public GoldenCase number(String pointer, double actual) {
    JsonNode node = take(pointer);
    assertThat(node.isNumber()).as("%s %s is a number", id(), pointer).isTrue();
    assertThat(actual).as("%s %s", id(), pointer).isCloseTo(node.asDouble(), within(tolerance));
    return this;
  }

  /** Asserts all numbers of an array. */
  public GoldenCase numbers(String pointer, double... actual) {
    assertThat(actual).as("%s %s", id(), pointer).hasSize(expected(pointer).size());
    for (int i = 0; i < actual.length; i++) {
      number(pointer + "/" + i, actual[i]);
    }
    return this;
  }

  /** Asserts a text. */
  public GoldenCase text(String pointer, String actual) {
    assertThat(actual).as("%s %s", id(), pointer).isEqualTo(take(pointer).asText());
    return this;
  }

  /** Asserts that nothing is there where nothing is expected. */
  public GoldenCase absent(String pointer, boolean absent) {
    assertThat(take(pointer).isNull()).as("%s expects no %s", id(), pointer).isTrue();
    assertThat(absent).as("%s has no %s", id(), pointer).isTrue();
    return this;
  }

  /** Asserts a fraction such as 79/28. */
  public GoldenCase fraction(String pointer, double actual) {
    String[] parts = take(pointer).asText().split("/");
    assertThat(actual)
        .as("%s %s", id(), pointer)
        .isCloseTo(Double.parseDouble(parts[0]) / Double.parseDouble(parts[1]), within(tolerance));
    return this;
  }

  /** Asserts a metric: its value, or the reason why there is none. */
  public GoldenCase metric(String name, MetricValue actual) {
    String pointer = "/" + name;
    if (!expected(pointer).isNull()) {
      return number(pointer, actual.value());
    }
    absent(pointer, !actual.isDefined());
    return text(
        expected("/reason_" + name) != null ? "/reason_" + name : "/reason", actual.reason());
  }

  /** Expected values that nobody asserted. */
  public Set<String> open() {
    return Set.copyOf(open);
  }
}
