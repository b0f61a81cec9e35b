package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import java.util.List;

/**
 * Everything an exact binary evaluation answers.
 *
 * @param n rows, invalid ones included
 * @param nPos rows with label 1, invalid ones included
 * @param weightTotal sum of weights (the number of rows without weights)
 * @param weightPos sum of weights of rows with label 1
 * @param invalidScores rows whose score is NaN
 * @param clippedCount rows whose probability was clipped for the log loss
 * @param clipEpsilon the clip: probabilities are taken in [eps, 1 - eps]
 * @param metrics every metric once, in a fixed order
 * @param sweep descending thresholds, at most as many as asked for (equal ones are given once)
 * @param curve descending vertices with corner points kept, for drawing; never for areas
 * @param operatingPoints thresholds that answer a question, in a fixed order
 * @param calibration reliability curve of equal-mass bins, ascending; empty without probabilities
 */
public record BinaryReport(
    long n,
    long nPos,
    double weightTotal,
    double weightPos,
    long invalidScores,
    long clippedCount,
    double clipEpsilon,
    List<MetricValue> metrics,
    List<ThresholdRow> sweep,
    List<ThresholdRow> curve,
    List<OperatingPoint> operatingPoints,
    List<CalibrationBin> calibration) {
  /** Copies the lists. */
  public BinaryReport {
    metrics = List.copyOf(metrics);
    sweep = List.copyOf(sweep);
    curve = List.copyOf(curve);
    operatingPoints = List.copyOf(operatingPoints);
    calibration = List.copyOf(calibration);
  }

  /** A report without operating points and calibration. */
  public BinaryReport(
      long n,
      long nPos,
      double weightTotal,
      double weightPos,
      long invalidScores,
      long clippedCount,
      double clipEpsilon,
      List<MetricValue> metrics,
      List<ThresholdRow> sweep,
      List<ThresholdRow> curve) {
    this(
        n,
        nPos,
        weightTotal,
        weightPos,
        invalidScores,
        clippedCount,
        clipEpsilon,
        metrics,
        sweep,
        curve,
        List.of(),
        List.of());
  }

  /** The metric of that name; an {@link IllegalArgumentException} names what there is instead. */
  public MetricValue metric(String name) {
    return metrics.stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no metric "
                        + name
                        + "; there are "
                        + metrics.stream().map(MetricValue::name).toList()));
  }

  /** The operating point of that name. */
  public OperatingPoint operatingPoint(String name) {
    return operatingPoints.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no operating point "
                        + name
                        + "; there are "
                        + operatingPoints.stream().map(OperatingPoint::name).toList()));
  }

  /**
   * The report from pass 1 over all rows and pass 2 over all ranges of its plan, in any order.
   *
   * @throws IllegalArgumentException when a range is missing, given twice or of another plan
   */
  public static BinaryReport assemble(
      CoarseCounts total, List<RangeResult> ranges, BinaryOptions options) {
    return new Assembly(Pooled.of(total, ranges, options), options).report();
  }
}
