package dev.touchstone.jobs.model;

import java.util.List;
import java.util.Set;

/**
 * What a report of the full tier says in numbers, under the name of one model checkpoint. A later
 * label revision takes the place of an earlier one.
 *
 * @param reportKey the prediction set and the question, see design of topic {@code reports}
 * @param setKey of the prediction set; never a sampled one
 * @param fold null: none
 * @param revision of the labels behind the values
 * @param decisionThreshold that accuracy, precision and the like are at; null where the report does
 *     not say
 * @param reused the predictions behind it came under the name of another model checkpoint
 * @param n examples behind the values
 * @param values those that are defined, of all examples first
 */
public record ExactMetrics(
    String reportKey,
    Claim claim,
    String setKey,
    String evaluationSet,
    String split,
    Integer fold,
    int revision,
    Double decisionThreshold,
    boolean reused,
    long n,
    List<Value> values) {

  /** Metrics of the binary task that depend on the decision threshold. */
  private static final Set<String> AT_THRESHOLD = Set.of("accuracy", "precision", "recall", "f1");

  /**
   * The value of a metric.
   *
   * @param slice "" for all examples
   */
  public record Value(String slice, String metric, double value) {}

  public String runId() {
    return claim.runId();
  }

  /** Whether decisions are at that threshold, to the precision of scores, as far as is said. */
  public boolean decidesAt(double threshold) {
    return decisionThreshold == null || decisionThreshold.floatValue() == (float) threshold;
  }

  /** Whether a metric of the binary task means what it means to proxies that decide there. */
  public boolean comparable(String metric, double threshold) {
    return decidesAt(threshold) || !AT_THRESHOLD.contains(metric);
  }

  /** Over all examples; null where the report has none. */
  public Double value(String metric) {
    for (Value value : values) {
      if (value.slice().isEmpty() && value.metric().equals(metric)) {
        return value.value();
      }
    }
    return null;
  }

  /** The same values under the name of another model checkpoint. */
  public ExactMetrics withClaim(Claim other) {
    return with(other, reused || !other.equals(claim), values);
  }

  /**
   * The values over all examples alone.
   *
   * @param metrics which of them; empty: all
   */
  public ExactMetrics whole(Set<String> metrics) {
    return with(
        claim,
        reused,
        values.stream()
            .filter(value -> value.slice().isEmpty())
            .filter(value -> metrics.isEmpty() || metrics.contains(value.metric()))
            .toList());
  }

  private ExactMetrics with(Claim otherClaim, boolean nowReused, List<Value> otherValues) {
    return new ExactMetrics(
        reportKey,
        otherClaim,
        setKey,
        evaluationSet,
        split,
        fold,
        revision,
        decisionThreshold,
        nowReused,
        n,
        otherValues);
  }
}
