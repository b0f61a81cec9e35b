package dev.touchstone.jobs.model;

/**
 * What a prediction set is about: everything that its key is made of, and that a report shows.
 *
 * @param setKey 32 hex digits, see {@code ledger.SetKeys}
 * @param modelDigest null where unknown; so are the other digests and {@code fold}
 * @param sampled under a sampling plan; never used for a full report
 */
public record SetIdentity(
    String setKey,
    String modelDigest,
    String datasetDigest,
    String transformDigest,
    String evaluationSet,
    String split,
    Integer fold,
    boolean sampled,
    Task task,
    int outputs) {

  public SetIdentity {
    setKey = Names.shared(setKey);
    modelDigest = Names.shared(modelDigest);
    datasetDigest = Names.shared(datasetDigest);
    transformDigest = Names.shared(transformDigest);
    evaluationSet = Names.shared(evaluationSet);
    split = Names.shared(split);
  }

  /** Whether the set is the same for every run that has this model, data and transform. */
  public boolean isByContent() {
    return modelDigest != null && datasetDigest != null && transformDigest != null;
  }
}
