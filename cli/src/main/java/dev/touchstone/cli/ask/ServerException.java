package dev.touchstone.cli.ask;

/** The server refused, or there is none; the message says what to do. */
final class ServerException extends Exception {

  private static final long serialVersionUID = 1L;
  private static final int UNAVAILABLE = 503;

  private final int status;

  /**
   * @param status of HTTP; 0: there was no answer of a server of ours
   */
  ServerException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** Whether the question was at fault, and not the way to the server. */
  boolean isRefused() {
    return status >= 400 && status < 500;
  }

  /** Whether the server is there and asks for patience. */
  boolean isBusy() {
    return status == UNAVAILABLE;
  }
}
