package dev.touchstone.jobs.model;

import java.util.Map;

/**
 * A Kafka message as it came, with its coordinates.
 *
 * @param key may be null
 * @param value never null; a tombstone is an empty array
 * @param timestamp the broker's, milliseconds
 * @param headers those of a CloudEvent and the content type, as text; mostly empty
 */
public record RawMessage(
    String topic,
    int partition,
    long offset,
    byte[] key,
    byte[] value,
    long timestamp,
    Map<String, String> headers) {

  /** A message without headers. */
  public RawMessage(
      String topic, int partition, long offset, byte[] key, byte[] value, long timestamp) {
    this(topic, partition, offset, key, value, timestamp, Map.of());
  }
}
