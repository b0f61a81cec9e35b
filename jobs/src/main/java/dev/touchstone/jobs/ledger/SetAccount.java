package dev.touchstone.jobs.ledger;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.LedgerUpdate;
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

  /** Null until labels have come. */
  public Boolean floatLabels;

  /** Null until rows have come. */
  public Boolean unlabelled;

  /** Rows of label revision 0. */
  public long firstLabels;

  /** Of label batches that may not be joined yet. */
  public long labelBytes;

  public int labelsUpTo = LedgerUpdate.NO_LABELS;
  public String labelReason;
  public SetState state = SetState.RECEIVING;
  public String reason;
  public boolean unpublished;
  public long touchedMillis;

  public SetAccount() {}

  static SetAccount open(PredictionBatch first) {
    SetAccount account = new SetAccount();
    account.set = first.set();
    account.expectedRows = first.expectedRows();
    account.slices = List.of();
    if (first.plan() != null) {
      account.strata = first.plan().strata();
      account.stratumRows = new long[account.strata.size()];
    }
    return account;
  }

  /** Why {@code batch} contradicts what the set said before; null where it doesn't. */
  String contradiction(PredictionBatch batch) {
    if (shards == 0) { // the first; only labels may have come before
      return identityContradiction(batch);
    }
    if (batch.shards() != shards) {
      return "shards must stay " + shards + " over the set, got " + batch.shards();
    }
    String contradiction = identityContradiction(batch);
    if (contradiction != null) {
      return contradiction;
    }
    List<String> names = batch.slices().stream().map(SliceColumn::name).toList();
    if (!names.equals(slices)) {
      return "slices must stay " + slices + " over the set, got " + names;
    }
    if ((batch.weights() != null) != weighted) {
      return "weights must come with every batch of a set or with none";
    }
    return unlabelled != null && batch.count() > 0 && batch.lacksLabels() != unlabelled
        ? "labels must come with every batch of a set or with none"
        : null;
  }

  /** What predictions and labels must agree on. */
  private String identityContradiction(PredictionBatch batch) {
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
    if (floatLabels != null
        && batch.labels().length > 0
        && (batch.labelEncoding() == LabelEncoding.F32) != floatLabels) {
      return "label_encoding must be F32 with every batch of a set or with none";
    }
    return null;
  }

  /** Why labels that come alone contradict what the set said before; null where they don't. */
  String labelContradiction(PredictionBatch batch) {
    if (state == SetState.INCONSISTENT) {
      return "the set is inconsistent, got labels: " + reason;
    }
    if (batch.labelRevision() == 0 && Boolean.FALSE.equals(unlabelled)) {
      return "label_revision must be at least 1 for a set that came with its labels, got 0";
    }
    return identityContradiction(batch);
  }

  /** Takes in labels that came alone. */
  void addLabels(PredictionBatch batch, long bytes) {
    labelBytes += bytes;
    firstLabels += batch.labelRevision() == 0 ? batch.count() : 0;
    knowLabels(batch);
    if (expectedRows == null) {
      expectedRows = batch.expectedRows();
    }
  }

  private void knowLabels(PredictionBatch batch) {
    if (batch.labels().length > 0) {
      floatLabels = batch.labelEncoding() == LabelEncoding.F32;
    }
  }

  /** The label revision that would be joined next. */
  int nextLabels() {
    return Boolean.TRUE.equals(unlabelled) ? labelsUpTo + 1 : Math.max(1, labelsUpTo + 1);
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
  void add(PredictionBatch batch, int repeatedRows, boolean digest) {
    if (shards == 0) {
      shards = batch.shards();
      slices = batch.slices().stream().map(SliceColumn::name).toList();
      weighted = batch.weights() != null;
    }
    if (unlabelled == null && batch.count() > 0) {
      unlabelled = batch.lacksLabels();
    }
    knowLabels(batch);
    acceptedBatches++;
    duplicateRows += repeatedRows;
    rows += batch.count();
    rowDigest += digest ? RowDigest.of(batch) : 0;
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
    boolean lacksLabels = Boolean.TRUE.equals(unlabelled);
    boolean waits =
        state == SetState.COMPLETE && lacksLabels && labelsUpTo == LedgerUpdate.NO_LABELS;
    return new SetStatus(
        set,
        waits ? SetState.RECEIVING : state,
        waits
            ? "waits for labels: " + firstLabels + " of " + rows
            : state == SetState.COMPLETE ? labelReason : reason,
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
        rowDigest,
        lacksLabels,
        0,
        0);
  }
}
