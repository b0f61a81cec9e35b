package dev.touchstone.server.forward;

import java.util.Map;

/**
 * What became of some results.
 *
 * @param delivered results that the home has now
 * @param refused results that it will not have, by reason: words of a fixed list, since each
 *     becomes a label value
 */
public record Delivered(int delivered, Map<String, Integer> refused) {

  public Delivered {
    refused = Map.copyOf(refused);
  }

  /** All were taken. */
  public static Delivered all(int count) {
    return new Delivered(count, Map.of());
  }
}
