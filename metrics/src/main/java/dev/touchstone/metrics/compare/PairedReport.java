package dev.touchstone.metrics.compare;

import java.util.List;
import java.util.Objects;

/**
 * Two models on the same examples.
 *
 * @param coverage how many examples both have
 * @param n examples compared, those of weight 0 excluded
 * @param nPos examples of label 1 among them
 * @param metrics every metric of {@link PairedComparison#METRICS} once, in that order
 * @param mcnemar right and wrong decisions, in examples whatever their weights; null when a score
 *     is NaN
 * @param flips decisions that differ, in examples; null when a score is NaN
 */
public record PairedReport(
    JoinCoverage coverage,
    long n,
    long nPos,
    List<MetricComparison> metrics,
    McNemar mcnemar,
    DecisionFlips flips) {
  /** Copies the list. */
  public PairedReport {
    Objects.requireNonNull(coverage, "coverage");
    metrics = List.copyOf(metrics);
  }

  /** The metric of that name; an {@link IllegalArgumentException} names what there is instead. */
  public MetricComparison metric(String name) {
    return metrics.stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no metric "
                        + name
                        + "; there are "
                        + metrics.stream().map(MetricComparison::name).toList()));
  }
}
