package dev.touchstone.jobs.model;

/**
 * One value of one metric; an upsert, see design of topic {@code metrics}. Undefined values are
 * null with a reason.
 *
 * @param timestampMillis when the value was computed
 * @param slice "" for all examples
 */
public record MetricPoint(
    long timestampMillis,
    Claim claim,
    String modelDigest,
    Tier tier,
    String evaluationSet,
    String split,
    String slice,
    String metric,
    Double value,
    Double ciLow,
    Double ciHigh,
    String ciMethod,
    Double level,
    long n,
    long positives,
    boolean complete,
    String reason,
    int revision) {

  /** Which tier computed a value. */
  public enum Tier {
    PROXY,
    FULL
  }
}
