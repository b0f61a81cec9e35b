package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;
import dev.touchstone.metrics.ThresholdRow;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** Puts a report together from both passes. Ranges may come in any order. */
final class Assembly {
  private final CoarseCounts total;
  private final BinaryOptions options;
  private final ScorePrecision precision;
  private final int shift;
  private final double unit;
  private final long positives;
  private final long negatives;
  private final boolean grid;
  private final Marks marks;
  // counts of bins at or above; one entry more than bins
  private final long[] tpFrom = new long[CoarseCounts.BINS + 1];
  private final long[] fpFrom = new long[CoarseCounts.BINS + 1];

  private final Sum128 precisionSum = Sum128.zero();
  private final Sum128 twiceAbove = Sum128.zero();
  private final Best f1 = new Best();
  private final Best ks = new Best();
  private final TreeMap<Long, long[]> fixed = new TreeMap<>(Long::compareUnsigned);
  private final TreeMap<Long, long[]> sweep = new TreeMap<>(Long::compareUnsigned);
  private final TreeMap<Long, long[]> curve = new TreeMap<>(Long::compareUnsigned);
  private long segments;

  Assembly(CoarseCounts total, List<RangeResult> ranges, BinaryOptions options) {
    this.total = total;
    this.options = options;
    this.precision = total.precision();
    this.shift = precision.bits() - 16;
    this.unit = total.unit();
    this.positives = total.units(1);
    this.negatives = total.units(0);
    this.grid = total.looksLikeProbabilities();
    this.marks =
        Marks.of(precision, options.thresholds(), options.decisionThreshold(), grid, positives);
    for (int bin = CoarseCounts.BINS - 1; bin >= 0; bin--) {
      tpFrom[bin] = tpFrom[bin + 1] + total.units(bin, 1);
      fpFrom[bin] = fpFrom[bin + 1] + total.units(bin, 0);
    }
    checkComplete(ranges);
    for (var range : ranges) {
      precisionSum.combine(range.precisionSum);
      twiceAbove.combine(range.twiceAbove);
      f1.combine(range.f1);
      ks.combine(range.ks);
      collect(range.fixed, fixed);
      collect(range.sweep, sweep);
      collect(range.curve, curve);
      segments += range.groups + range.gaps;
    }
  }

  private static void collect(Points points, TreeMap<Long, long[]> into) {
    for (int i = 0; i < points.size(); i++) {
      into.put(points.key(i), new long[] {points.tp(i), points.fp(i)});
    }
  }

  private void checkComplete(List<RangeResult> ranges) {
    var seen = new boolean[CoarseCounts.BINS];
    for (var range : ranges) {
      if (range.ranges != ranges.size() || seen[range.index]) {
        throw new IllegalArgumentException(
            "ranges must be each of "
                + range.ranges
                + " once, got "
                + ranges.size()
                + (seen[range.index] ? " with range " + range.index + " twice" : ""));
      }
      seen[range.index] = true;
    }
    if (total.invalidScores() > 0) {
      return;
    }
    var resolved = new boolean[CoarseCounts.BINS];
    for (var range : ranges) {
      for (int i = 0; i < range.binCount; i++) {
        resolved[range.bins[i]] = true;
      }
    }
    for (int bin = 0; bin < CoarseCounts.BINS; bin++) {
      if (resolved[bin] != total.rows(bin, 1) > 0) {
        throw new IllegalArgumentException(
            "ranges must come from a plan of these counts: bin "
                + bin
                + " has "
                + total.rows(bin, 1)
                + " positives and was "
                + (resolved[bin] ? "resolved" : "not resolved"));
      }
    }
  }

