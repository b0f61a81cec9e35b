package dev.touchstone.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.touchstone.server.view.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Where an item stands in a list, whatever else the list holds: the newest first, then by name. A
 * page begins after the place where the one before it ended, so that items which come and go
 * between the two neither shift nor repeat the rest, and any server that knows the same can answer.
 *
 * @param time milliseconds since the epoch; the same for all where time has no say
 * @param names compared one after the other; as many in each place of a list
 */
record Place(long time, List<String> names) implements Comparable<Place> {

  // five names of 256 characters of three bytes each, four letters for every three bytes, and some
  private static final int MAX_CHARACTERS = 6_000;
  private static final ObjectReader STRICT =
      Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  Place {
    names = List.copyOf(names);
  }

  static Place of(long time, String... names) {
    return new Place(time, List.of(names));
  }

  @Override
  public int compareTo(Place other) {
    int order = Long.compare(other.time, time);
    for (int i = 0; order == 0 && i < Math.min(names.size(), other.names.size()); i++) {
      order = names.get(i).compareTo(other.names.get(i));
    }
    return order != 0 ? order : Integer.compare(names.size(), other.names.size());
  }

  /** As a client carries it from page to page. */
  String cursor(String list) {
    ArrayNode parts = JsonNodeFactory.instance.arrayNode().add(list).add(time);
    names.forEach(parts::add);
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(parts.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * What {@link #cursor} gave; null for null.
   *
   * @throws Problem 400 for anything else
   */
  static Place parse(String list, String cursor) {
    if (cursor == null) {
      return null;
    }
    Place place = cursor.length() > MAX_CHARACTERS ? null : decode(list, cursor);
    if (place == null) {
      throw Problem.invalid(
          "cursor",
          "must be taken from the Link header of a page of this list",
          Inputs.quoted(Inputs.printable(cursor)));
    }
    return place;
  }

  private static Place decode(String list, String cursor) {
    JsonNode parts;
    try {
      parts =
          STRICT.readTree(
              new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException | JsonProcessingException e) {
      return null;
    }
    boolean ours =
        parts.isArray()
            && parts.size() > 2
            && parts.get(0).isTextual()
            && parts.get(0).textValue().equals(list)
            && parts.get(1).canConvertToLong()
            && parts.get(1).isIntegralNumber();
    List<String> names = new ArrayList<>();
    for (int i = 2; ours && i < parts.size(); i++) {
      ours = parts.get(i).isTextual();
      names.add(parts.get(i).textValue());
    }
    return ours ? new Place(parts.get(1).longValue(), names) : null;
  }
}
