package dev.touchstone.jobs.ledger;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Stratum;
import dev.touchstone.jobs.model.Task;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The running account of one prediction set: a mutable bean of Flink state. Which batches were seen
 * is kept beside it; here are the sums.
 */
public class SetAccount {

  static final int MAX_CLAIMS = 1_000;

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  // public: Flink's POJO serializer
  public SetIdentity set;
  public List<Claim> claims = new ArrayList<>();
  public List<String> slices;
  public List<Stratum> strata;
  public long[] stratumRows = new long[0];
  public Long expectedRows;
  public int shards;
  public int endedShards;
  public long acceptedBatches;
  public long promisedBatches;
  public long rows;
  public long positives;
  public long duplicates;
  public long conflicts;
  public long duplicateRows;
  public long rowDigest;
  public long idChunks;
  public long idBytes;
  public boolean hashedIds;
  public boolean weighted;
  public boolean floatLabels;
  public SetState state = SetState.RECEIVING;
  public String reason;
  public boolean unpublished;
  public long touchedMillis;

  public SetAccount() {}

  static SetAccount open(PredictionBatch first) {
    SetAccount account = new SetAccount();
    account.set = first.set();
    account.shards = first.shards();
    account.expectedRows = first.expectedRows();
    account.slices = first.slices().stream().map(SliceColumn::name).toList();
    account.weighted = first.weights() != null;
    account.floatLabels = first.labelEncoding() == LabelEncoding.F32;
    if (first.plan() != null) {
      account.strata = first.plan().strata();
      account.stratumRows = new long[account.strata.size()];
    }
    return account;
  }

  /** Why {@code batch} contradicts what the set said before; null where it doesn't. */
  String contradiction(PredictionBatch batch) {
    if (batch.shards() != shards) {
      return "shards must stay " + shards + " over the set, got " + batch.shards();
    }
    if (expectedRows != null
        && batch.expectedRows() != null
        && !expectedRows.equals(batch.expectedRows())) {
      return "evaluation_set.size must stay "
          + expectedRows
          + " over the set, got "
          + batch.expectedRows();
    }
    if (batch.set().task() != set.task() || batch.set().outputs() != set.outputs()) {
      return "task and outputs must stay "
          + set.task()
          + " × "
          + set.outputs()
          + " over the set, got "
          + batch.set().task()
          + " × "
          + batch.set().outputs();
    }
    List<String> names = batch.slices().stream().map(SliceColumn::name).toList();
    if (!names.equals(slices)) {
      return "slices must stay " + slices + " over the set, got " + names;
    }
    if ((batch.weights() != null) != weighted) {
      return "weights must come with every batch of a set or with none";
    }
    if ((batch.labelEncoding() == LabelEncoding.F32) != floatLabels) {
      return "label_encoding must be F32 with every batch of a set or with none";
    }
    return null;
  }

  /**
   * Adds the claim if it is new; true if so. A claim of a later attempt takes the older's place.
   */
  boolean claim(Claim claim) {
    for (int i = 0; i < claims.size(); i++) {
      Claim known = claims.get(i);
      if (known.runId().equals(claim.runId()) && known.checkpoint().equals(claim.checkpoint())) {
        if (known.attempt() >= claim.attempt()) {
          return false;
        }
        claims.set(i, claim);
        return true;
      }
    }
    if (claims.size() == MAX_CLAIMS) {
      return false;
    }
    claims.add(claim);
    return true;
  }

  /**
   * @param batch without the rows that were there before
   */
  void add(PredictionBatch batch, int repeatedRows) {
    acceptedBatches++;
    duplicateRows += repeatedRows;
    rows += batch.count();
    rowDigest += RowDigest.of(batch);
    if (expectedRows == null) {
      expectedRows = batch.expectedRows();
    }
    if (set.task() == Task.BINARY) {
      positives += ones(batch.labels());
    }
    if (batch.strata() != null) {
      for (byte code : batch.strata()) {
        stratumRows[code & 0xFF]++;
      }
    }
  }

  /** The sum of zeros and ones, eight at a time. */
  private static long ones(byte[] labels) {
    long sum = 0;
    int row = 0;
    for (; row <= labels.length - Long.BYTES; row += Long.BYTES) {
      sum += Long.bitCount((long) EIGHT.get(labels, row));
    }
    for (; row < labels.length; row++) {
      sum += labels[row];
    }
    return sum;
  }

  void shardEnded(long batchesOfShard) {
    endedShards++;
    promisedBatches += batchesOfShard;
  }

  /** Judges completeness after a batch; final once every shard has ended with all its batches. */
  void judge() {
    if (endedShards < shards || acceptedBatches < promisedBatches) {
      return;
    }
    reason = countMismatch();
    state = reason == null ? SetState.COMPLETE : SetState.INCONSISTENT;
  }

  private String countMismatch() {
    if (expectedRows != null && rows != expectedRows) {
      return "every shard has ended with " + rows + " of " + expectedRows + " rows";
    }
    if (strata != null) {
      for (int i = 0; i < stratumRows.length; i++) {
        Stratum stratum = strata.get(i);
        if (stratum.rate() == 1
            ? stratumRows[i] != stratum.population()
            : stratumRows[i] > stratum.population()) {
          return "stratum "
              + stratum.name()
              + " has "
              + stratumRows[i]
              + " rows of a population of "
              + stratum.population()
              + " at rate "
              + stratum.rate();
        }
      }
    }
    return null;
  }

  SetStatus status() {
    return new SetStatus(
        set,
        state,
        reason,
        List.copyOf(claims),
        rows,
        expectedRows,
        positives,
        duplicates,
        conflicts,
        duplicateRows,
        0,
        weighted,
        slices,
        rowDigest);
  }
}
