package dev.touchstone.jobs.model;

/**
 * One immutable file of the cache.
 *
 * @param file name within the set's directory, derived from the file's content
 */
public record Segment(String file, long rows, long bytes) {}
