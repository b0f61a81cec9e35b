package dev.touchstone.server.forward;

/** A home does not answer or asks to be left alone for a while: the same may be tried later. */
public final class HomeAwayException extends Exception {

  private static final long serialVersionUID = 1L;

  /**
   * @param message for people; no secrets
   */
  public HomeAwayException(String message) {
    super(message);
  }

  public HomeAwayException(String message, Throwable cause) {
    super(message, cause);
  }
}
