package dev.touchstone.jobs.testing;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  private final Wanted<T> wanted;

  /** Which elements are kept. */
  public interface Wanted<T> extends Serializable {
    boolean test(T element);
  }

  public CollectingSink() {
    this(element -> true);
  }

  /** Keeps some, of many. */
  public CollectingSink(Wanted<T> wanted) {
    this.wanted = wanted;
    LISTS.put(list, Collections.synchronizedList(new ArrayList<>()));
  }

  /** What has been collected so far. */
  @SuppressWarnings("unchecked")
  public List<T> collected() {
    List<Object> all = LISTS.get(list);
    synchronized (all) {
      return (List<T>) List.copyOf(all);
    }
  }

  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) {
    List<Object> target = LISTS.get(list);
    return new SinkWriter<>() {
      @Override
      public void write(T element, Context elementContext) {
        if (wanted.test(element)) {
          target.add(element);
        }
      }

      @Override
      public void flush(boolean endOfInput) {}

      @Override
      public void close() {}
    };
  }
}
