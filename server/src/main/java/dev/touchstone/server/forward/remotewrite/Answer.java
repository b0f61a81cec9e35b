package dev.touchstone.server.forward.remotewrite;

import java.util.Locale;

/** What a receiver's answer to a write means. */
enum Answer {
  /** It has the samples. */
  DELIVERED,
  /** A sample is older than the last of its series. */
  OUT_OF_ORDER,
  /** A series has another value at that moment already. */
  DUPLICATE,
  /** A sample is older than anything that the receiver still takes, whatever its series. */
  OUT_OF_BOUNDS,
  /** A sample is older than the window in which the receiver takes late ones. */
  TOO_OLD,
  /** The request is larger than the receiver takes. */
  TOO_LARGE,
  /** Something in the request is not as it should be. */
  INVALID,
  /** The receiver failed; perhaps on this request, perhaps it is ill itself. */
  SERVER_ERROR,
  /** The receiver is away, is busy, or does not let us in: not the samples' fault. */
  TRY_LATER;

  /** The reason that is counted. */
  String reason() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a part of the request may be good. */
  boolean isRefusal() {
    return switch (this) {
      case DELIVERED, SERVER_ERROR, TRY_LATER -> false;
      default -> true;
    };
  }

  /**
   * Sorts an answer by its status, and by the words of Prometheus (2.42 to 3) where the status says
   * too little: what is too old is 500 in 2.42, as if the server had failed, and 400 later.
   *
   * @param status of HTTP
   * @param body of the answer, as text
   */
  static Answer classify(int status, String body) {
    if (status >= 200 && status < 300) {
      return DELIVERED;
    }
    if (status == 400 || status == 422 || status == 500) {
      Answer said = said(body.toLowerCase(Locale.ROOT).replace('-', ' '));
      if (said != null) {
        return said;
      }
      return status == 500 ? SERVER_ERROR : INVALID;
    }
    if (status == 413) {
      return TOO_LARGE;
    }
    // 408, 429 and 5xx pass; a wrong address or token is mended by a person, and costs no sample
    return TRY_LATER;
  }

  private static Answer said(String body) {
    if (body.contains("too old")) {
      return TOO_OLD;
    }
    if (body.contains("out of bounds")) {
      return OUT_OF_BOUNDS;
    }
    if (body.contains("out of order")) {
      return OUT_OF_ORDER;
    }
    if (body.contains("duplicate sample")) {
      return DUPLICATE;
    }
    return null;
  }
}
