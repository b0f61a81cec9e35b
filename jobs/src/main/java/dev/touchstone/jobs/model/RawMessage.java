package dev.touchstone.jobs.model;

/**
 * A Kafka message as it came, with its coordinates.
 *
 * @param key may be null
 * @param value never null; a tombstone is an empty array
 * @param timestamp the broker's, milliseconds
 */
public record RawMessage(
    String topic, int partition, long offset, byte[] key, byte[] value, long timestamp) {}
