package dev.touchstone.server.view;

import java.util.HashMap;
import java.util.Map;

/** Keeps one copy of each of the few strings that thousands of points repeat. */
final class Names {

  // a bound, since names are input: past it the table starts anew and only costs memory
  private static final int MAX = 10_000;

  private final Map<String, String> known = new HashMap<>();

  String canonical(String name) {
    if (name == null) {
      return null;
    }
    if (known.size() >= MAX) {
      known.clear();
    }
    return known.computeIfAbsent(name, n -> n);
  }
}
