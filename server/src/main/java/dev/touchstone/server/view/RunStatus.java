package dev.touchstone.server.view;

/** How a run stands, judged by when it last spoke and by what is still open. */
public enum RunStatus {
  /** Spoke a moment ago. */
  LIVE,
  /** Silent, and nothing is open. */
  FINISHED,
  /** Silent, and its last signal is STOP. */
  STOPPED,
  /** Silent although a prediction set is unfinished or an evaluation is waiting. */
  STALE
}
