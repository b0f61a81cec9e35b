package dev.touchstone.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/** A sink into this process, and when each element came. */
final class Collected<T> implements Sink<T> {
  private static final long serialVersionUID = 1L;
  private static final Map<Integer, List<Object>> LISTS = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final int list = NEXT.incrementAndGet();

  /** An element and {@link System#nanoTime} of its arrival. */
  record Arrival(Object element, long nanos) {}

  Collected() {
    LISTS.put(list, new CopyOnWriteArrayList<>());
  }

  @SuppressWarnings("unchecked")
  List<T> elements() {
    return LISTS.get(list).stream().map(a -> (T) ((Arrival) a).element).toList();
  }

  long lastNanos() {
    var arrivals = LISTS.get(list);
    return ((Arrival) arrivals.get(arrivals.size() - 1)).nanos;
  }

  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) {
    var target = LISTS.get(list);
    return new SinkWriter<>() {
      @Override
      public void write(T element, Context elementContext) {
        target.add(new Arrival(element, System.nanoTime()));
      }

      @Override
      public void flush(boolean endOfInput) {}

      @Override
      public void close() {}
    };
  }
}
