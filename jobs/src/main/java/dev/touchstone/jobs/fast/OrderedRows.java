package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.DecisionSample;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.SamplingPlan;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.sampling.Estimate;
import dev.touchstone.metrics.sampling.HashOrder;
import dev.touchstone.metrics.sampling.StratumTally;
import dev.touchstone.metrics.sequential.AsymptoticSequence;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set, or a sample of one, while it arrives in {@link HashOrder}, shard by shard: then what has
 * arrived up to a level of the hash is a random sample of the set, by stratum under a plan, and has
 * an interval that holds at all levels together (a confidence sequence without replacement, methods
 * 5.4).
 *
 * <p>Levels are 1/2, 1/4, … of the hash's range. One is passed when every shard has passed it; the
 * examples below it, and no others, are what is spoken of. The first batch that is not in order, or
 * not the next of its shard, ends it for the whole set: nothing is kept and nothing is said. Of
 * fixed size for a number of shards. Not thread-safe.
 */
final class OrderedRows {

  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int LEVELS = Long.SIZE + 1;

  /** Under a plan: 1/2 to 1/16, and what is below that. A stratum's examples are soon too few. */
  private static final int SAMPLED_LEVELS = 5;

  /** State is of fixed size, and small. */
  private static final int MOST_STRATA = 64;

  /** Of a stratum, for its variance; fewer are enough where that is all it has. */
  private static final long FEWEST_OF_A_STRATUM = 5;

  private static final long ENDED = -1; // the largest key

  /** Error over all levels together. */
  private static final double ALPHA = 0.05;

  /** Boundaries are tightest at such a part of the set; below 500 examples nothing is said. */
  private static final long PLANNED_PART = 8;

  /** Variances of an example that boundaries are tuned for: poor ones cost width, not validity. */
  private static final Map<String, Double> PLANNED_VARIANCES =
      Map.of("log_loss", 0.1, "brier", 0.02, "accuracy", 0.05);

  /** The loss of a clipped probability. */
  private static final double MOST_LOSS = 16;

  private final double threshold;

  /** 0: a whole set. */
  private final int strata;

  private boolean inOrder;
  private int shards;

  /** By shard: the sequence that comes next, and the last key. */
  private final Map<Integer, long[]> places = new TreeMap<>();

  /**
   * By leading zeros of the key: level k holds those below 2^-k and not below 2^-(k+1), the last
   * one all below.
   */
  private final StratumTally[] tallies;

  private OrderedRows(double threshold, int strata) {
    this.threshold = threshold;
    this.strata = strata;
    tallies = new StratumTally[strata == 0 ? LEVELS : SAMPLED_LEVELS];
    inOrder = strata <= MOST_STRATA;
  }

  /** Nothing seen yet of a whole set. */
  static OrderedRows of(double threshold) {
    return new OrderedRows(threshold, 0);
  }

  /** Nothing seen yet of a sample; of one with more than 64 strata nothing is ever said. */
  static OrderedRows ofSample(double threshold, int strata) {
    return new OrderedRows(threshold, strata);
  }

  /** Whether all came in order so far. */
  boolean inOrder() {
    return inOrder;
  }

  /** Adds labelled rows without weights; ends it if they are not in order. */
  void fold(PredictionBatch batch) {
    if (!inOrder) {
      return;
    }
    long[] place = places.computeIfAbsent(batch.shard(), shard -> new long[2]);
    shards = batch.shards();
    if (batch.weights() != null || batch.sequence() != place[0] || !isInOrder(batch, place[1])) {
      inOrder = false;
      places.clear();
      Arrays.fill(tallies, null);
      return;
    }
    long key = place[1];
    for (int row = 0; row < batch.count(); row++) {
      key = HashOrder.key(RowDigest.id(batch, row));
      int level = Math.min(Long.numberOfLeadingZeros(key), tallies.length - 1);
      if (tallies[level] == null) {
        tallies[level] = StratumTally.of(Math.max(1, strata), threshold);
      }
      int stratum = strata == 0 ? 0 : batch.strata()[row] & 0xFF;
      tallies[level].accept(
          stratum, (float) FLOATS.get(batch.scores(), 4 * row), batch.labels()[row]);
    }
    place[0]++;
    place[1] = batch.lastOfShard() ? ENDED : key;
  }

  private static boolean isInOrder(PredictionBatch batch, long last) {
    long before = last;
    for (int row = 0; row < batch.count(); row++) {
      long key = HashOrder.key(RowDigest.id(batch, row));
      if (Long.compareUnsigned(key, before) < 0) {
        return false;
      }
      before = key;
    }
    return true;
  }

  /**
   * What the examples below the last level say.
   *
   * @param metrics log_loss, brier and accuracy, with intervals for the whole set
   * @param n examples below it
   */
  record Level(List<MetricValue> metrics, long n, long positives) {

