package dev.touchstone.jobs.fast;

import dev.touchstone.metrics.stopping.Check;

/**
 * What a rule says of one check.
 *
 * @param reason in words, or machine-readable
 * @param outcome IMPROVED, NO_IMPROVEMENT, UNDECIDED or NOT_JUDGED
 * @param comparison with the best model checkpoint before; null for none
 * @param alpha error that its interval may have; null without an interval
 * @param checks judged so far
 * @param withoutGain of them, in a row
 * @param rule version of the rule's meaning
 * @param asksFullTier whether an exact value would decide what this leaves open
 * @param after where the checks stand
 */
record Ruling(
    boolean stop,
    String reason,
    String outcome,
    Check.Comparison comparison,
    Double alpha,
    long checks,
    int withoutGain,
    String rule,
    boolean asksFullTier,
    Judged after) {

  /** Neither for want of anything to judge, nor undecided. */
  boolean decided() {
    return comparison != null && (outcome.equals("IMPROVED") || outcome.equals("NO_IMPROVEMENT"));
  }

  /** Whether an exact value may change it. */
  boolean open() {
    return outcome.equals("UNDECIDED") || outcome.equals("NOT_JUDGED");
  }
}
