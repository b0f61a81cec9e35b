package dev.touchstone.server.view;

import java.util.HashMap;
import java.util.Map;

/** Keeps one copy of each of the few values (names, places) that thousands of points repeat. */
final class Names {

  // a bound, since names are input: past it the table starts anew and only costs memory
  private static final int MAX = 10_000;

  private final Map<Object, Object> known = new HashMap<>();

  /** A value equal to {@code value}; the same object for equal ones. */
  @SuppressWarnings("unchecked") // what is found is equal to the value, and so of its class
  <T> T canonical(T value) {
    if (value == null) {
      return null;
    }
    if (known.size() >= MAX) {
      known.clear();
    }
    return (T) known.computeIfAbsent(value, n -> n);
  }
}
