package dev.touchstone.jobs.ingest;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.touchstone.jobs.model.BatchDigest;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Inference;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SamplingPlan;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Stratum;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.schemas.avro.InferenceStats;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * From a decoded message to a checked batch, or a reason why not. Pure: no state, no clock.
 *
 * <p>A batch has scores and labels; scores alone, whose labels come later; or labels alone, for
 * examples of the set that it names. Every column must have the length that {@code count} promises;
 * scores are numbers (infinite ones rank, NaN is refused); binary labels are 0 or 1; weights are in
 * [0, 2^20]; codes lie in their dictionaries. One bad row refuses the whole batch: a set with a
 * hole is INCOMPLETE, a set with a silently dropped row would be wrong.
 */
final class BatchCheck {

  /** A batch is a message of at most 1 MB by default, 8 MB at the very most. */
  static final int MAX_COUNT = 4 << 20;

  static final int MAX_SHARDS = 1 << 16;
  static final int MAX_STRATA = 256;
  static final int MAX_SLICE_COLUMNS = 64;
  static final int MAX_OUTPUTS = 1 << 16;
  static final int MAX_NAME = 256;

  /** The ledger keeps revision, shard and sequence in 64 bits. */
  static final int MAX_LABEL_REVISION = 254;

  /**
   * The most that a row may weigh, over its stratum's rate. Both tiers hold sums of weights in
   * units of 2^-20: eight million of the heaviest rows still fit.
   */
  static final int MAX_WEIGHT = 1 << 20;

  static final double MIN_RATE = 1.0 / MAX_WEIGHT;

  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private BatchCheck() {}

  static PredictionBatch check(dev.touchstone.schemas.avro.PredictionBatch wire, RawMessage source)
      throws RejectedBatchException {
    Context context = new Context(wire);
    context.name("run_id", wire.getRunId());
    context.name("checkpoint.id", wire.getCheckpoint().getId());
    context.name("evaluation_set.id", wire.getEvaluationSet().getId());
    context.name("evaluation_set.split", wire.getEvaluationSet().getSplit());
    context.optionalName("checkpoint.model_digest", wire.getCheckpoint().getModelDigest());
    context.optionalName(
        "evaluation_set.dataset_digest", wire.getEvaluationSet().getDatasetDigest());
    context.optionalName("transform_digest", wire.getTransformDigest());
    context.range("attempt", wire.getAttempt(), 0, Integer.MAX_VALUE);
    context.range("checkpoint.step", wire.getCheckpoint().getStep(), 0, Long.MAX_VALUE);
    context.finite("checkpoint.epoch", wire.getCheckpoint().getEpoch());
    // a sender that learns too late that there is nothing more ends its shard with an empty batch
    context.range("count", wire.getCount(), wire.getLastOfShard() ? 0 : 1, MAX_COUNT);
    context.range("shards", wire.getShards(), 1, MAX_SHARDS);
    context.range("shard", wire.getShard(), 0, wire.getShards() - 1L);
    context.range("sequence", wire.getSequence(), 0, (1L << 40) - 1);
    context.range("outputs", wire.getOutputs(), 1, MAX_OUTPUTS);
    Integer fold = wire.getEvaluationSet().getFold();
    if (fold != null) {
      context.range("evaluation_set.fold", fold, 0, Integer.MAX_VALUE);
    }
    Long size = wire.getEvaluationSet().getSize();
    if (size != null) {
      context.range("evaluation_set.size", size, 1, Long.MAX_VALUE);
    }
    Task task = Task.valueOf(wire.getTask().name());
    int count = wire.getCount();
    int outputs = wire.getOutputs();
    if (task == Task.BINARY && outputs != 1) {
      throw context.broken("outputs must be 1 for task BINARY, got " + outputs);
    }

    boolean hasScores = wire.getScores().hasRemaining();
    boolean hasLabels = wire.getLabels().hasRemaining();
    context.range("label_revision", wire.getLabelRevision(), 0, MAX_LABEL_REVISION);
    if (hasScores && wire.getLabelRevision() > 0) {
      throw context.broken("label_revision must be 0 with scores, got " + wire.getLabelRevision());
    }
    boolean labelsAlone = !hasScores && (hasLabels || wire.getLabelRevision() > 0);
    if (!hasScores && !hasLabels && count > 0) {
      throw context.broken("scores or labels must be there for count " + count + ", got neither");
    }
    if (labelsAlone) {
      context.labelsAlone();
    }
    byte[] scores =
        context.column("scores", wire.getScores(), labelsAlone ? 0 : 4L * count * outputs);
    checkScores(context, scores, outputs);
    LabelEncoding encoding = LabelEncoding.valueOf(wire.getLabelEncoding().name());
    long labelCount = task == Task.MULTILABEL ? (long) count * outputs : count;
    byte[] labels =
        context.column("labels", wire.getLabels(), hasLabels ? encoding.bytes() * labelCount : 0);
    if (labelsAlone && labels.length == 0 && count > 0) {
      throw context.broken("labels must be there for count " + count + ", got none");
    }
    checkLabels(context, task, encoding, labels, outputs);
    byte[] weights =
        wire.getWeights() == null ? null : context.column("weights", wire.getWeights(), 4L * count);
    SamplingPlan plan = plan(context, wire.getSamplingPlan());
    byte[] strata =
        wire.getStrata() == null ? null : context.column("strata", wire.getStrata(), count);
    if (!labelsAlone && (plan == null) != (strata == null)) {
      throw context.broken("sampling_plan and strata must come together or not at all");
    }
    if (strata != null) {
      context.codes("strata", strata, plan.strata().size());
    }
    checkWeights(context, weights, plan, strata);
    List<SliceColumn> slices = slices(context, wire);

    byte[] ids = null;
    long firstId = 0;
    if (wire.getExampleIds() instanceof ByteBuffer buffer) {
      ids = context.column("example_ids", buffer, 8L * count);
    } else {
      firstId = (Long) wire.getExampleIds();
      if (firstId > Long.MAX_VALUE - count) {
        throw context.broken("example_ids must not overflow, got first id " + firstId);
      }
    }

    SetIdentity set =
        new SetIdentity(
            SetKeys.of(wire),
            wire.getCheckpoint().getModelDigest(),
            wire.getEvaluationSet().getDatasetDigest(),
            wire.getTransformDigest(),
            wire.getEvaluationSet().getId(),
            wire.getEvaluationSet().getSplit(),
            fold,
            plan != null,
            task,
            outputs);
    Claim claim =
        new Claim(
            wire.getRunId(),
            wire.getAttempt(),
            wire.getCheckpoint().getId(),
            wire.getCheckpoint().getStep(),
            wire.getCheckpoint().getEpoch());
    BatchDigest digest =
        digest(wire, task, encoding, firstId, ids, labels, scores, weights, strata, slices);
    return new PredictionBatch(
        set,
        claim,
        plan == null ? size : null,
        plan,
        wire.getShard(),
        wire.getShards(),
        wire.getSequence(),
        wire.getLastOfShard(),
        count,
        firstId,
        ids,
        encoding,
        labels,
        scores,
        weights,
        strata,
        slices,
        digest,
        source,
        wire.getLabelRevision(),
        inference(context, wire.getInference()));
  }

