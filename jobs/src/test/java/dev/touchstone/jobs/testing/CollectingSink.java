package dev.touchstone.jobs.testing;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/** Keeps what a topology emits in a list of this JVM. */
public final class CollectingSink<T> implements Sink<T> {

  private static final long serialVersionUID = 1L;
  private static final Map<Integer, List<Object>> LISTS = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final int list = NEXT.incrementAndGet();

  public CollectingSink() {
    LISTS.put(list, new CopyOnWriteArrayList<>());
  }

  /** What has been collected so far. */
  @SuppressWarnings("unchecked")
  public List<T> collected() {
    return (List<T>) List.copyOf(LISTS.get(list));
  }

  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) {
    List<Object> target = LISTS.get(list);
    return new SinkWriter<>() {
      @Override
      public void write(T element, Context elementContext) {
        target.add(element);
      }

      @Override
      public void flush(boolean endOfInput) {}

      @Override
      public void close() {}
    };
  }
}
