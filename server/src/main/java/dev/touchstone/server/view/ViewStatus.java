package dev.touchstone.server.view;

import java.util.Map;

/**
 * How much the view holds, has read and has dropped.
 *
 * @param records messages read, by topic
 * @param lastRecords when the newest of them was written, by topic, milliseconds since the epoch
 * @param outcomes triggers that ended, by state; one whose report was restated counts again
 * @param unreadable messages that were not what their topic promises, by topic
 * @param lastUnreadable why the last of them was not; null without one
 * @param droppedRuns runs that went because of a limit; likewise series (not taken in) and reports
 */
public record ViewStatus(
    int runs,
    int series,
    int points,
    int sets,
    int evaluations,
    int waiting,
    int reports,
    long reportBytes,
    Map<String, Long> records,
    Map<String, Long> lastRecords,
    Map<String, Long> outcomes,
    Map<String, Long> unreadable,
    String lastUnreadable,
    long droppedRuns,
    long droppedSeriesPoints,
    long droppedReports) {}
