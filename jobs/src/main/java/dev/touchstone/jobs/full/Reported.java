package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.RawMessage;
import java.nio.charset.StandardCharsets;

/**
 * The topic {@code reports} has taken an outcome.
 *
 * @param key a report key, or the id of a trigger that ended without one
 */
public record Reported(String key, long timestampMillis) {

  public static Reported of(RawMessage message) {
    byte[] key = message.key();
    return new Reported(
        key == null ? "" : new String(key, StandardCharsets.UTF_8), message.timestamp());
  }
}
