package dev.touchstone.bench;

import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.binary.RangeResult;
import dev.touchstone.metrics.binary.RangeScan;
import dev.touchstone.metrics.binary.ResolvePlan;
import java.util.ArrayList;
import java.util.List;
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

/** What intervals cost once rows are counted. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx5g", "-XX:+UseParallelGC"})
@State(Scope.Benchmark)
public class IntervalBenchmark {
  private final BinaryOptions options = BinaryOptions.defaults().withProbabilityMetrics(false);
  private CoarseCounts total;
  private List<RangeResult> results;

  /** Counts and resolves: what a report is put together from. */
  @Setup(Level.Trial)
  public void count(Rows rows) {
    total = CoarseCounts.of(options);
    total.accept(rows.scores, rows.labels, 0, rows.rows);
    results = new ArrayList<>();
    for (var task : ResolvePlan.of(total, options).ranges()) {
      var scan = RangeScan.of(task);
      scan.accept(rows.scores, rows.labels, 0, rows.rows);
      results.add(scan.result());
    }
  }

  /** The whole report with its intervals: influence and DeLong, Wilson, the sweep. */
  @Benchmark
  public BinaryReport assemble() {
    return BinaryReport.assemble(total, results, options);
  }
}