  private static Inference inference(Context context, InferenceStats wire)
      throws RejectedBatchException {
    if (wire == null) {
      return null;
    }
    long[] latencies = new long[wire.getLatencyMicros().size()];
    for (int call = 0; call < latencies.length; call++) {
      latencies[call] = wire.getLatencyMicros().get(call);
      context.range("inference.latency_micros", latencies[call], 0, Long.MAX_VALUE);
    }
    if (wire.getPeakMemoryBytes() != null) {
      context.range("inference.peak_memory_bytes", wire.getPeakMemoryBytes(), 0, Long.MAX_VALUE);
    }
    return new Inference(latencies, wire.getPeakMemoryBytes());
  }

  private static void checkScores(Context context, byte[] scores, int outputs)
      throws RejectedBatchException {
    if (!anyNaN(scores)) {
      return;
    }
    for (int i = 0; i < scores.length; i += 4) {
      float score = (float) FLOATS.get(scores, i);
      if (score != score) {
        throw context.broken("scores must be numbers, got NaN in row " + i / 4 / outputs);
      }
    }
  }

  /** Without a branch on any score. */
  private static boolean anyNaN(byte[] scores) {
    int infinity = 0x7F80_0000;
    int beyond = 0; // below 0 where a magnitude is above infinity's
    for (int i = 0; i < scores.length; i += 4) {
      beyond |= infinity - ((int) INTS.get(scores, i) & Integer.MAX_VALUE);
    }
    return beyond < 0;
  }

