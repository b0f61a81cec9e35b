package dev.touchstone.jobs.testing;

import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SamplingPlan;
import dev.touchstone.schemas.avro.Stratum;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Runs without change: over the whole evaluation set each model checkpoint has the same scores,
 * dealt to other examples of the same class, so that every metric is exactly the same; and of each
 * only the same sample of examples is scored.
 */
public final class NullRuns {

  private static final int POSITIVES = 400;
  private static final int NEGATIVES = 8_000;
  private static final double POSITIVE_RATE = 0.5;
  private static final double NEGATIVE_RATE = 0.05;

  private static final ThreadLocal<Codec<PredictionBatch>> CODEC =
      ThreadLocal.withInitial(() -> Codec.of(PredictionBatch.class));

  private NullRuns() {}

  /** The whole sampled set of model checkpoint {@code i / runs} of run {@code i % runs}. */
  public static RawMessage message(long i, int runs) {
    long run = i % runs;
    long step = 1 + i / runs;
    SplittableRandom sampled = new SplittableRandom(7_000 + run);
    int[] positives = sample(sampled, POSITIVES, POSITIVE_RATE);
    int[] negatives = sample(sampled, NEGATIVES, NEGATIVE_RATE);
    SplittableRandom dealt = new SplittableRandom(1_000_000 * run + step);
    int count = positives.length + negatives.length;
    ByteBuffer ids = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer scores = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    byte[] labels = new byte[count];
    byte[] strata = new byte[count];
    int row = 0;
    float[] ofPositives = deal(dealt, POSITIVES, positives.length, 1.0);
    float[] ofNegatives = deal(dealt, NEGATIVES, negatives.length, -1.0);
    for (int k = 0; k < positives.length; k++) {
      ids.putLong(positives[k]);
      scores.putFloat(ofPositives[k]);
      labels[row++] = 1;
    }
    for (int k = 0; k < negatives.length; k++) {
      ids.putLong(POSITIVES + negatives[k]);
      scores.putFloat(ofNegatives[k]);
      strata[row++] = 1;
    }
    return WireBatches.message(
        CODEC
            .get()
            .encode(
                PredictionBatch.newBuilder()
                    .setRunId("run-" + run)
                    .setCheckpoint(
                        ModelCheckpoint.newBuilder().setId("step-" + step).setStep(step).build())
                    .setEvaluationSet(EvaluationSet.newBuilder().setId("val").build())
                    .setSamplingPlan(
                        SamplingPlan.newBuilder()
                            .setSeed(7_000 + run)
                            .setStrata(
                                List.of(
                                    new Stratum("positives", POSITIVE_RATE, (long) POSITIVES),
                                    new Stratum("negatives", NEGATIVE_RATE, (long) NEGATIVES)))
                            .build())
                    .setShard(0)
                    .setShards(1)
                    .setSequence(0)
                    .setLastOfShard(true)
                    .setTask(Task.BINARY)
                    .setCount(count)
                    .setExampleIds(ids.flip())
                    .setLabels(ByteBuffer.wrap(labels))
                    .setLabelEncoding(LabelEncoding.U8)
                    .setScores(scores.flip())
                    .setStrata(ByteBuffer.wrap(strata))
                    .setEmittedAt(Instant.EPOCH)
                    .build()),
        i);
  }

  private static int[] sample(SplittableRandom random, int size, double rate) {
    return java.util.stream.IntStream.range(0, size)
        .filter(example -> random.nextDouble() < rate)
        .toArray();
  }

  /** Some of the class' scores, each once: those of its examples that are in the sample. */
  private static float[] deal(SplittableRandom random, int size, int count, double shift) {
    int[] ranks = java.util.stream.IntStream.range(0, size).toArray();
    float[] scores = new float[count];
    for (int k = 0; k < count; k++) {
      int other = k + random.nextInt(size - k);
      int rank = ranks[other];
      ranks[other] = ranks[k];
      double quantile = (rank + 0.5) / size;
      double logit = shift + Math.log(quantile / (1 - quantile));
      scores[k] = (float) (1 / (1 + Math.exp(-logit)));
    }
    return scores;
  }
}
