package dev.touchstone.jobs.model;

import java.util.List;

/**
 * A prediction set as the cache holds it.
 *
 * @param segments empty until the set is COMPLETE
 */
public record SetManifest(SetStatus status, List<Segment> segments) {

  public String setKey() {
    return status.set().setKey();
  }

  /** What is said of the set once its files are gone. */
  public SetManifest deleted() {
    return new SetManifest(status.deleted(), List.of());
  }
}
