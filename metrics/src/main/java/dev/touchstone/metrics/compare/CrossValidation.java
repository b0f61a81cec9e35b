package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Out-of-fold predictions of one model: every metric by fold, pooled and averaged, with the
 * interval that overlapping training sets call for.
 *
 * @param folds the fold codes, ascending
 * @param reports the report of each fold, in that order
 * @param pooled the report over all rows
 * @param level confidence level of the averaged metrics
 */
public record CrossValidation(
    List<Integer> folds, List<BinaryReport> reports, BinaryReport pooled, double level) {
  private static final int MOST_FOLDS = 1_000;

  /** Copies the lists. */
  public CrossValidation {
    folds = List.copyOf(folds);
    reports = List.copyOf(reports);
  }

  /**
   * Evaluates every fold and the whole.
   *
   * @param foldOfRow the fold in which a row was held out, any codes
   * @throws IllegalArgumentException for fewer than 2 folds or more than 1,000
   */
  public static CrossValidation evaluate(ScoredRows rows, int[] foldOfRow, BinaryOptions options) {
    if (foldOfRow.length != rows.size()) {
      throw new IllegalArgumentException(
          "folds must be as many as rows (" + rows.size() + "), got " + foldOfRow.length);
    }
    int[] codes = distinct(foldOfRow);
    if (codes.length < 2 || codes.length > MOST_FOLDS) {
      throw new IllegalArgumentException(
          "folds must be 2 to " + MOST_FOLDS + ", got " + codes.length);
    }
    int[] sizes = new int[codes.length];
    int[] indexes = new int[foldOfRow.length];
    for (int i = 0; i < foldOfRow.length; i++) {
      indexes[i] = Arrays.binarySearch(codes, foldOfRow[i]);
      sizes[indexes[i]]++;
    }
    int[][] members = new int[codes.length][];
    for (int fold = 0; fold < codes.length; fold++) {
      members[fold] = new int[sizes[fold]];
      sizes[fold] = 0;
    }
    for (int i = 0; i < indexes.length; i++) {
      members[indexes[i]][sizes[indexes[i]]++] = i;
    }
    var reports = new ArrayList<BinaryReport>();
    for (int[] member : members) {
      reports.add(report(rows.pick(member), options));
    }
    return new CrossValidation(
        Arrays.stream(codes).boxed().toList(), reports, report(rows, options), options.level());
  }

  private static int[] distinct(int[] values) {
    int[] sorted = values.clone();
    Arrays.sort(sorted);
    int count = 0;
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        sorted[count++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, count);
  }

  static BinaryReport report(ScoredRows rows, BinaryOptions options) {
    return rows.floats() != null
        ? BinaryEvaluation.evaluate(rows.floats(), rows.labels(), rows.weights(), options)
        : BinaryEvaluation.evaluate(rows.doubles(), rows.labels(), rows.weights(), options);
  }

  /** One metric by fold, pooled and averaged. */
  public FoldMetric metric(String name) {
    return FoldMetric.of(
        name, reports.stream().map(r -> r.metric(name)).toList(), pooled.metric(name), level);
  }

  /** Every metric of the pooled report. */
  public List<FoldMetric> metrics() {
    return pooled.metrics().stream().map(m -> metric(m.name())).toList();
  }

  /**
   * Compares two models fold by fold: the mean of the folds' differences with the corrected
   * resampled t interval, for every metric of {@link PairedComparison#METRICS}.
   *
   * @param leastEffects by metric name; see {@link CompareOptions#leastEffects()}
   * @throws IllegalArgumentException unless both have the same folds of the same sizes
   */
  public static List<MetricComparison> compare(
      CrossValidation baseline, CrossValidation candidate, Map<String, Double> leastEffects) {
    if (!baseline.folds.equals(candidate.folds)) {
      throw new IllegalArgumentException(
          "both models must have the same folds, got "
              + baseline.folds
              + " and "
              + candidate.folds);
    }
    for (int i = 0; i < baseline.folds.size(); i++) {
      var a = baseline.reports.get(i);
      var b = candidate.reports.get(i);
      if (a.n() != b.n() || a.nPos() != b.nPos()) {
        throw new IllegalArgumentException(
            "both models must have the same examples, but fold "
                + baseline.folds.get(i)
                + " has "
                + a.n()
                + " rows with "
                + a.nPos()
                + " positives and "
                + b.n()
                + " with "
                + b.nPos());
      }
    }
    var comparisons = new ArrayList<MetricComparison>();
    PairedComparison.METRICS.forEach(
        (name, direction) ->
            comparisons.add(
                compare(
                    name, direction, baseline, candidate, leastEffects.getOrDefault(name, 0.0))));
    return comparisons;
  }

  private static MetricComparison compare(
      String name,
      Direction direction,
      CrossValidation baseline,
      CrossValidation candidate,
      double leastEffect) {
    var a = baseline.metric(name);
    var b = candidate.metric(name);
    if (!a.averaged().isDefined() || !b.averaged().isDefined()) {
      return MetricComparison.undefined(name, direction, "undefined_in_a_fold", leastEffect);
    }
    double[] differences = new double[a.perFold().size()];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = b.perFold().get(i).value() - a.perFold().get(i).value();
    }
    var t = CorrectedResampledT.ofFolds(differences);
    if (t.variance() == 0) {
      return MetricComparison.withoutInterval(
          name,
          direction,
          a.averaged().value(),
          b.averaged().value(),
          t.mean(),
          "zero_variance",
          leastEffect);
    }
    return MetricComparison.of(
        name,
        direction,
        a.averaged().value(),
        b.averaged().value(),
        t.mean(),
        t.interval(baseline.level),
        t.pValue(),
        leastEffect);
  }
}
