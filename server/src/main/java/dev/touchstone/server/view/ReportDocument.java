package dev.touchstone.server.view;

/**
 * A report and the outcome that led to it.
 *
 * @param body UTF-8 JSON, {@code touchstone.report/1}
 */
public record ReportDocument(Outcome outcome, byte[] body) {}
