package dev.touchstone.jobs.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Some rows of one prediction set, or labels of some of its rows, checked: every column has the
 * length that {@code count} promises and holds legal values. Arrays are shared, not copied: they
 * are the hot path and nobody writes to them.
 *
 * @param set the prediction set
 * @param claim the model checkpoint that sent this batch
 * @param expectedRows rows of the whole set; null where the sender didn't say or a plan decides
 * @param plan null for a full set
 * @param firstExampleId first of a contiguous range; used where {@code exampleIds} is null
 * @param exampleIds int64 little-endian, or null
 * @param labels {@code count} values (multilabel: {@code count × outputs}) in {@code
 *     labelEncoding}; empty where they come later
 * @param scores {@code count × outputs} float32 little-endian, row-major; no NaN; empty in a label
 *     batch
 * @param weights float32 little-endian, finite and ≥ 0; null: all 1
 * @param strata one byte a row into {@code plan.strata}; null without a plan
 * @param source the message it was read from: what a dead letter keeps when the ledger finds a
 *     conflict; null behind the ledger
 * @param labelRevision of a label batch: 0 for the first labels, n ≥ 1 for a correction; else 0
 * @param inference what making these predictions took; null where unknown
 */
public record PredictionBatch(
    SetIdentity set,
    Claim claim,
    Long expectedRows,
    SamplingPlan plan,
    int shard,
    int shards,
    long sequence,
    boolean lastOfShard,
    int count,
    long firstExampleId,
    byte[] exampleIds,
    LabelEncoding labelEncoding,
    byte[] labels,
    byte[] scores,
    byte[] weights,
    byte[] strata,
    List<SliceColumn> slices,
    BatchDigest digest,
    RawMessage source,
    int labelRevision,
    Inference inference) {

  /** Rows with scores. */
  public PredictionBatch(
      SetIdentity set,
      Claim claim,
      Long expectedRows,
      SamplingPlan plan,
      int shard,
      int shards,
      long sequence,
      boolean lastOfShard,
      int count,
      long firstExampleId,
      byte[] exampleIds,
      LabelEncoding labelEncoding,
      byte[] labels,
      byte[] scores,
      byte[] weights,
      byte[] strata,
      List<SliceColumn> slices,
      BatchDigest digest,
      RawMessage source) {
    this(
        set,
        claim,
        expectedRows,
        plan,
        shard,
        shards,
        sequence,
        lastOfShard,
        count,
        firstExampleId,
        exampleIds,
        labelEncoding,
        labels,
        scores,
        weights,
        strata,
        slices,
        digest,
        source,
        0,
        null);
  }

  /** Whether these are labels for rows that came, or come, with other batches. */
  public boolean bringsLabelsAlone() {
    return scores.length == 0 && (count > 0 || labelRevision > 0);
  }

  /** Whether these are rows whose labels come, or came, with other batches. */
  public boolean lacksLabels() {
    return count > 0 && labels.length == 0;
  }

  /** The same rows with other labels. */
  public PredictionBatch withLabels(LabelEncoding otherEncoding, byte[] otherLabels) {
    return new PredictionBatch(
        set,
        claim,
        expectedRows,
        plan,
        shard,
        shards,
        sequence,
        lastOfShard,
        count,
        firstExampleId,
        exampleIds,
        otherEncoding,
        otherLabels,
        scores,
        weights,
        strata,
        slices,
        digest,
        source);
  }

  /** The same batch without the message it came from. */
  public PredictionBatch withoutSource() {
    return new PredictionBatch(
        set,
        claim,
        expectedRows,
        plan,
        shard,
        shards,
        sequence,
        lastOfShard,
        count,
        firstExampleId,
        exampleIds,
        labelEncoding,
        labels,
        scores,
        weights,
        strata,
        slices,
        digest,
        null,
        labelRevision,
        inference);
  }

  /**
   * Rows [from, to) of this batch, under the same identity.
   *
   * @param slices of those rows
   */
  public PredictionBatch rows(int from, int to, List<SliceColumn> slices) {
    return new PredictionBatch(
        set,
        claim,
        expectedRows,
        plan,
        shard,
        shards,
        sequence,
        lastOfShard,
        to - from,
        firstExampleId + from,
        part(exampleIds, from, to),
        labelEncoding,
        part(labels, from, to),
        part(scores, from, to),
        part(weights, from, to),
        part(strata, from, to),
        slices,
        digest,
        source);
  }

  private byte[] part(byte[] column, int from, int to) {
    if (column == null || to - from == count) {
      return column;
    }
    int width = column.length / count;
    return Arrays.copyOfRange(column, from * width, to * width);
  }

  /**
   * This batch without some rows, under the same identity.
   *
   * @param rows to leave out
   */
  public PredictionBatch without(BitSet rows) {
    if (rows.isEmpty()) {
      return this;
    }
    byte[] ids = exampleIds;
    if (ids == null) {
      ByteBuffer all = ByteBuffer.allocate(Long.BYTES * count).order(ByteOrder.LITTLE_ENDIAN);
      for (int row = 0; row < count; row++) {
        all.putLong(firstExampleId + row);
      }
      ids = all.array();
    }
    return new PredictionBatch(
        set,
        claim,
        expectedRows,
        plan,
        shard,
        shards,
        sequence,
        lastOfShard,
        count - rows.cardinality(),
        0,
        kept(ids, rows),
        labelEncoding,
        kept(labels, rows),
        kept(scores, rows),
        kept(weights, rows),
        kept(strata, rows),
        slices.stream()
            .map(s -> new SliceColumn(s.name(), s.dictionary(), kept(s.codes(), rows)))
            .toList(),
        digest,
        source,
        labelRevision,
        inference);
  }

  private byte[] kept(byte[] column, BitSet without) {
    if (column == null) {
      return null;
    }
    int width = column.length / count;
    byte[] kept = new byte[column.length - width * without.cardinality()];
    int to = 0;
    for (int row = without.nextClearBit(0); row < count; row = without.nextClearBit(row + 1)) {
      System.arraycopy(column, width * row, kept, to, width);
      to += width;
    }
    return kept;
  }
}
