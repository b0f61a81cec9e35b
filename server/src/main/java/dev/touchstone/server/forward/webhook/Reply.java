package dev.touchstone.server.forward.webhook;

/** What a receiver's status means for the message. */
enum Reply {
  /** It has it. */
  TAKEN,
  /** It is too busy or too new; any message would fare the same. */
  LATER,
  /** It failed, maybe on this message: later, but not forever. */
  FAILED,
  /** Nobody is there any more. */
  GONE,
  /** It moved; where to is not asked, since messages are for one address. */
  MOVED,
  /** It does not know us. */
  UNAUTHORIZED,
  /** It does not want this message. */
  REJECTED;

  static Reply classify(int status) {
    if (status >= 200 && status < 300) {
      return TAKEN;
    }
    if (status >= 300 && status < 400) {
      return MOVED;
    }
    return switch (status) {
      case 401, 403 -> UNAUTHORIZED;
      case 410 -> GONE;
      // 408 request timeout, 425 too early, 429 too many requests
      case 408, 425, 429, 502, 503, 504 -> LATER;
      default -> status >= 500 ? FAILED : REJECTED;
    };
  }
}
