package dev.touchstone.jobs.model;

/**
 * How one trigger ended. Exactly one a trigger.
 *
 * @param reason null on EVALUATED and REUSED
 * @param set null where no prediction set was found
 * @param reportKey where the report is found; null where there is none
 * @param reportJson the report, on EVALUATED; the same bytes however it was computed
 * @param costJson what computing took, on EVALUATED
 * @param revision of the labels behind the report; 0 where there is none
 */
public record Outcome(
    Trigger trigger,
    State state,
    String reason,
    SetIdentity set,
    String requestHash,
    String reportKey,
    String reportJson,
    String costJson,
    long finishedAtMillis,
    int revision) {

  /** An outcome that has no report. */
  public static Outcome without(
      Trigger trigger,
      State state,
      String reason,
      SetIdentity set,
      String requestHash,
      long finishedAtMillis) {
    return new Outcome(
        trigger, state, reason, set, requestHash, null, null, null, finishedAtMillis, 0);
  }

  /** Whether there is a report, new or not. */
  public boolean hasReport() {
    return reportKey != null;
  }

  /** The terminal states. */
  public enum State {
    /** A report was computed for this trigger. */
    EVALUATED,
    /** The report existed or was being computed for another trigger. */
    REUSED,
    /** A newer trigger took its place. */
    SUPERSEDED,
    /** The predictions were not complete when the deadline came. */
    INCOMPLETE,
    /**
     * Nobody waits any more: the trigger was read after its deadline, or withdrawn. Not a failure:
     * there is nothing to look into.
     */
    EXPIRED,
    /** Something is wrong with the request or the cached data. */
    FAILED
  }
}
