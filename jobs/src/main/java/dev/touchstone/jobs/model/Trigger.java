package dev.touchstone.jobs.model;

/**
 * Something asks for a full evaluation.
 *
 * @param id unique; the same id again is the same question
 * @param kind CHECKPOINT or REQUEST
 * @param evaluationSet null: the only one of that model checkpoint
 * @param question what is asked
 * @param waitMillis how long missing predictions are waited for, from the trigger's arrival
 * @param priority 0 to 9: the highest is evaluated first; 0 for a model checkpoint's own trigger
 */
public record Trigger(
    String id,
    Kind kind,
    Claim claim,
    String evaluationSet,
    String split,
    Integer fold,
    Question question,
    long triggeredAtMillis,
    long waitMillis,
    int priority) {

  /** Where a trigger comes from. */
  public enum Kind {
    CHECKPOINT,
    REQUEST
  }

  /** The same under another id. */
  public Trigger withId(String otherId) {
    return new Trigger(
        otherId,
        kind,
        claim,
        evaluationSet,
        split,
        fold,
        question,
        triggeredAtMillis,
        waitMillis,
        priority);
  }

  /** Evaluations of one model checkpoint meet under this key. */
  public String checkpointKey() {
    return claim.runId() + '\u0000' + claim.checkpoint();
  }
}
