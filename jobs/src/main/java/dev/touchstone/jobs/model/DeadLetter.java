package dev.touchstone.jobs.model;

/**
 * A message that was refused: whole, as it came, with the reason.
 *
 * @param source where it came from, bytes included
 * @param reason key, rule and value
 */
public record DeadLetter(RawMessage source, String reason) {}