    /** Null where there is none of that name. */
    MetricValue metric(String name) {
      return metrics.stream().filter(m -> m.name().equals(name)).findFirst().orElse(null);
    }
  }

  /**
   * Of a whole set; null before there is something to say.
   *
   * @param population null: not known
   */
  Level level(Long population) {
    StratumTally below = population == null ? null : below();
    if (below == null || below.rows() >= population) {
      return null;
    }
    List<MetricValue> metrics = new ArrayList<>();
    for (Estimate estimate : below.result(new long[] {population})) {
      Double variance = PLANNED_VARIANCES.get(estimate.name());
      if (variance != null && estimate.isDefined()) {
        metrics.add(value(estimate, variance, population, below.positives(0)));
      }
    }
    return new Level(metrics, below.rows(), below.positives(0));
  }

  /**
   * Of a sample: what it says of the populations of its strata; null before there is something to
   * say.
   */
  Level sampledLevel(SamplingPlan plan) {
    StratumTally below = below();
    if (below == null) {
      return null;
    }
    long[] populations = DecisionSample.populations(plan);
    for (int h = 0; h < strata; h++) {
      if (below.rows(h) < Math.min(FEWEST_OF_A_STRATUM, populations[h])) {
        return null;
      }
    }
    double planned = 1 / below.effectiveRows(populations);
    List<MetricValue> metrics = new ArrayList<>();
    for (Estimate estimate : below.result(populations)) {
      Double variance = PLANNED_VARIANCES.get(estimate.name());
      if (variance != null && estimate.isDefined()) {
        metrics.add(
            AsymptoticSequence.stratified(
                ALPHA,
                estimate,
                variance * planned,
                estimate.name().equals("log_loss") ? MOST_LOSS : 1));
      }
    }
    return new Level(metrics, below.rows(), positives(below));
  }

  private static long positives(StratumTally tally) {
    long positives = 0;
    for (int h = 0; h < tally.strata(); h++) {
      positives += tally.positives(h);
    }
    return positives;
  }

  /** The examples below the last level that every shard has passed; null where they are too few. */
  private StratumTally below() {
    if (!inOrder || places.size() < shards || shards == 0) {
      return null;
    }
    long passed = ENDED;
    for (long[] place : places.values()) {
      passed = Long.compareUnsigned(place[1], passed) < 0 ? place[1] : passed;
    }
    StratumTally below = StratumTally.of(Math.max(1, strata), threshold);
    for (int level = Long.numberOfLeadingZeros(passed) + 1; level < tallies.length; level++) {
      if (tallies[level] != null) {
        below.combine(tallies[level]);
      }
    }
    boolean enough =
        below.rows() >= AsymptoticSequence.FEWEST_ROWS
            && positives(below) >= AsymptoticSequence.FEWEST_POSITIVES;
    return enough ? below : null;
  }

  private static MetricValue value(
      Estimate estimate, double plannedVariance, long population, long positives) {
    long n = estimate.rows();
    long planned =
        Math.min(
            population - 1, Math.max(AsymptoticSequence.FEWEST_ROWS, population / PLANNED_PART));
    return AsymptoticSequence.withoutReplacement(ALPHA, population, planned, plannedVariance)
        .result(
            estimate.name(),
            estimate.value(),
            n,
            positives,
            n * estimate.superpopulationVariance(),
            0,
            estimate.name().equals("log_loss") ? MOST_LOSS : 1)
        .withError(Math.sqrt(estimate.finiteVariance()), Double.NaN);
  }

  /** Equal states give equal bytes. */
  byte[] toBytes() {
    List<byte[]> parts = new ArrayList<>();
    int size = 0;
    for (StratumTally tally : tallies) {
      byte[] part = tally == null ? new byte[0] : tally.toBytes();
      parts.add(part);
      size += Integer.BYTES + part.length;
    }
    ByteBuffer out =
        ByteBuffer.allocate(Double.BYTES + 1 + 3 * Integer.BYTES + 20 * places.size() + size)
            .putDouble(threshold)
            .putInt(strata)
            .put((byte) (inOrder ? 1 : 0))
            .putInt(shards)
            .putInt(places.size());
    places.forEach((shard, place) -> out.putInt(shard).putLong(place[0]).putLong(place[1]));
    parts.forEach(part -> out.putInt(part.length).put(part));
    return out.array();
  }

  /** The inverse of {@link #toBytes}. */
  static OrderedRows fromBytes(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    var rows = new OrderedRows(in.getDouble(), in.getInt());
    rows.inOrder = in.get() == 1;
    rows.shards = in.getInt();
    for (int left = in.getInt(); left > 0; left--) {
      rows.places.put(in.getInt(), new long[] {in.getLong(), in.getLong()});
    }
    for (int level = 0; level < rows.tallies.length; level++) {
      byte[] part = new byte[in.getInt()];
      in.get(part);
      rows.tallies[level] = part.length == 0 ? null : StratumTally.fromBytes(part);
    }
    return rows;
  }
}
