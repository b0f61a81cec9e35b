package dev.touchstone.server.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How many requests were answered, by status. */
final class RequestCounts {

  private final Map<Integer, LongAdder> byStatus = new ConcurrentHashMap<>();

  void answered(int status) {
    byStatus.computeIfAbsent(status, s -> new LongAdder()).increment();
  }

  Map<String, Long> byStatus() {
    Map<String, Long> counts = new TreeMap<>();
    byStatus.forEach((status, count) -> counts.put(Integer.toString(status), count.sum()));
    return counts;
  }
}
