package dev.touchstone.bench;

import dev.touchstone.metrics.SplitMix64;
import dev.touchstone.metrics.binary.BinaryBootstrap;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The row bootstrap of average precision and ROC AUC. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx5g", "-XX:+UseParallelGC"})
@State(Scope.Benchmark)
public class BootstrapBenchmark {
  /** Replicates of {@link #collapsed}. */
  static final int REPLICATES = 1_000;

  /** Replicates of {@link #naive}: a thousand would take minutes. */
  static final int NAIVE_REPLICATES = 20;

  private static final long SEED = 7;

  /** Poisson(1) cumulative probabilities, in units of 2^-32. */
  private static final long[] POISSON = poisson();

  /** Threads that share the replicates. */
  @Param("2")
  public int threads;

  private byte[] descending;

  /** 1,000 replicates from the raw arrays, counting included. */
  @Benchmark
  public BinaryBootstrap.Result collapsed(Rows rows) {
    return BinaryBootstrap.of(
        rows.scores, rows.labels, new BinaryBootstrap.Options(REPLICATES, SEED, threads, 0.95));
  }

  /** The labels in descending order of score; scores are taken to be distinct. */
  @Setup(Level.Trial)
  public void sort(Rows rows) {
    long[] keys = new long[rows.rows];
    for (int i = 0; i < keys.length; i++) {
      // scores lie in [0, 1]: their bits are in their order
      keys[i] = (long) Float.floatToRawIntBits(rows.scores[i]) << 1 | rows.labels[i];
    }
    Arrays.parallelSort(keys);
    descending = new byte[keys.length];
    for (int i = 0; i < keys.length; i++) {
      descending[i] = (byte) (keys[keys.length - 1 - i] & 1);
    }
  }

  /**
   * 20 replicates (multiply by 50) of the usual way: rows sorted once and outside of the
   * measurement, then for each replicate a Poisson(1) weight a row.
   */
  @Benchmark
  public long naive(Rows rows) {
    return Shares.sum(
        threads,
        NAIVE_REPLICATES,
        (from, to) -> {
          double sum = 0;
          for (int replicate = from; replicate < to; replicate++) {
            sum += replicate(descending, replicate);
          }
          return (long) (sum * 1e9);
        });
  }

  private static double replicate(byte[] labels, int replicate) {
    long seed = SplitMix64.at(SEED, replicate);
    long tp = 0;
    long all = 0;
    double sum = 0;
    for (int i = 0; i < labels.length; i += 2) {
      // one output of the generator is enough for two rows
      long bits = SplitMix64.at(seed, i);
      int weight = weight(bits >>> 32);
      all += weight;
      if (labels[i] == 1 && weight > 0) {
        tp += weight;
        sum += weight * ((double) tp / all);
      }
      if (i + 1 < labels.length) {
        weight = weight(bits & 0xFFFF_FFFFL);
        all += weight;
        if (labels[i + 1] == 1 && weight > 0) {
          tp += weight;
          sum += weight * ((double) tp / all);
        }
      }
    }
    return sum / tp;
  }

  private static int weight(long bits) {
    int weight = 0;
    while (bits >= POISSON[weight]) {
      weight++;
    }
    return weight;
  }

  private static long[] poisson() {
    long[] cumulative = new long[16];
    double p = Math.exp(-1);
    double sum = 0;
    for (int k = 0; k < cumulative.length; k++) {
      sum += p;
      p /= k + 1;
      cumulative[k] = (long) (sum * 0x1p32);
    }
    cumulative[cumulative.length - 1] = Long.MAX_VALUE;
    return cumulative;
  }
}