  /** Whether no byte, as unsigned, reaches {@code limit}: eight at a time. */
  private static boolean allBelow(byte[] codes, int limit) {
    if (limit > 128) {
      return false; // not known
    }
    long add = (128 - limit) * 0x0101_0101_0101_0101L;
    long reached = 0;
    int i = 0;
    for (; i <= codes.length - Long.BYTES; i += Long.BYTES) {
      long eight = (long) LONGS.get(codes, i);
      reached |= eight | ((eight & 0x7F7F_7F7F_7F7F_7F7FL) + add);
    }
    for (; i < codes.length; i++) {
      reached |= codes[i] | (codes[i] & 0x7F) + (128 - limit);
    }
    return (reached & 0x8080_8080_8080_8080L) == 0;
  }

  private static void checkLabels(
      Context context, Task task, LabelEncoding encoding, byte[] labels, int outputs)
      throws RejectedBatchException {
    switch (task) {
      case BINARY, MULTILABEL -> {
        if (encoding != LabelEncoding.U8) {
          throw context.broken("label_encoding must be U8 for task " + task + ", got " + encoding);
        }
        int limit = 2;
        checkUnsigned(context, labels, limit);
      }
      case MULTICLASS -> {
        switch (encoding) {
          case U8 -> checkUnsigned(context, labels, outputs);
          case I32 -> {
            ByteBuffer ints = ByteBuffer.wrap(labels).order(ByteOrder.LITTLE_ENDIAN);
            for (int row = 0; ints.hasRemaining(); row++) {
              int label = ints.getInt();
              if (label < 0 || label >= outputs) {
                throw context.broken(
                    "labels must be in [0, " + outputs + "), got " + label + " in row " + row);
              }
            }
          }
          default ->
              throw context.broken("label_encoding must be U8 or I32 for task MULTICLASS, got F32");
        }
      }
      case REGRESSION -> {
        if (encoding == LabelEncoding.F32) {
          for (int i = 0; i < labels.length; i += 4) {
            if (!Float.isFinite((float) FLOATS.get(labels, i))) {
              throw context.broken(
                  "labels must be finite, got " + FLOATS.get(labels, i) + " in row " + i / 4);
            }
          }
        }
      }
    }
  }

  private static void checkUnsigned(Context context, byte[] labels, int limit)
      throws RejectedBatchException {
    if (allBelow(labels, limit)) {
      return;
    }
    for (int i = 0; i < labels.length; i++) {
      if ((labels[i] & 0xFF) >= limit) {
        throw context.broken(
            "labels must be in [0, " + limit + "), got " + (labels[i] & 0xFF) + " in row " + i);
      }
    }
  }

  private static void checkWeights(
      Context context, byte[] weights, SamplingPlan plan, byte[] strata)
      throws RejectedBatchException {
    if (weights == null) {
      return;
    }
    for (int row = 0; row < weights.length / 4; row++) {
      float weight = (float) FLOATS.get(weights, 4 * row);
      double rate = plan == null ? 1 : plan.strata().get(strata[row] & 0xFF).rate();
      if (!(weight >= 0 && weight / rate <= MAX_WEIGHT)) {
        throw context.broken(
            "weights must be in [0, "
                + MAX_WEIGHT
                + "]"
                + (plan == null ? "" : " over the stratum's rate " + rate)
                + ", got "
                + weight
                + " in row "
                + row);
      }
    }
  }

  private static SamplingPlan plan(Context context, dev.touchstone.schemas.avro.SamplingPlan wire)
      throws RejectedBatchException {
    if (wire == null) {
      return null;
    }
    context.range("sampling_plan.strata", wire.getStrata().size(), 1, MAX_STRATA);
    List<Stratum> strata = new ArrayList<>(wire.getStrata().size());
    for (var stratum : wire.getStrata()) {
      context.name("sampling_plan.strata.name", stratum.getName());
      if (!(stratum.getRate() >= MIN_RATE && stratum.getRate() <= 1)) {
        throw context.broken(
            "sampling_plan.strata.rate must be in [2^-20, 1], got " + stratum.getRate());
      }
      context.range("sampling_plan.strata.population", stratum.getPopulation(), 0, Long.MAX_VALUE);
      strata.add(new Stratum(stratum.getName(), stratum.getRate(), stratum.getPopulation()));
    }
    return new SamplingPlan(wire.getSeed(), strata);
  }

  private static List<SliceColumn> slices(
      Context context, dev.touchstone.schemas.avro.PredictionBatch wire)
      throws RejectedBatchException {
    context.range("slices", wire.getSlices().size(), 0, MAX_SLICE_COLUMNS);
    List<SliceColumn> slices = new ArrayList<>(wire.getSlices().size());
    for (var slice : wire.getSlices()) {
      context.name("slices.name", slice.getName());
      if (slices.stream().anyMatch(seen -> seen.name().equals(slice.getName()))) {
        throw context.broken("slices.name must be unique, got " + slice.getName() + " twice");
      }
      context.range("slices.dictionary", slice.getDictionary().size(), 1, 256);
      for (String value : slice.getDictionary()) {
        context.name("slices.dictionary", value);
      }
      byte[] codes = context.column("slices.codes", slice.getCodes(), wire.getCount());
      context.codes("slices.codes", codes, slice.getDictionary().size());
      slices.add(new SliceColumn(slice.getName(), List.copyOf(slice.getDictionary()), codes));
    }
    return slices;
  }

