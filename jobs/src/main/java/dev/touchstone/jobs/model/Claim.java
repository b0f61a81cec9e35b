package dev.touchstone.jobs.model;

/**
 * One model checkpoint of one run, as the owner of a prediction set. Several may claim the same
 * set: a restarted attempt, or another run of the same model on the same data.
 *
 * @param epoch fractional; null where unknown
 */
public record Claim(String runId, int attempt, String checkpoint, long step, Double epoch) {

  public Claim {
    runId = Names.shared(runId);
    checkpoint = Names.shared(checkpoint);
  }
}
