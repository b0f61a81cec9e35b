package dev.touchstone.bench;

import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.Suite;
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

/** Average precision, ROC AUC and the sweep of arrays in memory. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx5g", "-XX:+UseParallelGC"})
@State(Scope.Benchmark)
public class RankingBenchmark {
  /** Threads of the evaluation. */
  @Param({"1", "2"})
  public int threads;

  /** AP, ROC AUC, KS, best F1, the vertices of the curve, the sweep at 200 thresholds. */
  @Benchmark
  public BinaryReport ranking(Rows rows) {
    return BinaryEvaluation.evaluate(rows.scores, rows.labels, null, ranking(threads));
  }

  /** All of a report: every area, operating point, loss, calibration and interval. */
  @Benchmark
  public BinaryReport full(Rows rows) {
    return BinaryEvaluation.evaluate(
        rows.scores, rows.labels, null, BinaryOptions.defaults().withThreads(threads));
  }

  static BinaryOptions ranking(int threads) {
    return BinaryOptions.defaults()
        .withThreads(threads)
        .withProbabilityMetrics(false)
        .withSuite(Suite.RANKING);
  }
}
