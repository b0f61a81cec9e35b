package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Stratum;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.metrics.LatencyHistogram;
import dev.touchstone.metrics.stopping.ScoreSpread;

/** The vitals of an arriving prediction set: a mutable bean of Flink state. */
public class SetWatch {

  // public: Flink's POJO serializer
  public ScoreSpread spread = ScoreSpread.START;

  /** By bin of a {@link LatencyHistogram}; null before the first. */
  public long[] latencies;

  public long peakMemoryBytes = -1;

  /** -1 without a plan. */
  public long population = -1;

  public boolean binary;

  public SetWatch() {}

  void accept(PredictionBatch batch) {
    binary = batch.set().task() == Task.BINARY;
    if (binary) {
      spread = spread.with(batch.scores());
    }
    if (batch.plan() != null) {
      population = 0;
      for (Stratum stratum : batch.plan().strata()) {
        population += stratum.population();
      }
    }
    if (batch.inference() == null) {
      return;
    }
    if (batch.inference().latencyMicros().length > 0) {
      LatencyHistogram histogram =
          latencies == null ? LatencyHistogram.of() : LatencyHistogram.of(latencies);
      for (long micros : batch.inference().latencyMicros()) {
        histogram.accept(micros);
      }
      latencies = histogram.counts();
    }
    if (batch.inference().peakMemoryBytes() != null) {
      peakMemoryBytes = Math.max(peakMemoryBytes, batch.inference().peakMemoryBytes());
    }
  }

  Vitals vitals(long rows) {
    LatencyHistogram histogram =
        latencies == null ? LatencyHistogram.of() : LatencyHistogram.of(latencies);
    return new Vitals(
        rows,
        population < 0 ? rows : Math.max(population, rows),
        binary ? spread.distinct() : -1,
        binary ? spread.deviation() : Double.NaN,
        histogram.n(),
        histogram.n() == 0 ? 0 : histogram.quantile(0.99),
        histogram.quantileAtLeast(0.99, 0.95),
        peakMemoryBytes);
  }
}
