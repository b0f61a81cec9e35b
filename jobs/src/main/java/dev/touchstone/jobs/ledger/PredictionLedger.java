package dev.touchstone.jobs.ledger;

import dev.touchstone.jobs.model.BatchDigest;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.util.Arrays;
import java.util.BitSet;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Lets each batch of a prediction set through once and knows when the set is complete. Keyed by set
 * key.
 *
 * <p>A batch is known by (shard, sequence). The same content again is a counted duplicate; other
 * content is a counted conflict and a dead letter, and the first stays. A batch that comes after
 * the set was complete is a duplicate or a conflict like any other. Order doesn't matter.
 *
 * <p>An example counts once: a row whose id was there before is left out of its batch and counted,
 * the first stays. So a set is complete when it has the promised number of <em>examples</em>.
 *
 * <p>Labels that come alone pass once too, known by (label revision, shard, sequence). A revision
 * may be joined when all its shards have ended, all rows are there and so are the revisions before
 * it. A set that came without labels is RECEIVING until its first ones are there.
 *
 * <p>The status goes out with each accepted batch, at once when something final happens, and else
 * at most once per interval. A set is forgotten when nothing was heard of it for the retention, or
 * when it was deleted from the cache.
 */
public final class PredictionLedger
    extends KeyedProcessFunction<String, LedgerInput, LedgerUpdate> {

  private static final long serialVersionUID = 1L;
  private static final int SEQUENCE_BITS = 40;
  private static final int SHARD_BITS = 16;

  /** What a waiting label costs beside itself: its id, and its place in the join. */
  private static final int LABEL_ROW_BYTES = 16;

  private final LedgerSettings settings;
  private final OutputTag<DeadLetter> conflicts;
  private final boolean digests;
  private transient ValueState<SetAccount> account;
  private transient MapState<Long, BatchDigest> seen;
  private transient MapState<Integer, ShardAccount> shards;
  private transient MapState<Integer, LabelAccount> labels;
  private transient IdIndex ids;
  private transient ValueState<Long> publishAt;
  private transient ValueState<Long> forgetAt;

  /**
   * @param digests whether anyone wants the digest of a set's rows
   */
  public PredictionLedger(
      LedgerSettings settings, OutputTag<DeadLetter> conflicts, boolean digests) {
    this.settings = settings;
    this.conflicts = conflicts;
    this.digests = digests;
  }

  @Override
  public void open(OpenContext context) {
    var runtime = getRuntimeContext();
    var accountState = new ValueStateDescriptor<>("account", SetAccount.class);
    var seenState = new MapStateDescriptor<>("seen", Types.LONG, Types.POJO(BatchDigest.class));
    var shardState = new MapStateDescriptor<>("shards", Types.INT, Types.POJO(ShardAccount.class));
    var idState =
        new MapStateDescriptor<>(
            "ids", Types.LONG, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    ids = new IdIndex(runtime.getMapState(idState));
    account = runtime.getState(accountState);
    seen = runtime.getMapState(seenState);
    shards = runtime.getMapState(shardState);
    labels =
        runtime.getMapState(
            new MapStateDescriptor<>("labels", Types.INT, Types.POJO(LabelAccount.class)));
    publishAt = runtime.getState(new ValueStateDescriptor<>("publishAt", Types.LONG));
    forgetAt = runtime.getState(new ValueStateDescriptor<>("forgetAt", Types.LONG));
  }

  @Override
  public void processElement(LedgerInput input, Context context, Collector<LedgerUpdate> out)
      throws Exception {
    if (input.batch() == null) {
      deleted(out);
    } else {
      arrived(input.batch(), context, out);
    }
  }

  private void arrived(PredictionBatch batch, Context context, Collector<LedgerUpdate> out)
      throws Exception {
    SetAccount set = account.value();
    if (set == null) {
      set = SetAccount.open(batch);
    }
    long identity = ((long) shardKey(batch) << SEQUENCE_BITS) | batch.sequence();
    BatchDigest known = seen.get(identity);
    boolean isNew = known == null;
    String contradiction = null;
    if (isNew) {
      contradiction =
          batch.bringsLabelsAlone() ? labelContradiction(set, batch) : contradiction(set, batch);
    }

    if (isNew && contradiction == null) {
      set.claim(batch.claim());
      seen.put(identity, batch.digest());
      if (batch.bringsLabelsAlone()) {
        acceptLabels(set, batch, out);
      } else {
        accept(set, batch, out);
      }
    } else if (!isNew && known.equals(batch.digest())) {
      set.duplicates++;
      changed(set, set.claim(batch.claim()), context, out);
    } else {
      set.conflicts++;
      String reason =
          contradiction == null ? "other content under the same shard and sequence" : contradiction;
      context.output(
          conflicts,
          new DeadLetter(
              batch.source(),
              "conflict: "
                  + reason
                  + " (run "
                  + batch.claim().runId()
                  + ", model checkpoint "
                  + batch.claim().checkpoint()
                  + ", shard "
                  + batch.shard()
                  + ", sequence "
                  + batch.sequence()
                  + (batch.bringsLabelsAlone() ? ", label revision " + batch.labelRevision() : "")
                  + ")"));
      changed(set, false, context, out);
    }
    touch(set, context.timerService());
    account.update(set);
  }

  /**
   * Forgets the set when nothing was heard of it for the retention. Flink's own time to live would
   * look through all ids of a set at each access to one.
   */
  private void touch(SetAccount set, TimerService timers) throws Exception {
    set.touchedMillis = timers.currentProcessingTime();
    if (forgetAt.value() == null) {
      forgetAt(set.touchedMillis + settings.retentionMillis(), timers);
    }
  }

  private void forgetAt(long at, TimerService timers) throws Exception {
    timers.registerProcessingTimeTimer(at);
    forgetAt.update(at);
  }

  private void forget(SetAccount set) throws Exception {
    account.clear();
    seen.clear();
    shards.clear();
    labels.clear();
    ids.clear(set);
  }

  /** The set was deleted from the cache: whoever sends its predictions again is welcome. */
  private void deleted(Collector<LedgerUpdate> out) throws Exception {
    SetAccount set = account.value();
    if (set == null) {
      return;
    }
    forget(set);
    out.collect(new LedgerUpdate(set.status(), null, null, true, LedgerUpdate.NO_LABELS));
  }

  private String contradiction(SetAccount set, PredictionBatch batch) throws Exception {
    if (set.state != SetState.RECEIVING) {
      return "the set has ended, got a further batch";
    }
    String contradiction = set.contradiction(batch);
    if (contradiction != null) {
      return contradiction;
    }
    if (set.idBytes > settings.maxIdBytes()) {
      return "the example ids of the set must take at most ledger.max_id_bytes, "
          + settings.maxIdBytes()
          + " bytes, got "
          + set.idBytes;
    }
    ShardAccount shard = shards.get(shardKey(batch));
    return shard == null ? null : shard.contradiction(batch.sequence(), batch.lastOfShard());
  }

  /** Shards of predictions, then those of each label revision. */
  private static int shardKey(PredictionBatch batch) {
    int stream = batch.bringsLabelsAlone() ? 1 + batch.labelRevision() : 0;
    return stream << SHARD_BITS | batch.shard();
  }

  private String labelContradiction(SetAccount set, PredictionBatch batch) throws Exception {
    String contradiction = set.labelContradiction(batch);
    if (contradiction != null) {
      return contradiction;
    }
    LabelAccount revision = labels.get(batch.labelRevision());
    if (revision != null && revision.shards != batch.shards()) {
      return "shards must stay "
          + revision.shards
          + " over label revision "
          + batch.labelRevision()
          + ", got "
          + batch.shards();
    }
    if (set.labelBytes + bytes(batch) > settings.maxLabelBytes()) {
      return "the labels of the set that wait must take at most ledger.max_label_bytes, "
          + settings.maxLabelBytes()
          + " bytes, got "
          + (set.labelBytes + bytes(batch));
    }
    ShardAccount shard = shards.get(shardKey(batch));
    return shard == null ? null : shard.contradiction(batch.sequence(), batch.lastOfShard());
  }

  private static long bytes(PredictionBatch labels) {
    return (long) LABEL_ROW_BYTES * labels.count() + labels.labels().length;
  }

  private void acceptLabels(SetAccount set, PredictionBatch batch, Collector<LedgerUpdate> out)
      throws Exception {
    addToShard(batch);
    LabelAccount revision = labels.get(batch.labelRevision());
    if (revision == null) {
      revision = new LabelAccount();
      revision.shards = batch.shards();
    }
    revision.add(batch, bytes(batch));
    labels.put(batch.labelRevision(), revision);
    set.addLabels(batch, bytes(batch));
    handOnLabels(set);
    set.unpublished = false;
    out.collect(new LedgerUpdate(set.status(), batch.withoutSource(), null, false, set.labelsUpTo));
  }

  /** Revisions may be joined once all rows and all earlier revisions are there. */
  private void handOnLabels(SetAccount set) throws Exception {
    set.labelReason = null;
    if (set.state != SetState.COMPLETE) {
      return;
    }
    LabelAccount next = labels.get(set.nextLabels());
    while (next != null && next.isWhole()) {
      set.labelsUpTo = set.nextLabels();
      set.labelBytes -= next.bytes;
      next = labels.get(set.nextLabels());
    }
    int last = LedgerUpdate.NO_LABELS;
    for (int revision : labels.keys()) {
      last = Math.max(last, revision);
    }
    if (last > set.nextLabels()) {
      set.labelReason = "label revision " + last + " waits for revision " + set.nextLabels();
    }
  }

  private void addToShard(PredictionBatch batch) throws Exception {
    ShardAccount shard = shards.get(shardKey(batch));
    if (shard == null) {
      shard = new ShardAccount();
    }
    shard.add(batch.sequence(), batch.lastOfShard());
    shards.put(shardKey(batch), shard);
  }

  private void accept(SetAccount set, PredictionBatch batch, Collector<LedgerUpdate> out)
      throws Exception {
    addToShard(batch);
    BitSet repeated = ids.add(set, batch);
    long[] repeats = repeats(batch, repeated);
    PredictionBatch unique = batch.withoutSource().without(repeated);
    set.add(unique, repeated.cardinality(), digests);
    if (batch.lastOfShard()) {
      set.shardEnded(batch.sequence() + 1);
    }
    set.judge();
    handOnLabels(set);
    set.unpublished = false;
    if (set.state != SetState.RECEIVING) {
      ids.clear(set); // no further batch is accepted
    }
    out.collect(new LedgerUpdate(set.status(), unique, repeats, false, set.labelsUpTo));
  }

  private static long[] repeats(PredictionBatch batch, BitSet repeated) {
    if (repeated.isEmpty()) {
      return null;
    }
    return repeated.stream()
        .mapToObj(row -> new long[] {RowDigest.id(batch, row), RowDigest.row(batch, row)})
        .flatMapToLong(Arrays::stream)
        .toArray();
  }

  /** A change that brought no rows: published at once if it matters, else with the next tick. */
  private void changed(
      SetAccount set, boolean newClaim, Context context, Collector<LedgerUpdate> out)
      throws Exception {
    if (newClaim) {
      set.unpublished = false;
      out.collect(LedgerUpdate.of(set.status(), set.labelsUpTo));
      return;
    }
    set.unpublished = true;
    if (publishAt.value() == null) {
      long at = context.timerService().currentProcessingTime() + settings.progressIntervalMillis();
      context.timerService().registerProcessingTimeTimer(at);
      publishAt.update(at);
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<LedgerUpdate> out)
      throws Exception {
    Long forget = forgetAt.value();
    if (forget != null && timestamp >= forget) {
      forgetAt.clear();
      SetAccount set = account.value();
      if (set != null && set.touchedMillis + settings.retentionMillis() > timestamp) {
        forgetAt(set.touchedMillis + settings.retentionMillis(), context.timerService());
      } else if (set != null) {
        forget(set);
      }
    }
    Long publish = publishAt.value();
    if (publish != null && timestamp >= publish) {
      publishAt.clear();
      SetAccount set = account.value();
      if (set != null && set.unpublished) {
        set.unpublished = false;
        account.update(set);
        out.collect(LedgerUpdate.of(set.status(), set.labelsUpTo));
      }
    }
  }

  /** What has arrived of one label revision: a mutable bean of Flink state. */
  public static class LabelAccount {

    // public: Flink's POJO serializer
    public int shards;
    public int endedShards;
    public long acceptedBatches;
    public long promisedBatches;
    public long bytes;

    public LabelAccount() {}

    void add(PredictionBatch batch, long batchBytes) {
      acceptedBatches++;
      bytes += batchBytes;
      if (batch.lastOfShard()) {
        endedShards++;
        promisedBatches += batch.sequence() + 1;
      }
    }

    boolean isWhole() {
      return endedShards == shards && acceptedBatches == promisedBatches;
    }
  }

  /** What is known of one shard: a mutable bean of Flink state. */
  public static class ShardAccount {

    // public: Flink's POJO serializer
    public long highest = -1;
    public long last = -1;

    public ShardAccount() {}

    String contradiction(long sequence, boolean lastOfShard) {
      if (last >= 0 && lastOfShard) {
        return "the shard has ended with sequence " + last + ", got another last_of_shard";
      }
      if (last >= 0 && sequence > last) {
        return "sequence must be at most " + last + ", where the shard has ended";
      }
      if (lastOfShard && sequence < highest) {
        return "last_of_shard must be on the highest sequence; " + highest + " was seen before";
      }
      return null;
    }

    void add(long sequence, boolean lastOfShard) {
      highest = Math.max(highest, sequence);
      if (lastOfShard) {
        last = sequence;
      }
    }
  }
}
