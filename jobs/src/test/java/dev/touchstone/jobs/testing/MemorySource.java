package dev.touchstone.jobs.testing;

import dev.touchstone.jobs.model.RawMessage;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;

/** Messages from a list of this JVM, each once, then the end. */
public final class MemorySource {

  private static final Map<Integer, List<RawMessage>> LISTS = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private MemorySource() {}

  /**
   * No messages but an empty one, which nobody takes for anything: a source here has one at least.
   */
  public static Source<RawMessage, ?, ?> nothing() {
    return of(List.of(new RawMessage("nothing", 0, 0, null, new byte[0], 0)));
  }

  /**
   * Messages of a list that may grow meanwhile, and no end: as a topic. After a restart, and with
   * each further reader, they come again.
   */
  public static Source<RawMessage, ?, ?> live(List<RawMessage> messages) {
    int list = NEXT.incrementAndGet();
    LISTS.put(list, messages);
    return new DataGeneratorSource<>(
        new Following(list),
        Long.MAX_VALUE,
        RateLimiterStrategy.perSecond(1_000),
        TypeInformation.of(RawMessage.class));
  }

  private static final class Following implements GeneratorFunction<Long, RawMessage> {

    private static final long serialVersionUID = 1L;

    private final int list;
    private int next;

    Following(int list) {
      this.list = list;
    }

    @Override
    public RawMessage map(Long index) {
      List<RawMessage> messages = LISTS.get(list);
      return next < messages.size()
          ? messages.get(next++)
          : new RawMessage("nothing", 0, 0, null, new byte[0], 0);
    }
  }

  /** Messages that are made one by one. */
  public static Source<RawMessage, ?, ?> made(
      GeneratorFunction<Long, RawMessage> messages, long count) {
    return new DataGeneratorSource<>(messages, count, TypeInformation.of(RawMessage.class));
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
