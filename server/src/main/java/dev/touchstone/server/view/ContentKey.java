package dev.touchstone.server.view;

import java.util.Objects;

/**
 * What predictions are of, whichever run made them.
 *
 * @param modelDigest null: not known, and so equal to nothing; likewise the other two digests
 * @param fold null: predictions of no fold
 * @param sampled predictions under a sampling plan; they never stand for the whole set
 */
public record ContentKey(
    String modelDigest,
    String datasetDigest,
    String transformDigest,
    String split,
    Integer fold,
    boolean sampled) {

  /** Whether {@code set} holds these predictions. A missing digest is a miss, never a guess. */
  boolean isOf(SetManifest set) {
    return modelDigest != null
        && datasetDigest != null
        && transformDigest != null
        && modelDigest.equals(set.modelDigest())
        && datasetDigest.equals(set.datasetDigest())
        && transformDigest.equals(set.transformDigest())
        && split.equals(set.split())
        && Objects.equals(fold, set.fold())
        && sampled == set.sampled();
  }
}
