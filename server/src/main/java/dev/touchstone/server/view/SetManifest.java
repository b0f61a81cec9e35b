package dev.touchstone.server.view;

import java.util.List;

/**
 * What the ledger knows and the cache holds of one prediction set (prediction_set.avsc).
 *
 * @param expectedRows null where neither set size nor plan says it
 * @param revision of the labels: 0 for the first ones
 * @param unknownLabels labels of examples that the set doesn't have
 */
public record SetManifest(
    String setKey,
    String state,
    String reason,
    List<Claim> claims,
    String modelDigest,
    String datasetDigest,
    String transformDigest,
    String evaluationSet,
    String split,
    Integer fold,
    boolean sampled,
    String task,
    int outputs,
    long rows,
    Long expectedRows,
    long positives,
    long duplicates,
    long conflicts,
    int revision,
    long unknownLabels,
    boolean weighted,
    List<String> slices,
    String digest,
    List<Segment> segments) {

  /** A model checkpoint whose predictions these are. */
  public record Claim(String runId, int attempt, String checkpoint, long step, Double epoch) {
    public Claim {
      Json.required(runId, "claims.run_id");
      Json.required(checkpoint, "claims.checkpoint");
      epoch = Json.finite(epoch);
    }
  }

  /** A file of the set in the prediction cache. */
  public record Segment(String file, long rows, long bytes) {}

  public SetManifest {
    Json.required(setKey, "set_key");
    Json.required(state, "state");
    claims = claims == null ? List.of() : List.copyOf(claims);
    slices = slices == null ? List.of() : List.copyOf(slices);
    segments = segments == null ? List.of() : List.copyOf(segments);
    evaluationSet = Json.orEmpty(evaluationSet);
    split = Json.orEmpty(split);
  }
}
