package dev.touchstone.jobs.model;

import java.util.List;

/**
 * A reporting group of every row.
 *
 * @param codes one byte a row, unsigned, into {@code dictionary}
 */
public record SliceColumn(String name, List<String> dictionary, byte[] codes) {}
