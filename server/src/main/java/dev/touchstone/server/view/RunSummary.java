package dev.touchstone.server.view;

/**
 * A run in a list.
 *
 * @param firstSeen milliseconds since the epoch, as {@code lastSeen}
 * @param step the last step that has a point; null without one
 * @param checkpoints model checkpoints seen
 * @param evaluated model checkpoints that have a full report
 * @param waiting triggers of the full tier without an outcome
 * @param received predictions accepted, over all sets of the run
 * @param expected predictions that these sets will hold; null where one does not say
 * @param duplicates batches received again and dropped
 * @param conflicts batches that contradicted one received before
 * @param deadLetters messages that name this run and were refused
 * @param signal CONTINUE, STOP or null
 * @param fullEvaluationsAvoided checks that were decided without one; null where nothing counts
 *     them
 * @param inferenceAvoided examples that need not be scored, being left out of a sample or scored
 *     before; null where nothing counts them
 * @param headline null before the first point
 */
public record RunSummary(
    String runId,
    int attempt,
    RunStatus status,
    long firstSeen,
    long lastSeen,
    Long step,
    Double epoch,
    int checkpoints,
    int evaluated,
    int waiting,
    long received,
    Long expected,
    long duplicates,
    long conflicts,
    long deadLetters,
    String signal,
    Long fullEvaluationsAvoided,
    Long inferenceAvoided,
    Headline headline) {

  RunSummary withStatus(RunStatus now) {
    return new RunSummary(
        runId,
        attempt,
        now,
        firstSeen,
        lastSeen,
        step,
        epoch,
        checkpoints,
        evaluated,
        waiting,
        received,
        expected,
        duplicates,
        conflicts,
        deadLetters,
        signal,
        fullEvaluationsAvoided,
        inferenceAvoided,
        headline);
  }
}
