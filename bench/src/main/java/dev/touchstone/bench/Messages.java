package dev.touchstone.bench;

import dev.touchstone.jobs.model.RawMessage;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;

/** Messages made in this process, in place of topics. */
final class Messages {
  private Messages() {}

  /**
   * The messages 0 to {@code count - 1}; at least one, since this kind of source is never empty.
   */
  static Source<RawMessage, ?, ?> of(GeneratorFunction<Long, RawMessage> messages, long count) {
    return new DataGeneratorSource<>(messages, count, Types.POJO(RawMessage.class));
  }

  /**
   * One message without key and value, which nobody takes for anything: passed over, or refused.
   */
  static Source<RawMessage, ?, ?> nothing(String topic) {
    return of(i -> new RawMessage(topic, 0, i, null, new byte[0], 0), 1);
  }
}
