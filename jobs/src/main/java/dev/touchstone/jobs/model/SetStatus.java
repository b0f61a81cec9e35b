package dev.touchstone.jobs.model;

import java.util.List;

/**
 * What the ledger knows of one prediction set.
 *
 * @param reason why the set is INCONSISTENT, or that its files were deleted; or null
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
    long rowDigest) {

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
        rowDigest);
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
