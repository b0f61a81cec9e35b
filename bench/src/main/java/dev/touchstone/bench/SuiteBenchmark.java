package dev.touchstone.bench;

import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryReport;
import java.util.Arrays;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * What a team that checks a model with care computes today: AP, ROC AUC, F1 at 200 thresholds and
 * 1,000 bootstrap replicates, on each of 5 folds. The rows are those of all folds together.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx5g", "-XX:+UseParallelGC"})
@State(Scope.Benchmark)
public class SuiteBenchmark {
  private static final int FOLDS = 5;

  /** Threads of each step. */
  @Param("2")
  public int threads;

  /** All of it, fold after fold. */
  @Benchmark
  public void folds(Rows rows, Blackhole hole) {
    for (int fold = 0; fold < FOLDS; fold++) {
      int from = (int) ((long) rows.rows * fold / FOLDS);
      int to = (int) ((long) rows.rows * (fold + 1) / FOLDS);
      float[] scores = Arrays.copyOfRange(rows.scores, from, to);
      byte[] labels = Arrays.copyOfRange(rows.labels, from, to);
      hole.consume(report(scores, labels, threads));
      hole.consume(bootstrap(scores, labels, threads));
    }
  }

  static BinaryReport report(float[] scores, byte[] labels, int threads) {
    return BinaryEvaluation.evaluate(scores, labels, null, RankingBenchmark.ranking(threads));
  }

  static BinaryBootstrap.Result bootstrap(float[] scores, byte[] labels, int threads) {
    return BinaryBootstrap.of(
        scores,
        labels,
        new BinaryBootstrap.Options(BootstrapBenchmark.REPLICATES, 7, threads, 0.95));
  }
}
