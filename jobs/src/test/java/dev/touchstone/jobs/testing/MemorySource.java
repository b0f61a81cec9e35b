package dev.touchstone.jobs.testing;

import dev.touchstone.jobs.model.RawMessage;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;

/** Messages from a list of this JVM, each once, then the end. */
public final class MemorySource {

  private static final Map<Integer, List<RawMessage>> LISTS = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private MemorySource() {}

  /** A topic of prediction sets from which none was deleted. No source may be empty. */
  public static Source<RawMessage, ?, ?> noTombstones() {
    return of(List.of(new RawMessage("prediction-sets", 0, 0, null, new byte[] {'{', '}'}, 0)));
  }

  public static Source<RawMessage, ?, ?> of(List<RawMessage> messages) {
    int list = NEXT.incrementAndGet();
    LISTS.put(list, List.copyOf(messages));
    return new DataGeneratorSource<>(
        index -> LISTS.get(list).get(index.intValue()),
        messages.size(),
        TypeInformation.of(RawMessage.class));
  }
}
