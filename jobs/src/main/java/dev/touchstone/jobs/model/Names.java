package dev.touchstone.jobs.model;

/**
 * Lets equal names share one string. Each message brings its own copies of the few names that all
 * of a run's messages hold, and state would keep them for as long as it remembers a set.
 */
final class Names {

  private static final int BITS = 12;

  /** By hash; whoever comes last stays. Strings are immutable, so a race only costs a copy. */
  private static final String[] RECENT = new String[1 << BITS];

  private Names() {}

  /** An equal string: the one that was last seen, if that is known. Null stays null. */
  static String shared(String name) {
    if (name == null) {
      return null;
    }
    int place = name.hashCode() * 0x9E3779B9 >>> Integer.SIZE - BITS;
    String known = RECENT[place];
    if (name.equals(known)) {
      return known;
    }
    RECENT[place] = name;
    return name;
  }
}
