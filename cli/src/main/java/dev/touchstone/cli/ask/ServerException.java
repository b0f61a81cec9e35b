package dev.touchstone.cli.ask;

/** The server refused, or there is none; the message says what to do. */
final class ServerException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean refused;

  ServerException(String message, boolean refused) {
    super(message);
    this.refused = refused;
  }

  /** Whether the question was at fault, and not the way to the server. */
  boolean isRefused() {
    return refused;
  }
}
