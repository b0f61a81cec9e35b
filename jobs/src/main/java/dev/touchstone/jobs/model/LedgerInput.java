package dev.touchstone.jobs.model;

/**
 * What the ledger hears of a prediction set.
 *
 * @param batch checked; null: the set was deleted from the cache
 */
public record LedgerInput(String setKey, PredictionBatch batch) {

  public static LedgerInput of(PredictionBatch batch) {
    return new LedgerInput(batch.set().setKey(), batch);
  }
}
