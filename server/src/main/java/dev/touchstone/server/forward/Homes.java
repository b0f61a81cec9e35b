package dev.touchstone.server.forward;

import java.util.ArrayList;
import java.util.List;

/** Makes the destinations that the settings ask for. */
public final class Homes {

  private Homes() {}

  /**
   * The destinations, ready to be started; none of them has spoken to its home yet.
   *
   * @throws IllegalArgumentException if a setting is wrong: says key, rule and value
   */
  public static List<Destination> of(ForwardSettings settings) {
    List<Destination> homes = new ArrayList<>();
    return homes;
  }
}
