package dev.touchstone.jobs.model;

/**
 * The ledger's word on a set after one event.
 *
 * @param batch newly accepted, never seen before; null where only the status changed
 * @param status after the event
 */
public record LedgerUpdate(SetStatus status, PredictionBatch batch) {

  public String setKey() {
    return status.set().setKey();
  }
}