  BinaryReport report() {
    var metrics = new ArrayList<MetricValue>();
    String reason = rankingReason();
    metrics.add(averagePrecision(reason));
    metrics.add(rocAuc(reason));
    addProbabilityMetrics(metrics);
    metrics.add(
        reason(false) != null
            ? MetricValue.undefined("prevalence", reason(false))
            : MetricValue.defined("prevalence", positives / ((double) positives + negatives)));
    addDecision(metrics);
    addOptima(metrics, reason);
    boolean listable = total.invalidScores() == 0 && positives + negatives > 0;
    return new BinaryReport(
        total.n(),
        total.nPos(),
        unit * ((double) positives + negatives + total.skippedUnits(0) + total.skippedUnits(1)),
        unit * ((double) positives + total.skippedUnits(1)),
        total.invalidScores(),
        total.probability().clipped(),
        precision.clipEpsilon(),
        metrics,
        listable ? sweepRows() : List.of(),
        listable ? curveRows() : List.of());
  }

  /** Why nothing can be said at all, or null. */
  private String reason(boolean needsProbabilities) {
    if (total.n() == 0) {
      return "empty";
    }
    if (total.invalidScores() > 0) {
      return "invalid_score";
    }
    if (positives + negatives == 0) {
      return "zero_weight";
    }
    if (needsProbabilities && !total.probabilityMetrics()) {
      return "not_requested";
    }
    return needsProbabilities && total.probability().outside() > 0 ? "score_outside_0_1" : null;
  }

  private String rankingReason() {
    String general = reason(false);
    return general != null ? general : positives == 0 ? "no_positives" : null;
  }

  private boolean allTied() {
    return segments == 1 && tpFrom[0] + fpFrom[0] == onlyBin();
  }

  /** Units of the bin that holds the first positive. */
  private long onlyBin() {
    for (int bin = CoarseCounts.BINS - 1; bin >= 0; bin--) {
      if (total.rows(bin, 1) > 0) {
        return total.units(bin, 1) + total.units(bin, 0);
      }
    }
    return 0;
  }

  private MetricValue flagged(MetricValue value) {
    return allTied() ? value.withFlag("all_tied") : value;
  }

  private MetricValue averagePrecision(String reason) {
    if (reason != null) {
      return MetricValue.undefined("average_precision", reason);
    }
    // AP = (1/P) sum p_g * precision_g
    double value = precisionSum.toDouble() * 0x1p-62 / positives;
    var metric = flagged(MetricValue.defined("average_precision", Math.min(1, value)));
    return negatives == 0 ? metric.withFlag("no_negatives") : metric;
  }

  private MetricValue rocAuc(String reason) {
    if (reason != null || negatives == 0) {
      return MetricValue.undefined("roc_auc", reason != null ? reason : "no_negatives");
    }
    // AUC = 1 - A2 / (2 P N)
    double above = twiceAbove.toDouble() / 2 / positives / negatives;
    return flagged(MetricValue.defined("roc_auc", 1 - above));
  }

  private void addProbabilityMetrics(List<MetricValue> metrics) {
    String reason = reason(true);
    double weight = (double) positives + negatives;
    if (reason != null) {
      for (var name : List.of("log_loss", "brier", "brier_skill")) {
        metrics.add(MetricValue.undefined(name, reason));
      }
      return;
    }
    var logLoss = MetricValue.defined("log_loss", total.probability().logLoss(weight));
    metrics.add(total.probability().clipped() > 0 ? logLoss.withFlag("clipped") : logLoss);
    double brier = total.probability().brier(weight);
    metrics.add(MetricValue.defined("brier", brier));
    double rate = positives / weight;
    double uncertainty = rate * (1 - rate);
    metrics.add(
        uncertainty > 0
            ? MetricValue.defined("brier_skill", 1 - brier / uncertainty)
            : MetricValue.undefined("brier_skill", "one_class"));
  }

