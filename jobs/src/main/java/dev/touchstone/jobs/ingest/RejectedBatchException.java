package dev.touchstone.jobs.ingest;

/** A message that breaks a rule of the contract. The message gives key, rule and value. */
final class RejectedBatchException extends Exception {

  private static final long serialVersionUID = 1L;

  RejectedBatchException(String message) {
    super(message);
  }
}
