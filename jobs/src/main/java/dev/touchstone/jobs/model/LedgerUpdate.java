package dev.touchstone.jobs.model;

/**
 * The ledger's word on a set after one event.
 *
 * @param batch newly accepted, its rows never seen before; null where only the status changed
 * @param status after the event
 * @param repeats of each row that was left out of the batch, since its example was there before:
 *     its id and its {@link RowDigest#row hash}; null for none
 * @param forgotten the set was deleted from the cache: nothing of it is known any longer, and its
 *     predictions may come anew
 */
public record LedgerUpdate(
    SetStatus status, PredictionBatch batch, long[] repeats, boolean forgotten) {

  /** A change of the status alone. */
  public static LedgerUpdate of(SetStatus status) {
    return new LedgerUpdate(status, null, null, false);
  }

  public String setKey() {
    return status.set().setKey();
  }
}
