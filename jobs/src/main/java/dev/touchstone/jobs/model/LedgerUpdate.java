package dev.touchstone.jobs.model;

/**
 * The ledger's word on a set after one event.
 *
 * @param batch newly accepted, its rows never seen before, or labels; null where only the status
 *     changed
 * @param status after the event
 * @param repeats of each row that was left out of the batch, since its example was there before:
 *     its id and its {@link RowDigest#row hash}; null for none
 * @param forgotten the set was deleted from the cache: nothing of it is known any longer, and its
 *     predictions may come anew
 * @param labelsUpTo all rows are there and all labels of the revisions up to this one, which may be
 *     joined; {@value #NO_LABELS} for none
 */
public record LedgerUpdate(
    SetStatus status, PredictionBatch batch, long[] repeats, boolean forgotten, int labelsUpTo) {

  /** No label revision is there. */
  public static final int NO_LABELS = -1;

  /** A change of the status alone. */
  public static LedgerUpdate of(SetStatus status, int labelsUpTo) {
    return new LedgerUpdate(status, null, null, false, labelsUpTo);
  }

  public String setKey() {
    return status.set().setKey();
  }
}
