package dev.touchstone.server.kafka;

import dev.touchstone.server.view.TopicRecord;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Makes the view's records of Kafka's. */
final class Records {

  private Records() {}

  static TopicRecord convert(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new HashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), text(header.value()));
    }
    return new TopicRecord(
        record.topic(), text(record.key()), record.value(), headers, record.timestamp());
  }

  private static String text(byte[] utf8) {
    return utf8 == null ? "" : new String(utf8, StandardCharsets.UTF_8);
  }
}
