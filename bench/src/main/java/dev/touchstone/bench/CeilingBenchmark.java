package dev.touchstone.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What memory and the plainest loops allow, to hold the others against. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx5g", "-XX:+UseParallelGC"})
@State(Scope.Benchmark)
public class CeilingBenchmark {
  /** Threads that share the rows. */
  @Param({"1", "2"})
  public int threads;

  /** Reads every score and label once. */
  @Benchmark
  public long scan(Rows rows) {
    return Shares.sum(threads, rows.rows, (from, to) -> scan(rows.scores, rows.labels, from, to));
  }

  /** Counts both classes into 65,536 bins of the upper 16 bits of a score. */
  @Benchmark
  public long count(Rows rows) {
    return Shares.sum(threads, rows.rows, (from, to) -> count(rows.scores, rows.labels, from, to));
  }

  private static long scan(float[] scores, byte[] labels, int from, int to) {
    long bits = 0;
    for (int i = from; i < to; i++) {
      bits += Float.floatToRawIntBits(scores[i]) + labels[i];
    }
    return bits;
  }

  private static long count(float[] scores, byte[] labels, int from, int to) {
    int[] bins = new int[1 << 17];
    for (int i = from; i < to; i++) {
      bins[Float.floatToRawIntBits(scores[i]) >>> 16 << 1 | labels[i]]++;
    }
    long sum = 0;
    for (int bin = 0; bin < bins.length; bin++) {
      sum += (long) bin * bins[bin];
    }
    return sum;
  }
}
