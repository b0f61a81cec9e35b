package dev.touchstone.jobs.model;

/**
 * A message on its way to the subtask that keeps its prediction set.
 *
 * @param message a batch, not yet checked; null: the set was deleted from the cache
 */
public record KeyedMessage(String setKey, RawMessage message) {}
