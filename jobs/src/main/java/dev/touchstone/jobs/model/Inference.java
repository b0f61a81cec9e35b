package dev.touchstone.jobs.model;

/**
 * What making some predictions took.
 *
 * @param latencyMicros of each model call, at least 0; shared, not copied
 * @param peakMemoryBytes at least 0; null where unknown
 */
public record Inference(long[] latencyMicros, Long peakMemoryBytes) {}
