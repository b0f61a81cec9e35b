package dev.touchstone.server.forward;

import java.util.List;
import java.util.Set;

/** A home of results outside. Called from one thread. */
public interface Destination extends AutoCloseable {

  /** Unique among those of an engine and the same over restarts: its position is kept under it. */
  String name();

  /** What it is told; the rest is never read for it. */
  Set<Kind> kinds();

  /**
   * Delivers results in their order. What is refused for good is counted in the answer and not
   * tried again.
   *
   * @param results of {@link #kinds()}; at least one. After a restart, or a failure in the middle,
   *     some come again
   * @throws HomeAwayException if the same should be tried again later, all of it
   */
  Delivered deliver(List<Result> results) throws HomeAwayException;

  /** Frees what it holds. */
  @Override
  default void close() {}
}
