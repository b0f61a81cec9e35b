package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.DecisionSample;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.SamplingPlan;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.sampling.HashSample;
import dev.touchstone.metrics.sampling.SampleMetrics;
import dev.touchstone.metrics.sampling.StratumTally;
import dev.touchstone.metrics.sampling.TierOne;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is kept of a set under a sampling plan beside its {@link
 * dev.touchstone.metrics.binary.BinaryProxy}: sums by stratum, for estimates that know how many
 * examples a stratum has, and the rows that model checkpoints are compared on. Rows with weights of
 * their own are left to Hájek's estimator. Mergeable, of fixed size. Not thread-safe.
 */
final class SampledProxy {

  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final double LEVEL = 0.95;

  private final float threshold;
  private final StratumTally tally;
  private final HashSample rows;
  private boolean weighted;

  private SampledProxy(float threshold, StratumTally tally, HashSample rows, boolean weighted) {
    this.threshold = threshold;
    this.tally = tally;
    this.rows = rows;
    this.weighted = weighted;
  }

  /** Nothing seen yet. */
  static SampledProxy of(int strata, double threshold, int sampleRows) {
    return new SampledProxy(
        (float) threshold, StratumTally.of(strata, threshold), HashSample.of(sampleRows), false);
  }

  /** Adds labelled rows of a sample. */
  void fold(PredictionBatch batch) {
    if (batch.weights() != null) {
      weighted = true;
      return;
    }
    byte[] scores = batch.scores();
    for (int row = 0; row < batch.count(); row++) {
      float score = (float) FLOATS.get(scores, 4 * row);
      byte label = batch.labels()[row];
      byte stratum = batch.strata()[row];
      tally.accept(stratum & 0xFF, score, label);
      rows.accept(RowDigest.id(batch, row), score, label, stratum);
    }
  }

  /**
   * The metrics of a complete sample: post-stratified, but for the rankings of a sample that is
   * larger than what is kept of it.
   *
   * @param hajek of all rows, with nominal rates
   */
  List<MetricValue> metrics(List<MetricValue> hajek, SamplingPlan plan) {
    long[] populations = DecisionSample.populations(plan);
    Map<String, MetricValue> better = new HashMap<>();
    if (!weighted) {
      tally
          .result(populations)
          .forEach(estimate -> better.put(estimate.name(), TierOne.level(estimate, LEVEL)));
      if (rows.holdsAll()) {
        SampleMetrics ranks =
            SampleMetrics.of(rows.rows(), populations, DecisionSample.rates(plan), threshold);
        for (String metric : List.of("average_precision", "roc_auc")) {
          better.put(metric, TierOne.level(ranks.level(metric), LEVEL));
        }
      }
    }
    List<MetricValue> metrics = new ArrayList<>();
    for (MetricValue metric : hajek) {
      metrics.add(better.getOrDefault(metric.name(), supported(metric, plan)));
    }
    return metrics;
  }

  /** Average precision needs negatives that were chosen (methods 3.7). */
  MetricValue supported(MetricValue metric, SamplingPlan plan) {
    boolean precision = metric.name().equals("average_precision") && metric.isDefined();
    return precision && !weighted && !tally.negativesChosen(DecisionSample.rates(plan))
        ? MetricValue.undefined(metric.name(), "uniform_negatives")
        : metric;
  }

  /**
   * Mean log loss and accuracy of one stratum.
   *
   * @param n examples sampled
   */
  record StratumPoint(String stratum, MetricValue metric, long n, long positives) {}

  /** Of every stratum with examples; none where rows have weights of their own. */
  List<StratumPoint> byStratum(SamplingPlan plan) {
    List<StratumPoint> points = new ArrayList<>();
    if (weighted) {
      return points;
    }
    for (int h = 0; h < tally.strata(); h++) {
      if (tally.rows(h) > 0) {
        for (var estimate : tally.result(h, plan.strata().get(h).population())) {
          points.add(
              new StratumPoint(
                  plan.strata().get(h).name(),
                  TierOne.level(estimate, LEVEL),
                  tally.rows(h),
                  tally.positives(h)));
        }
      }
    }
    return points;
  }

  /** The rows to compare on; null where there are none that could be. */
  DecisionSample sample(SamplingPlan plan) {
    if (weighted || tally.rows() == 0) {
      return null;
    }
    HashSample.Rows kept = rows.rows();
    return new DecisionSample(
        plan, threshold, kept.ids(), kept.scores(), kept.labels(), kept.strata());
  }

  /** Versioned within; equal states give equal bytes. */
  byte[] toBytes() {
    byte[] sums = tally.toBytes();
    byte[] kept = rows.toBytes();
    return ByteBuffer.allocate(9 + sums.length + kept.length)
        .putFloat(threshold)
        .put((byte) (weighted ? 1 : 0))
        .putInt(sums.length)
        .put(sums)
        .put(kept)
        .array();
  }

  /** The inverse of {@link #toBytes}. */
  static SampledProxy fromBytes(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    float threshold = in.getFloat();
    boolean weighted = in.get() == 1;
    byte[] sums = new byte[in.getInt()];
    in.get(sums);
    byte[] kept = new byte[in.remaining()];
    in.get(kept);
    return new SampledProxy(
        threshold, StratumTally.fromBytes(sums), HashSample.fromBytes(kept), weighted);
  }
}
