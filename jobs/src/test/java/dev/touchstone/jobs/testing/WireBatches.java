package dev.touchstone.jobs.testing;

import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SamplingPlan;
import dev.touchstone.schemas.avro.SliceColumn;
import dev.touchstone.schemas.avro.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A made-up prediction set as the training side would send it. */
public final class WireBatches {

  public final float[] scores;
  public final byte[] labels;
  public String checkpoint = "step-8";
  public long step = 8;
  public Integer fold;
  public long firstId;

  /** Code of each row by slice column; empty: no slices. */
  public final Map<String, byte[]> slices = new LinkedHashMap<>();

  private final Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);

  private WireBatches(float[] scores, byte[] labels) {
    this.scores = scores;
    this.labels = labels;
  }

  /** {@code rows} seeded rows, a tenth positive, scores on a grid so that ties are common. */
  public static WireBatches random(long seed, int rows) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] scores = new float[rows];
    byte[] labels = new byte[rows];
    for (int i = 0; i < rows; i++) {
      labels[i] = (byte) (random.nextInt(10) == 0 ? 1 : 0);
      double raw = random.nextDouble() * 0.7 + labels[i] * 0.3 * random.nextDouble();
      scores[i] = (float) (random.nextBoolean() ? raw : Math.round(raw * 100) / 100.0);
    }
    return new WireBatches(scores, labels);
  }

  /** Other scores for the same examples: those of another model checkpoint. */
  public WireBatches rescored(long seed, String otherCheckpoint) {
    WireBatches other = new WireBatches(random(seed, scores.length).scores, labels);
    for (int i = 0; i < scores.length; i++) {
      other.scores[i] = (other.scores[i] + 3 * scores[i]) / 4;
    }
    other.checkpoint = otherCheckpoint;
    other.fold = fold;
    other.firstId = firstId;
    return other;
  }

  /** The same set as another model checkpoint's and a fold's, which has examples of its own. */
  public WireBatches as(String otherCheckpoint, int otherFold) {
    checkpoint = otherCheckpoint;
    fold = otherFold;
    firstId = 1_000_000L * otherFold;
    return this;
  }

  /** Rows [from, to) as the given batch of the given shard. */
  public PredictionBatch batch(
      int from, int to, int shard, int shards, long sequence, boolean last) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * (to - from)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = from; i < to; i++) {
      bytes.putFloat(scores[i]);
    }
    return PredictionBatch.newBuilder()
        .setRunId("run")
        .setCheckpoint(ModelCheckpoint.newBuilder().setId(checkpoint).setStep(step).build())
        .setEvaluationSet(
            EvaluationSet.newBuilder()
                .setId("val")
                .setSize((long) scores.length)
                .setFold(fold)
                .build())
        .setShard(shard)
        .setShards(shards)
        .setSequence(sequence)
        .setLastOfShard(last)
        .setTask(Task.BINARY)
        .setCount(to - from)
        .setExampleIds(firstId + from)
        .setLabels(ByteBuffer.wrap(labels, from, to - from).slice())
        .setLabelEncoding(LabelEncoding.U8)
        .setScores(bytes.flip())
        .setSlices(
            slices.entrySet().stream().map(s -> slice(s.getKey(), s.getValue(), from, to)).toList())
        .setEmittedAt(Instant.EPOCH)
        .build();
  }

  /** Value {@code k} of column {@code c} is called {@code ck}. */
  private static SliceColumn slice(String name, byte[] codes, int from, int to) {
    List<String> dictionary = new ArrayList<>();
    for (int code = 0; code < 128; code++) {
      dictionary.add(name.charAt(0) + Integer.toString(code));
    }
    return new SliceColumn(name, dictionary, ByteBuffer.wrap(codes, from, to - from).slice());
  }

  /** Adds a seeded slice column; value 0 is the most frequent. */
  public WireBatches with(String slice, int values) {
    SplittableRandom random = new SplittableRandom(slice.hashCode());
    byte[] codes = new byte[scores.length];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) Math.min(random.nextInt(values), random.nextInt(values));
    }
    slices.put(slice, codes);
    return this;
  }

  /** The whole set, cut into batches of {@code size} over {@code shards} shards. */
  public List<PredictionBatch> batches(int size, int shards) {
    List<PredictionBatch> batches = new ArrayList<>();
    int perShard = (scores.length + shards - 1) / shards;
    for (int shard = 0; shard < shards; shard++) {
      int end = Math.min(scores.length, (shard + 1) * perShard);
      long sequence = 0;
      for (int from = shard * perShard; from < end; from += size) {
        int to = Math.min(end, from + size);
        batches.add(batch(from, to, shard, shards, sequence++, to == end));
      }
    }
    return batches;
  }

  /** Rows of these scores and labels. */
  public static WireBatches of(float[] scores, byte[] labels) {
    return new WireBatches(scores, labels);
  }

  /**
   * Some rows as a sample under a plan, in that order, dealt out over shards.
   *
   * @param some their places, which are their ids but for {@link #firstId}
   * @param codes strata of all rows
   */
  public List<PredictionBatch> sampled(
      int[] some, byte[] codes, SamplingPlan plan, int size, int shards) {
    List<PredictionBatch> batches = picked(some, size, shards);
    int at = 0;
    for (int shard = 0, next = 0; shard < shards; shard++) {
      int[] own = dealt(some, shard, shards);
      for (int from = 0; from == 0 || from < own.length; from += size, next++) {
        int count = Math.min(size, own.length - from);
        ByteBuffer strata = ByteBuffer.allocate(count);
        for (int i = from; i < from + count; i++) {
          strata.put(codes[own[i]]);
        }
        batches.get(at).setSamplingPlan(plan);
        batches.get(at).setStrata(strata.flip());
        batches.get(at++).getEvaluationSet().setSize(null);
      }
    }
    return batches;
  }

  /** Some rows in that order, dealt out over shards one by one. */
  public List<PredictionBatch> picked(int[] some, int size, int shards) {
    List<PredictionBatch> batches = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      int[] own = dealt(some, shard, shards);
      for (int from = 0, sequence = 0; from == 0 || from < own.length; from += size, sequence++) {
        int count = Math.min(size, own.length - from);
        ByteBuffer ids = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer rowScores = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer rowLabels = ByteBuffer.allocate(count);
        for (int i = from; i < from + count; i++) {
          ids.putLong(firstId + own[i]);
          rowScores.putFloat(scores[own[i]]);
          rowLabels.put(labels[own[i]]);
        }
        PredictionBatch batch = batch(0, 0, shard, shards, sequence, from + size >= own.length);
        batch.setCount(count);
        batch.setExampleIds(ids.flip());
        batch.setScores(rowScores.flip());
        batch.setLabels(rowLabels.flip());
        batches.add(batch);
      }
    }
    return batches;
  }

  private static int[] dealt(int[] some, int shard, int shards) {
    return IntStream.range(0, some.length)
        .filter(i -> i % shards == shard)
        .map(i -> some[i])
        .toArray();
  }

  /** Leaves the labels for later. */
  public static List<PredictionBatch> withoutLabels(List<PredictionBatch> batches) {
    batches.forEach(batch -> batch.setLabels(ByteBuffer.allocate(0)));
    return batches;
  }

  /** The labels of all rows alone, as a revision of its own. */
  public List<PredictionBatch> labels(int size, int shards, int revision) {
    List<PredictionBatch> batches = batches(size, shards);
    for (PredictionBatch batch : batches) {
      batch.setScores(ByteBuffer.allocate(0));
      batch.setSlices(List.of());
      batch.setLabelRevision(revision);
    }
    return batches;
  }

  /** The labels of some examples alone. */
  public PredictionBatch labels(
      long[] ids, byte[] some, int shard, int shards, long sequence, boolean last, int revision) {
    PredictionBatch batch = batch(0, 0, shard, shards, sequence, last);
    ByteBuffer idBytes = ByteBuffer.allocate(8 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long id : ids) {
      idBytes.putLong(id);
    }
    batch.setCount(ids.length);
    batch.setExampleIds(idBytes.flip());
    batch.setLabels(ByteBuffer.wrap(some));
    batch.setSlices(List.of());
    batch.setLabelRevision(revision);
    return batch;
  }

  /**
   * The set as a distributed sampler deals it out: rank r has examples r, r + ranks, …, and begins
   * anew with the first examples until all ranks have as many.
   */
  public List<PredictionBatch> padded(int size, int ranks) {
    List<PredictionBatch> batches = new ArrayList<>();
    int perRank = (scores.length + ranks - 1) / ranks;
    for (int rank = 0; rank < ranks; rank++) {
      for (int from = 0, sequence = 0; from < perRank; from += size, sequence++) {
        int count = Math.min(size, perRank - from);
        ByteBuffer ids = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer rowScores = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer rowLabels = ByteBuffer.allocate(count);
        for (int i = 0; i < count; i++) {
          int example = ((from + i) * ranks + rank) % scores.length;
          ids.putLong(example);
          rowScores.putFloat(scores[example]);
          rowLabels.put(labels[example]);
        }
        PredictionBatch batch = batch(0, 0, rank, ranks, sequence, from + count == perRank);
        batch.setCount(count);
        batch.setExampleIds(ids.flip());
        batch.setScores(rowScores.flip());
        batch.setLabels(rowLabels.flip());
        batches.add(batch);
      }
    }
    return batches;
  }

  public RawMessage message(PredictionBatch batch, long offset) {
    return message(codec.encode(batch), offset);
  }

  public static RawMessage message(byte[] value, long offset) {
    return new RawMessage("predictions", 0, offset, null, value, 0);
  }
}
