package dev.touchstone.server.view;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

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
    Stored stored = new Stored(outcome, compress(json));
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
    return stored == null ? null : decompress(stored.gzip);
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

  private static byte[] compress(byte[] json) {
    var out = new ByteArrayOutputStream(json.length / 4 + 64);
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException("compressing in memory failed", e);
    }
    return out.toByteArray();
  }

  private static byte[] decompress(byte[] gzip) {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("decompressing in memory failed", e);
    }
  }
}
