package dev.touchstone.server.view;

import java.io.IOException;

/** Where evaluation requests go. */
public interface RequestSink extends AutoCloseable {

  /**
   * Hands a request to the engine; returns once it can't be lost.
   *
   * @throws IOException if that did not succeed in time; the request may or may not have got
   *     through, and asking again under the same id is safe
   */
  void write(EvaluationRequest request) throws IOException;

  /**
   * Tells the engine that nobody waits for that trigger any more; returns once it can't be lost.
   *
   * @throws IOException as for {@link #write}; again is safe
   */
  void withdraw(String triggerId) throws IOException;

  @Override
  default void close() {}
}
