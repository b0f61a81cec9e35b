package dev.touchstone.server.view;

/**
 * Something that the view learned.
 *
 * @param type {@code point}, {@code set}, {@code checkpoint}, {@code evaluation}, {@code signal},
 *     {@code verdict} or {@code dead_letter}
 * @param runId null where no one run is meant
 * @param data prints as JSON
 */
public record Change(String type, String runId, Object data) {}
