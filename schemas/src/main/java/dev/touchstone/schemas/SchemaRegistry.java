package dev.touchstone.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;

/**
 * Writer schemas by id, from a server that speaks the Confluent schema-registry API ({@code GET
 * /schemas/ids/{id}}). An id never changes its schema, so an answer is kept for good. Thread-safe.
 */
public final class SchemaRegistry {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final URI url;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final Map<Integer, Schema> known = new ConcurrentHashMap<>();

  /**
   * @param url the registry's address, such as {@code http://registry:8081}
   */
  public SchemaRegistry(URI url) {
    this.url = url;
  }

  /**
   * The schema with that id.
   *
   * @throws MalformedMessageException if the registry knows no such schema
   * @throws IOException if the registry can't be reached: a passing fault, worth another try
   */
  public Schema byId(int id) throws MalformedMessageException, IOException {
    Schema schema = known.get(id);
    if (schema == null) {
      schema = fetch(id);
      known.put(id, schema);
    }
    return schema;
  }

  private Schema fetch(int id) throws MalformedMessageException, IOException {
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve("/schemas/ids/" + id)).timeout(TIMEOUT).build();
    try {
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() == 404) {
        throw new MalformedMessageException("the schema registry has no schema " + id);
      }
      if (response.statusCode() != 200) {
        throw new IOException(
            "schema registry " + url + " answered " + response.statusCode() + " for schema " + id);
      }
      JsonNode body = new ObjectMapper().readTree(response.body());
      return new Schema.Parser().parse(body.path("schema").asText());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while asking the schema registry", e);
    }
  }
}
