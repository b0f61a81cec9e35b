package dev.touchstone.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * The warm half of {@code suite_compare.py}: {@code warm-suite LABELS.npy SCORES.npy} calls the
 * math several times in one process, on the arrays that scikit-learn gets, and prints the best time
 * of each as JSON.
 */
final class WarmSuite {
  private static final int REPEATS = 15;
  private static final int[] THREADS = {1, 2};

  private WarmSuite() {}

  static void run(Path labelFile, Path scoreFile) throws IOException {
    byte[] labels = new byte[npy(labelFile, "|u1").remaining()];
    npy(labelFile, "|u1").get(labels);
    var scoreBytes = npy(scoreFile, "<f4").order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] scores = new float[scoreBytes.remaining()];
    scoreBytes.get(scores);
    var json = new StringBuilder("{");
    for (int threads : THREADS) {
      add(json, "report", threads, best(() -> SuiteBenchmark.report(scores, labels, threads)));
      add(
          json,
          "bootstrap",
          threads,
          best(() -> SuiteBenchmark.bootstrap(scores, labels, threads)));
    }
    var report = SuiteBenchmark.report(scores, labels, 1);
    json.append("\"average_precision\": ").append(report.metric("average_precision").value());
    json.append(", \"roc_auc\": ").append(report.metric("roc_auc").value());
    System.out.println(json.append("}"));
  }

  /**
   * The best of some calls.
   *
   * @param wall seconds that passed
   * @param cpu seconds that the calling thread computed, which other load hardly changes
   */
  private record Best(double wall, double cpu) {}

  private static void add(StringBuilder json, String name, int threads, Best best) {
    json.append(String.format(Locale.ROOT, "\"%s_seconds_%d\": %.6f, ", name, threads, best.wall));
    if (threads == 1) {
      json.append(String.format(Locale.ROOT, "\"%s_cpu_seconds_1\": %.6f, ", name, best.cpu));
    }
  }

  private static Best best(Supplier<Object> task) {
    var thread = ManagementFactory.getThreadMXBean();
    double wall = Double.POSITIVE_INFINITY;
    double cpu = Double.POSITIVE_INFINITY;
    for (int i = 0; i < REPEATS; i++) {
      long start = System.nanoTime();
      long cpuStart = thread.getCurrentThreadCpuTime();
      if (task.get() == null) {
        throw new IllegalStateException("no result"); // the result is used: it can't be left out
      }
      cpu = Math.min(cpu, (thread.getCurrentThreadCpuTime() - cpuStart) / 1e9);
      wall = Math.min(wall, (System.nanoTime() - start) / 1e9);
    }
    return new Best(wall, cpu);
  }

  /** The data of a one-dimensional array of a type, in version 1 of NumPy's format. */
  private static ByteBuffer npy(Path file, String type) throws IOException {
    var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int headerBytes = Short.toUnsignedInt(bytes.getShort(8));
    var header = new String(bytes.array(), 10, headerBytes, StandardCharsets.ISO_8859_1);
    if (!header.contains("'" + type + "'")) {
      throw new IOException(file + ": elements must be " + type + ", got " + header.strip());
    }
    return bytes.position(10 + headerBytes);
  }
}
