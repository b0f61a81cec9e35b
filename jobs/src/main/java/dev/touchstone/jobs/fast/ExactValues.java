package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.Standing;
import java.util.HashMap;
import java.util.Map;

/**
 * What the full tier says of one model checkpoint, over all examples.
 *
 * @param attempt -1 where the report doesn't say
 * @param on evaluation set, split and fold
 * @param revision of the labels
 * @param values by metric
 */
public record ExactValues(
    String checkpoint, int attempt, String on, int revision, Map<String, Double> values) {

  /**
   * @param threshold that the proxies decide at: of a report at another one, what depends on it
   *     says nothing here
   */
  static ExactValues of(ExactMetrics exact, double threshold) {
    Map<String, Double> values = new HashMap<>();
    for (ExactMetrics.Value value : exact.values()) {
      if (value.slice().isEmpty() && exact.comparable(value.metric(), threshold)) {
        values.put(value.metric(), value.value());
      }
    }
    return new ExactValues(
        exact.claim().checkpoint(),
        exact.claim().attempt(),
        On.whole(exact.evaluationSet(), exact.split(), exact.fold()),
        exact.revision(),
        values);
  }

  boolean about(ExactValues other) {
    return other.checkpoint.equals(checkpoint) && other.attempt == attempt && other.on.equals(on);
  }

  boolean about(Standing standing) {
    return standing.claim().checkpoint().equals(checkpoint)
        && (attempt < 0 || standing.claim().attempt() == attempt)
        && On.whole(standing.set()).equals(on);
  }
}