  private void addDecision(List<MetricValue> metrics) {
    String reason = reason(false);
    if (reason != null) {
      for (var name :
          List.of(
              "accuracy",
              "precision",
              "recall",
              "specificity",
              "f1",
              "balanced_accuracy",
              "mcc",
              "youden_j")) {
        metrics.add(MetricValue.undefined(name, reason));
      }
      return;
    }
    var row = row(precision.key(options.decisionThreshold()));
    String absent = positives == 0 ? "no_positives" : negatives == 0 ? "no_negatives" : null;
    metrics.add(value("accuracy", row.accuracy(), null));
    metrics.add(value("precision", row.precision(), "no_predicted_positives"));
    metrics.add(value("recall", row.recall(), "no_positives"));
    metrics.add(value("specificity", row.specificity(), "no_negatives"));
    metrics.add(value("f1", row.f1(), "no_positives"));
    metrics.add(value("balanced_accuracy", row.balancedAccuracy(), absent));
    metrics.add(value("mcc", row.mcc(), "zero_margin"));
    metrics.add(value("youden_j", row.youdenJ(), absent));
  }

  private static MetricValue value(String name, OptionalDouble value, String reason) {
    return value.isPresent()
        ? MetricValue.defined(name, value.getAsDouble())
        : MetricValue.undefined(name, reason);
  }

  private void addOptima(List<MetricValue> metrics, String reason) {
    if (reason != null) {
      metrics.add(MetricValue.undefined("max_f1", reason));
      metrics.add(MetricValue.undefined("max_f1_threshold", reason));
    } else {
      metrics.add(MetricValue.defined("max_f1", f1.value()));
      metrics.add(MetricValue.defined("max_f1_threshold", precision.score(f1.key())));
    }
    metrics.add(
        reason == null && negatives > 0
            ? MetricValue.defined("ks", Math.max(0, ks.value()))
            : MetricValue.undefined("ks", reason != null ? reason : "no_negatives"));
  }

  /** The confusion table at a fixed threshold. */
  private ThresholdRow row(long key) {
    long[] counts = fixed.get(key);
    if (counts != null) {
      return row(key, counts[0], counts[1]);
    }
    // at the start of a bin, or in an empty one: a bin that it splits would have been resolved
    int bin = (int) (key >>> shift);
    boolean atStart = key == (long) bin << shift;
    return row(key, tpFrom[atStart ? bin : bin + 1], fpFrom[atStart ? bin : bin + 1]);
  }

  private ThresholdRow row(long key, long tp, long fp) {
    double threshold = precision.score(key);
    return new ThresholdRow(
        Double.isNaN(threshold) ? Double.POSITIVE_INFINITY : threshold,
        unit * tp,
        unit * fp,
        unit * (positives - tp),
        unit * (negatives - fp));
  }

  private List<ThresholdRow> sweepRows() {
    if (grid) {
      for (int i = 0; i < Marks.gridSize(options.thresholds()); i++) {
        sweep.putIfAbsent(precision.key(Marks.gridThreshold(i, options.thresholds())), null);
      }
    }
    var rows = new ArrayList<ThresholdRow>();
    sweep
        .descendingMap()
        .forEach(
            (key, counts) -> rows.add(counts == null ? row(key) : row(key, counts[0], counts[1])));
    return rows;
  }

  private List<ThresholdRow> curveRows() {
    var rows = new ArrayList<ThresholdRow>();
    rows.add(new ThresholdRow(Double.POSITIVE_INFINITY, 0, 0, unit * positives, unit * negatives));
    curve
        .descendingMap()
        .forEach(
            (key, counts) -> {
              var row = row(key, counts[0], counts[1]);
              if (!sameCounts(rows.get(rows.size() - 1), row)) {
                rows.add(row);
              }
            });
    int lowest = 0;
    while (tpFrom[lowest + 1] == positives && fpFrom[lowest + 1] == negatives) {
      lowest++;
    }
    var last = row((long) lowest << shift, positives, negatives);
    if (!sameCounts(rows.get(rows.size() - 1), last)) {
      rows.add(last);
    }
    return rows;
  }

  private static boolean sameCounts(ThresholdRow a, ThresholdRow b) {
    return a.tp() == b.tp() && a.fp() == b.fp();
  }
}
