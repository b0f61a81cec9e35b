package dev.touchstone.bench;

import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.binary.RangeResult;
import dev.touchstone.metrics.binary.RangeScan;
import dev.touchstone.metrics.binary.RangeTask;
import dev.touchstone.metrics.binary.ResolvePlan;
import java.util.ArrayList;
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

/**
 * The two passes of a full evaluation as machines run them, on one thread: columns of bytes in,
 * every state and task through its bytes.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx5g", "-XX:+UseParallelGC"})
@State(Scope.Benchmark)
public class DistributedBenchmark {
  /** Rows of a split, which one machine counts. */
  private static final int SPLIT = 1 << 20;

  /** Whether log loss, Brier and calibration are asked for. */
  @Param({"false", "true"})
  public boolean probabilityMetrics;

  private byte[] scoreBytes;
  private BinaryOptions options;

  /** The scores as a cache segment holds them. */
  @Setup(Level.Trial)
  public void encode(Rows rows) {
    scoreBytes = Wire.littleEndian(rows.scores);
    options = BinaryOptions.defaults().withProbabilityMetrics(probabilityMetrics);
  }

  /** Pass 1. */
  @Benchmark
  public CoarseCounts count(Rows rows) {
    var total = CoarseCounts.of(options);
    for (int from = 0; from < rows.rows; from += SPLIT) {
      var part = CoarseCounts.of(options);
      part.accept(scoreBytes, 4 * from, rows.labels, from, Math.min(SPLIT, rows.rows - from));
      total.combine(CoarseCounts.fromBytes(part.toBytes()));
    }
    return total;
  }

  /** Both passes and the report. */
  @Benchmark
  public BinaryReport bothPasses(Rows rows) {
    var total = count(rows);
    var results = new ArrayList<RangeResult>();
    for (var planned : ResolvePlan.of(total, options).ranges()) {
      var scan = RangeScan.of(RangeTask.fromBytes(planned.toBytes()));
      for (int from = 0; from < rows.rows; from += SPLIT) {
        scan.accept(scoreBytes, 4 * from, rows.labels, from, Math.min(SPLIT, rows.rows - from));
      }
      results.add(RangeResult.fromBytes(scan.result().toBytes()));
    }
    return BinaryReport.assemble(total, results, options);
  }
}
