package dev.touchstone.server.view;

import java.util.LinkedHashMap;
import java.util.Map;

/** Report bodies by report key, compressed; past its bytes the oldest goes. */
final class ReportStore {

  private record Stored(Outcome outcome, byte[] gzip) {}

  private final Map<String, Stored> reports = new LinkedHashMap<>();
  private final long capacity;
  private long bytes;
  private long dropped;

  ReportStore(long capacity) {
    this.capacity = capacity;
  }

  void put(Outcome outcome, byte[] json) {
    Stored old = reports.remove(outcome.reportKey());
    if (old != null) {
      bytes -= old.gzip.length;
    }
    Stored stored = new Stored(outcome, Gzip.compress(json));
    reports.put(outcome.reportKey(), stored);
    bytes += stored.gzip.length;
    var oldest = reports.entrySet().iterator();
    // the newest stays, however large it is: a report that was just made must be readable
    while (bytes > capacity && reports.size() > 1) {
      bytes -= oldest.next().getValue().gzip.length;
      oldest.remove();
      dropped++;
    }
  }

  /** The body's JSON, or null. */
  byte[] body(String reportKey) {
    Stored stored = reports.get(reportKey);
    return stored == null ? null : Gzip.decompress(stored.gzip);
  }

  /** The outcome that brought the report, or null. */
  Outcome outcome(String reportKey) {
    Stored stored = reports.get(reportKey);
    return stored == null ? null : stored.outcome;
  }

  int size() {
    return reports.size();
  }

  long bytes() {
    return bytes;
  }

  long dropped() {
    return dropped;
  }
}
