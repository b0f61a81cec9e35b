package dev.touchstone.server.forward;

import dev.touchstone.schemas.Topics;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** All destinations of an engine, running. */
public final class Forwarding implements AutoCloseable {

  private final List<Forwarder> forwarders;

  private Forwarding(List<Forwarder> forwarders) {
    this.forwarders = forwarders;
  }

  /** Opens the log of a destination. */
  @FunctionalInterface
  public interface Logs {

    /**
     * @param name of the destination; its position is kept under it
     * @param topics full names; those that don't exist yet are awaited
     */
    ResultLog open(String name, Set<String> topics);
  }

  /** Starts a thread for each destination; takes them over, and closes them. */
  public static Forwarding start(
      List<Destination> destinations, Topics topics, Logs logs, Clock clock) {
    return start(destinations, topics, logs, clock, Backoff.DEFAULT);
  }

  static Forwarding start(
      List<Destination> destinations, Topics topics, Logs logs, Clock clock, Backoff backoff) {
    var reader = new ResultReader(topics);
    List<Forwarder> forwarders = new ArrayList<>();
    for (Destination destination : destinations) {
      var names =
          destination.kinds().stream()
              .map(kind -> kind.topic(topics))
              .collect(Collectors.toUnmodifiableSet());
      ResultLog log = logs.open(destination.name(), names);
      forwarders.add(new Forwarder(destination, log, reader, clock, backoff));
    }
    forwarders.forEach(Forwarder::start);
    return new Forwarding(List.copyOf(forwarders));
  }

  /** How each destination does, in the order of the settings. */
  public List<ForwardStatus> status() {
    return forwarders.stream().map(Forwarder::status).toList();
  }

  @Override
  public void close() {
    forwarders.forEach(Forwarder::stop); // all at once: each may be in the middle of something
    forwarders.forEach(Forwarder::close);
  }
}
