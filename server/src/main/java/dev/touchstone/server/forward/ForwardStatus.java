package dev.touchstone.server.forward;

import java.util.Map;

/**
 * How one destination does; counts since the start of the server.
 *
 * @param state WORKING; WAITING while the home or Kafka is away; STOPPED
 * @param delivered results that the home has taken
 * @param refused results that it will not have, by reason
 * @param lag results not delivered yet; may be some seconds old
 * @param lastError what went wrong last; null: nothing yet
 * @param lastDelivery when something was delivered last, milliseconds since the epoch; null: never
 */
public record ForwardStatus(
    String name,
    State state,
    long delivered,
    Map<String, Long> refused,
    long lag,
    String lastError,
    Long lastDelivery) {

  public ForwardStatus {
    refused = Map.copyOf(refused);
  }

  /** Whether results flow. */
  public enum State {
    WORKING,
    WAITING,
    STOPPED
  }
}
