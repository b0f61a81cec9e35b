package dev.touchstone.jobs.model;

import java.util.List;

/**
 * What the ledger knows of one prediction set.
 *
 * @param reason why the set is INCONSISTENT, what it waits for, or that its files were deleted; or
 *     null
 * @param claims the model checkpoints that sent it, in order of first arrival
 * @param rows accepted
 * @param expectedRows promised, or null
 * @param duplicates batches that came again and were dropped
 * @param conflicts batches that contradicted an accepted one
 * @param duplicateRows rows of accepted batches whose example was there before, and which therefore
 *     don't count: what ranks pad their last batch with
 * @param conflictingRows those of them that differ from the row that counts; known to the cache
 * @param weighted some batch brought weights
 * @param slices names of the slice columns
 * @param rowDigest sum over the rows of a hash of each: the same whatever the order and the batches
 * @param unlabelled its predictions came without labels; known until the cache has joined them
 * @param revision of the labels in the cache: 0 for the first ones
 * @param unknownLabels labels of examples that the set doesn't have; known to the cache
 */
public record SetStatus(
    SetIdentity set,
    SetState state,
    String reason,
    List<Claim> claims,
    long rows,
    Long expectedRows,
    long positives,
    long duplicates,
    long conflicts,
    long duplicateRows,
    long conflictingRows,
    boolean weighted,
    List<String> slices,
    long rowDigest,
    boolean unlabelled,
    int revision,
    long unknownLabels) {

  /** A set that came with its labels, none of which were corrected. */
  public SetStatus(
      SetIdentity set,
      SetState state,
      String reason,
      List<Claim> claims,
      long rows,
      Long expectedRows,
      long positives,
      long duplicates,
      long conflicts,
      long duplicateRows,
      long conflictingRows,
      boolean weighted,
      List<String> slices,
      long rowDigest) {
    this(
        set,
        state,
        reason,
        claims,
        rows,
        expectedRows,
        positives,
        duplicates,
        conflicts,
        duplicateRows,
        conflictingRows,
        weighted,
        slices,
        rowDigest,
        false,
        0,
        0);
  }

  /** The same with what the cache knows of repeated rows. */
  public SetStatus withConflictingRows(long count) {
    return new SetStatus(
        set,
        state,
        reason,
        claims,
        rows,
        expectedRows,
        positives,
        duplicates,
        conflicts,
        duplicateRows,
        count,
        weighted,
        slices,
        rowDigest,
        unlabelled,
        revision,
        unknownLabels);
  }

  /** The same once labels were joined to its rows. */
  public SetStatus withLabels(
      int appliedRevision, long labelledPositives, long labelledDigest, long unknown) {
    return new SetStatus(
        set,
        state,
        reason,
        claims,
        rows,
        expectedRows,
        labelledPositives,
        duplicates,
        conflicts,
        duplicateRows,
        conflictingRows,
        weighted,
        slices,
        labelledDigest,
        false,
        appliedRevision,
        unknown);
  }

  /** The same in another state. */
  public SetStatus in(SetState otherState, String otherReason) {
    return new SetStatus(
        set,
        otherState,
        otherReason,
        claims,
        rows,
        expectedRows,
        positives,
        duplicates,
        conflicts,
        duplicateRows,
        conflictingRows,
        weighted,
        slices,
        rowDigest,
        unlabelled,
        revision,
        unknownLabels);
  }

  /** What is known once the files are gone: no row is there, and all may come again. */
  public SetStatus deleted() {
    return new SetStatus(
        set,
        SetState.RECEIVING,
        "the set was deleted from the cache",
        claims,
        0,
        expectedRows,
        0,
        0,
        0,
        0,
        0,
        weighted,
        slices,
        0);
  }
}
