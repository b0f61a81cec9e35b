package dev.touchstone.server.forward.mlflow;

/** What an answer of MLflow means for what was asked. */
enum Reply {
  DONE,
  /** The server or its store is away, or wants fewer requests: the same later. */
  AWAY,
  /** It does not know us; that is for people to mend, and nothing must be lost meanwhile. */
  UNAUTHORIZED,
  /** It failed, maybe on this data: later, but not forever. */
  FAILED,
  /** There is no such run or experiment, or no such way. */
  MISSING,
  /** Somebody deleted the run, or its experiment. */
  DELETED,
  /** Another was quicker to create it. */
  EXISTS,
  /** The server keeps no artifacts for others. */
  NO_ARTIFACT_STORE,
  /** More than it takes at once. */
  TOO_LARGE,
  /** It does not want this data. */
  REJECTED;

  /**
   * Classifies an answer.
   *
   * @param code MLflow's {@code error_code}; empty where the answer has none
   * @param message MLflow's, or the body
   */
  static Reply classify(int status, String code, String message) {
    if (status >= 200 && status < 300) {
      return DONE;
    }
    // 503, but it will never be otherwise
    if (message.contains("--no-serve-artifacts")) {
      return NO_ARTIFACT_STORE;
    }
    switch (code) {
      case "RESOURCE_ALREADY_EXISTS":
        return EXISTS;
      case "RESOURCE_DOES_NOT_EXIST":
        return MISSING;
      case "REQUEST_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "TEMPORARILY_UNAVAILABLE":
        return AWAY;
      default:
        break;
    }
    if (status == 400 && message.contains("must be in the 'active' state")) {
      return DELETED;
    }
    return switch (status) {
      case 401, 403, 407 -> UNAUTHORIZED;
      case 404 -> MISSING;
      case 408, 425, 429, 502, 503, 504 -> AWAY;
      case 413 -> TOO_LARGE;
      default -> status >= 500 ? FAILED : REJECTED;
    };
  }
}
