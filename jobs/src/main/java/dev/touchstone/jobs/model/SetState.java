package dev.touchstone.jobs.model;

/** How far a prediction set has come. */
public enum SetState {
  /** Batches are missing. */
  RECEIVING,
  /** Every shard has ended, every batch is there, the counts meet. Final. */
  COMPLETE,
  /** Every shard has ended but the counts contradict what was promised. */
  INCONSISTENT
}
