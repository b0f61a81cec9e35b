package dev.touchstone.jobs.ledger;

import dev.touchstone.jobs.model.BatchDigest;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
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
 * <p>The status goes out with each accepted batch, at once when something final happens, and else
 * at most once per interval. A set is forgotten when nothing was heard of it for the retention.
 */
public final class PredictionLedger
    extends KeyedProcessFunction<String, PredictionBatch, LedgerUpdate> {

  private static final long serialVersionUID = 1L;
  private static final int SEQUENCE_BITS = 40;

  private final LedgerSettings settings;
  private final OutputTag<DeadLetter> conflicts;
  private transient ValueState<SetAccount> account;
  private transient MapState<Long, BatchDigest> seen;
  private transient MapState<Integer, ShardAccount> shards;
  private transient ValueState<Long> publishAt;

  public PredictionLedger(LedgerSettings settings, OutputTag<DeadLetter> conflicts) {
    this.settings = settings;
    this.conflicts = conflicts;
  }

  @Override
  public void open(OpenContext context) {
    var runtime = getRuntimeContext();
    var accountState = new ValueStateDescriptor<>("account", SetAccount.class);
    var seenState = new MapStateDescriptor<>("seen", Types.LONG, Types.POJO(BatchDigest.class));
    var shardState = new MapStateDescriptor<>("shards", Types.INT, Types.POJO(ShardAccount.class));
    accountState.enableTimeToLive(settings.retention());
    seenState.enableTimeToLive(settings.retention());
    shardState.enableTimeToLive(settings.retention());
    account = runtime.getState(accountState);
    seen = runtime.getMapState(seenState);
    shards = runtime.getMapState(shardState);
    publishAt = runtime.getState(new ValueStateDescriptor<>("publishAt", Types.LONG));
  }

  @Override
  public void processElement(PredictionBatch batch, Context context, Collector<LedgerUpdate> out)
      throws Exception {
    SetAccount set = account.value();
    if (set == null) {
      set = SetAccount.open(batch);
    }
    long identity = ((long) batch.shard() << SEQUENCE_BITS) | batch.sequence();
    BatchDigest known = seen.get(identity);
    boolean isNew = known == null;
    String contradiction = isNew ? contradiction(set, batch) : null;

    if (isNew && contradiction == null) {
      set.claim(batch.claim());
      accept(set, batch, identity, out);
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
                  + ")"));
      changed(set, false, context, out);
    }
    account.update(set);
  }

  private String contradiction(SetAccount set, PredictionBatch batch) throws Exception {
    if (set.state != SetState.RECEIVING) {
      return "the set has ended, got a further batch";
    }
    String contradiction = set.contradiction(batch);
    if (contradiction != null) {
      return contradiction;
    }
    ShardAccount shard = shards.get(batch.shard());
    return shard == null ? null : shard.contradiction(batch.sequence(), batch.lastOfShard());
  }

  private void accept(
      SetAccount set, PredictionBatch batch, long identity, Collector<LedgerUpdate> out)
      throws Exception {
    seen.put(identity, batch.digest());
    ShardAccount shard = shards.get(batch.shard());
    if (shard == null) {
      shard = new ShardAccount();
    }
    shard.add(batch.sequence(), batch.lastOfShard());
    shards.put(batch.shard(), shard);
    set.add(batch);
    if (batch.lastOfShard()) {
      set.shardEnded(batch.sequence() + 1);
    }
    set.judge();
    set.unpublished = false;
    out.collect(new LedgerUpdate(set.status(), batch.withoutSource()));
  }

  /** A change that brought no rows: published at once if it matters, else with the next tick. */
  private void changed(
      SetAccount set, boolean newClaim, Context context, Collector<LedgerUpdate> out)
      throws Exception {
    if (newClaim) {
      set.unpublished = false;
      out.collect(new LedgerUpdate(set.status(), null));
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
    Long publish = publishAt.value();
    if (publish != null && timestamp >= publish) {
      publishAt.clear();
      SetAccount set = account.value();
      if (set != null && set.unpublished) {
        set.unpublished = false;
        account.update(set);
        out.collect(new LedgerUpdate(set.status(), null));
      }
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
