package dev.touchstone.schemas;

/**
 * A message that can't be read as what its topic promises. The message says which rule it broke.
 */
public final class MalformedMessageException extends Exception {

  private static final long serialVersionUID = 1L;

  public MalformedMessageException(String message) {
    super(message);
  }

  public MalformedMessageException(String message, Throwable cause) {
    super(message, cause);
  }
}