  private static BatchDigest digest(
      dev.touchstone.schemas.avro.PredictionBatch wire,
      Task task,
      LabelEncoding encoding,
      long firstId,
      byte[] ids,
      byte[] labels,
      byte[] scores,
      byte[] weights,
      byte[] strata,
      List<SliceColumn> slices) {
    // what makes the rows, and nothing that a restart changes: no attempt, no time, no latencies
    HashStream128 stream = Hashing.xxh3_128().hashStream();
    stream
        .putInt(wire.getCount())
        .putInt(wire.getShards())
        .putBoolean(wire.getLastOfShard())
        .putInt(task.ordinal())
        .putInt(wire.getOutputs())
        .putInt(encoding.ordinal())
        .putLong(firstId);
    for (byte[] column : new byte[][] {ids, labels, scores, weights, strata}) {
      if (column == null) {
        stream.putInt(-1);
      } else {
        stream.putInt(column.length).putBytes(column);
      }
    }
    for (SliceColumn slice : slices) {
      stream.putString(slice.name());
      slice.dictionary().forEach(stream::putString);
      stream.putBytes(slice.codes());
    }
    HashValue128 hash = stream.get();
    return new BatchDigest(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }

  /** Names the batch in every complaint. */
  private record Context(dev.touchstone.schemas.avro.PredictionBatch wire) {

    RejectedBatchException broken(String rule) {
      return new RejectedBatchException(
          rule
              + " (run "
              + abbreviate(wire.getRunId())
              + ", model checkpoint "
              + abbreviate(wire.getCheckpoint().getId())
              + ", shard "
              + wire.getShard()
              + ", sequence "
              + wire.getSequence()
              + ")");
    }

    void name(String key, String value) throws RejectedBatchException {
      if (value.isEmpty() || value.length() > MAX_NAME) {
        throw broken(key + " must be 1 to " + MAX_NAME + " characters, got " + value.length());
      }
      for (int i = 0; i < value.length(); i++) {
        if (Character.isISOControl(value.charAt(i))) {
          throw broken(key + " must hold no control characters, got one at " + i);
        }
      }
    }

    void optionalName(String key, String value) throws RejectedBatchException {
      if (value != null) {
        name(key, value);
      }
    }

    void range(String key, long value, long min, long max) throws RejectedBatchException {
      if (value < min || value > max) {
        throw broken(key + " must be in [" + min + ", " + max + "], got " + value);
      }
    }

    /** Of a label batch, what belongs to predictions must be absent. */
    void labelsAlone() throws RejectedBatchException {
      for (String key : new String[] {"weights", "strata"}) {
        if ((key.equals("weights") ? wire.getWeights() : wire.getStrata()) != null) {
          throw broken(key + " must come with scores, got labels alone");
        }
      }
      if (!wire.getSlices().isEmpty()) {
        throw broken("slices must come with scores, got labels alone");
      }
    }

    void finite(String key, Double value) throws RejectedBatchException {
      if (value != null && !Double.isFinite(value)) {
        throw broken(key + " must be finite, got " + value);
      }
    }

    byte[] column(String key, ByteBuffer buffer, long bytes) throws RejectedBatchException {
      if (buffer.remaining() != bytes) {
        throw broken(
            key
                + " must be "
                + bytes
                + " bytes for count "
                + wire.getCount()
                + ", got "
                + buffer.remaining());
      }
      if (buffer.hasArray()
          && buffer.arrayOffset() == 0
          && buffer.position() == 0
          && buffer.array().length == bytes) {
        return buffer.array();
      }
      byte[] copy = new byte[(int) bytes];
      buffer.duplicate().get(copy);
      return copy;
    }

    void codes(String key, byte[] codes, int size) throws RejectedBatchException {
      if (allBelow(codes, size)) {
        return;
      }
      for (int row = 0; row < codes.length; row++) {
        if ((codes[row] & 0xFF) >= size) {
          throw broken(
              key + " must be in [0, " + size + "), got " + (codes[row] & 0xFF) + " in row " + row);
        }
      }
    }

    private static String abbreviate(String text) {
      return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
  }
}
