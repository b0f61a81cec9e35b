package dev.touchstone.jobs.model;

/**
 * A full evaluation that the fast tier asks for, since its proxies leave something open.
 *
 * @param requestId the same for the same model checkpoint: after a restart it asks once more, and
 *     once counts
 */
public record WantedEvaluation(
    String requestId,
    Claim claim,
    String evaluationSet,
    String split,
    Integer fold,
    long timestampMillis) {

  public static WantedEvaluation of(Standing standing, long timestampMillis) {
    Claim claim = standing.claim();
    SetIdentity set = standing.set();
    return new WantedEvaluation(
        "signals|" + claim.runId() + "/" + claim.attempt() + "/" + claim.checkpoint(),
        claim,
        set.evaluationSet(),
        set.split(),
        set.fold(),
        timestampMillis);
  }
}
