package dev.touchstone.bench;

import dev.touchstone.metrics.binary.BinaryProxy;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The update of a streaming proxy: log loss, Brier, accuracy and two histograms. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx5g", "-XX:+UseParallelGC"})
@State(Scope.Benchmark)
public class ProxyBenchmark {
  /** Rows of a batch, as a client sends them. */
  private static final int BATCH = 1 << 16;

  private byte[] scoreBytes;

  /** The scores as they come off the wire. */
  @Setup(Level.Trial)
  public void encode(Rows rows) {
    scoreBytes = Wire.littleEndian(rows.scores);
  }

  /** From arrays. */
  @Benchmark
  public BinaryProxy arrays(Rows rows) {
    var proxy = BinaryProxy.of(0.5);
    for (int from = 0; from < rows.rows; from += BATCH) {
      proxy.accept(rows.scores, rows.labels, from, Math.min(rows.rows, from + BATCH));
    }
    return proxy;
  }

  /** From the bytes of a batch. */
  @Benchmark
  public BinaryProxy bytes(Rows rows) {
    var proxy = BinaryProxy.of(0.5);
    for (int from = 0; from < rows.rows; from += BATCH) {
      proxy.accept(scoreBytes, 4 * from, rows.labels, from, Math.min(BATCH, rows.rows - from));
    }
    return proxy;
  }
}
