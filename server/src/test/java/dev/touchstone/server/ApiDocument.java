package dev.touchstone.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * openapi.json as the judge of answers: every one that a test's server gives is held against it,
 * whatever the test is about.
 */
public final class ApiDocument {

  private static final String PROBLEM = "application/problem+json";
  // said before any route sees the request: too long a line, too many headers
  private static final Set<Integer> ANYWHERE = Set.of(414, 431);
  private static final JsonNode DOCUMENT = read();
  private static final Map<JsonNode, JsonSchema> COMPILED = new ConcurrentHashMap<>();

  private ApiDocument() {}

  private static JsonNode read() {
    try (InputStream in = ApiDocument.class.getResourceAsStream("openapi.json")) {
      return Json.MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The document itself. */
  public static JsonNode json() {
    return DOCUMENT;
  }

  /** Every answer that is described, as {@code GET /v1/runs 200}. */
  public static TreeSet<String> answers() {
    var answers = new TreeSet<String>();
    DOCUMENT
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        operation ->
                            operation
                                .getValue()
                                .get("responses")
                                .fieldNames()
                                .forEachRemaining(
                                    status ->
                                        answers.add(
                                            operation.getKey().toUpperCase(Locale.ROOT)
                                                + " "
                                                + path.getKey()
                                                + " "
                                                + status))));
    return answers;
  }

  /** The path as the document writes it, or null where it has no such path. */
  public static String template(String rawPath) {
    for (String path : (Iterable<String>) () -> DOCUMENT.get("paths").fieldNames()) {
      if (rawPath.matches(path.replaceAll("\\{[a-z_]+}", "[^/]+"))) {
        return path;
      }
    }
    return null;
  }

  /** What of an answer is not as described; empty where all is well. */
  public static List<String> violations(HttpResponse<String> response) {
    String path = template(response.request().uri().getRawPath());
    if (path == null || ANYWHERE.contains(response.statusCode())) {
      // the page's files, and refusals of what is not there
      return response.statusCode() < 400 ? List.of() : problem(response);
    }
    JsonNode operation =
        DOCUMENT.get("paths").get(path).get(response.request().method().toLowerCase(Locale.ROOT));
    if (operation == null) {
      List<String> wrong = problem(response);
      if (response.statusCode() != 405 || response.headers().firstValue("Allow").isEmpty()) {
        wrong.add("a method that is not there must be a 405 with Allow");
      }
      return wrong;
    }
    JsonNode described =
        resolved(operation.get("responses").path(String.valueOf(response.statusCode())));
    if (described.isMissingNode()) {
      return List.of("status " + response.statusCode() + " is not described: " + response.body());
    }
    List<String> wrong = headers(described, response);
    JsonNode content = described.path("content");
    String type = response.headers().firstValue("Content-Type").orElse("").split(";")[0];
    if (content.isMissingNode()) {
      if (!response.body().isEmpty()) {
        wrong.add("no body is described, got " + response.body());
      }
    } else if (!content.has(type)) {
      wrong.add("Content-Type " + type + " is not described");
    } else {
      wrong.addAll(violations(content.get(type).get("schema"), body(response, type)));
    }
    return wrong;
  }

  /** What of a value is not as a schema of the document says. */
  public static List<String> violations(JsonNode schema, JsonNode value) {
    return COMPILED.computeIfAbsent(schema, ApiDocument::compile).validate(value).stream()
        .map(Object::toString)
        .toList();
  }

  private static JsonSchema compile(JsonNode schema) {
    // the schema on its own, with the document's components beside it
    ObjectNode whole = schema.deepCopy();
    whole.set("components", DOCUMENT.get("components"));
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole);
  }

  private static List<String> problem(HttpResponse<String> response) {
    List<String> wrong = new ArrayList<>();
    String type = response.headers().firstValue("Content-Type").orElse("");
    if (!type.equals(PROBLEM)) {
      wrong.add("an error must be " + PROBLEM + ", got " + type + ": " + response.body());
      return wrong;
    }
    JsonNode body = body(response, PROBLEM);
    wrong.addAll(violations(DOCUMENT.at("/components/schemas/Problem"), body));
    if (body.path("status").asInt() != response.statusCode()) {
      wrong.add("status must be the answer's, got " + body.path("status"));
    }
    return wrong;
  }

  private static List<String> headers(JsonNode described, HttpResponse<String> response) {
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<String, JsonNode> header : described.path("headers").properties()) {
      JsonNode rule = resolved(header.getValue());
      String value = response.headers().firstValue(header.getKey()).orElse(null);
      if (value != null) {
        boolean number = rule.at("/schema/type").asText().equals("integer");
        JsonNode node = number ? Json.MAPPER.valueToTree(Long.valueOf(value)) : new TextNode(value);
        violations(rule.get("schema"), node).forEach(v -> wrong.add(header.getKey() + ": " + v));
      } else if (rule.path("required").asBoolean()) {
        wrong.add("header " + header.getKey() + " is missing");
      }
    }
    return wrong;
  }

  private static JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? DOCUMENT.at(node.get("$ref").asText().substring(1)) : node;
  }

  private static JsonNode body(HttpResponse<String> response, String type) {
    if (!type.endsWith("json")) {
      return new TextNode(response.body());
    }
    try {
      return Json.MAPPER.readTree(response.body());
    } catch (IOException e) {
      throw new AssertionError(response.body(), e);
    }
  }
}
