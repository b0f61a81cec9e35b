package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.KeyedMessage;
import dev.touchstone.jobs.model.RawMessage;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** Tombstones of the topic {@code prediction-sets} → the keys of sets that were deleted. */
public final class DecodeTombstones implements FlatMapFunction<RawMessage, KeyedMessage> {

  private static final long serialVersionUID = 1L;
  private static final Pattern SET_KEY = Pattern.compile("[0-9a-f]{32}");

  @Override
  public void flatMap(RawMessage message, Collector<KeyedMessage> out) {
    if (message.value().length == 0 && message.key() != null) {
      String key = new String(message.key(), StandardCharsets.UTF_8);
      if (SET_KEY.matcher(key).matches()) {
        out.collect(new KeyedMessage(key, null));
      }
    }
  }
}
