package dev.touchstone.jobs.model;

/**
 * How far an evaluation has come, for those who wait.
 *
 * @param ahead QUEUED: evaluations under way or waiting when this one joined them
 * @param pass RUNNING: which pass over the rows, from 1
 * @param splitsDone of this pass
 */
public record Progress(
    Trigger trigger,
    State state,
    int ahead,
    int pass,
    int passes,
    int splitsDone,
    int splitsTotal,
    long timestampMillis) {

  /** Waits for its turn. */
  public static Progress queued(Trigger trigger, int ahead, long timestampMillis) {
    return new Progress(trigger, State.QUEUED, ahead, 0, 0, 0, 0, timestampMillis);
  }

  /** The trigger has ended: there is nothing more to say. */
  public static Progress ended(Outcome outcome) {
    return new Progress(outcome.trigger(), State.ENDED, 0, 0, 0, 0, 0, outcome.finishedAtMillis());
  }

  /** What a trigger is doing. */
  public enum State {
    QUEUED,
    RUNNING,
    ENDED
  }
}
