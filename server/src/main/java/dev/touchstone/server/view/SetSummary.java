package dev.touchstone.server.view;

import java.util.List;

/**
 * What has arrived of a prediction set.
 *
 * @param received predictions accepted so far
 * @param expected null where neither set size nor sampling plan says it
 * @param duplicates batches received again and dropped
 * @param conflicts batches that contradicted one received before
 * @param revision of the labels: 0 for the first ones
 * @param bytes in the prediction cache
 */
public record SetSummary(
    String setKey,
    String state,
    String reason,
    List<SetManifest.Claim> claims,
    String evaluationSet,
    String split,
    Integer fold,
    boolean sampled,
    String task,
    long received,
    Long expected,
    long positives,
    long duplicates,
    long conflicts,
    int revision,
    int segments,
    long bytes) {

  static SetSummary of(SetManifest m) {
    return new SetSummary(
        m.setKey(),
        m.state(),
        m.reason(),
        m.claims(),
        m.evaluationSet(),
        m.split(),
        m.fold(),
        m.sampled(),
        m.task(),
        m.rows(),
        m.expectedRows(),
        m.positives(),
        m.duplicates(),
        m.conflicts(),
        m.revision(),
        m.segments().size(),
        m.segments().stream().mapToLong(SetManifest.Segment::bytes).sum());
  }
}
