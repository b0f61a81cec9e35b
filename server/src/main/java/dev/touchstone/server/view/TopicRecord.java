package dev.touchstone.server.view;

import java.util.Map;

/**
 * One message of one topic, as it came.
 *
 * @param topic full name, prefix included
 * @param key null or UTF-8 text
 * @param value the bytes; null is a tombstone
 * @param headers UTF-8 text by name; the last wins where a name repeats
 * @param timestampMillis when the message was written, milliseconds since the epoch
 */
public record TopicRecord(
    String topic, String key, byte[] value, Map<String, String> headers, long timestampMillis) {

  public TopicRecord {
    headers = Map.copyOf(headers);
  }
}
