package dev.touchstone.jobs.model;

/**
 * Go on or stop, for a run, and what that rests on.
 *
 * @param stop false: go on
 * @param reason in words, for people
 * @param claim the model checkpoint that was judged; without one where a loss that was reported
 *     stops
 * @param outcome IMPROVED, NO_IMPROVEMENT, UNDECIDED or NOT_JUDGED
 * @param bestCheckpoint after the check
 * @param value of the metric, with what lies between {@code low} and {@code high}; null: undefined
 * @param comparedWith the best model checkpoint before; null for the first
 * @param difference this less that, with its interval; in units of the metric
 * @param alpha the error that the interval of the difference may have
 * @param checks judged so far
 * @param withoutGain of them, in a row, surely without a gain of {@code min_delta}
 * @param rule version and settings of the rule
 */
public record Signal(
    Claim claim,
    boolean stop,
    String reason,
    String outcome,
    String evaluationSet,
    String bestCheckpoint,
    String metric,
    Double value,
    Double low,
    Double high,
    String comparedWith,
    Double difference,
    Double differenceLow,
    Double differenceHigh,
    Double alpha,
    long checks,
    int withoutGain,
    String rule,
    long timestampMillis) {

  /** The same evidence with another end. */
  public Signal stopped(String otherReason, String otherRule) {
    return new Signal(
        claim,
        true,
        otherReason,
        outcome,
        evaluationSet,
        bestCheckpoint,
        metric,
        value,
        low,
        high,
        comparedWith,
        difference,
        differenceLow,
        differenceHigh,
        alpha,
        checks,
        withoutGain,
        otherRule,
        timestampMillis);
  }
}
