package dev.touchstone.jobs.model;

/**
 * A report that could not be made.
 *
 * @param triggerId of the trigger that ended so
 * @param finishedAtMillis when it ended
 */
public record FailedReport(String reportKey, String triggerId, long finishedAtMillis) {}
