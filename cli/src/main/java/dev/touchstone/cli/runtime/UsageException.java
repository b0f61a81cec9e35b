package dev.touchstone.cli.runtime;

/** Something that the person at the keyboard can put right. Its message is all they need to see. */
public final class UsageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
