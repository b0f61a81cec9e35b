package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Writes the report of pooled passes: every metric, its interval, or why there is none. */
final class Assembly {
  private static final String NOT_REQUESTED = "not_requested";

  private final Pooled pooled;
  private final CoarseCounts total;
  private final BinaryOptions options;
  private final double positives;
  private final double negatives;
  private final double weight;
  private final boolean full;
  private final List<MetricValue> metrics = new ArrayList<>();
  private final List<OperatingPoint> points = new ArrayList<>();
  private List<CalibrationBin> calibration = List.of();
  private CalibrationSums calibrationSums; // once they are asked for

  Assembly(Pooled pooled, BinaryOptions options) {
    this.pooled = pooled;
    this.total = pooled.total;
    this.options = options;
    this.positives = pooled.positives();
    this.negatives = pooled.negatives();
    this.weight = positives + negatives;
    this.full = options.suite() == Suite.FULL;
  }

  BinaryReport report() {
    String reason = rankingReason();
    metrics.add(averagePrecision(reason));
    metrics.add(rocAuc(reason));
    addProbabilityMetrics();
    addPrevalence();
    addDecision();
    addOptima(reason);
    addAreas(reason);
    addConstraints(reason);
    addTops(reason);
    addCalibration();
    boolean listable = total.invalidScores() == 0 && weight > 0;
    return new BinaryReport(
        total.n(),
        total.nPos(),
        pooled.unit * (weight + total.skippedUnits(0) + total.skippedUnits(1)),
        pooled.unit * (positives + total.skippedUnits(1)),
        total.invalidScores(),
        total.probability().clipped(),
        pooled.precision.clipEpsilon(),
        metrics,
        listable ? sweepRows() : List.of(),
        listable ? curveRows() : List.of(),
        points,
        calibration);
  }

  /** Why nothing can be said at all, or null. */
  private String generalReason() {
    if (total.n() == 0) {
      return "empty";
    }
    if (total.invalidScores() > 0) {
      return "invalid_score";
    }
    return weight == 0 ? "zero_weight" : null;
  }

  private String rankingReason() {
    String general = generalReason();
    return general != null ? general : positives == 0 ? "no_positives" : null;
  }

  private String bothClassesReason(String ranking) {
    return ranking != null ? ranking : negatives == 0 ? "no_negatives" : null;
  }

  private String probabilityReason() {
    String general = generalReason();
    if (general != null) {
      return general;
    }
    if (!total.probabilityMetrics()) {
      return NOT_REQUESTED;
    }
    return total.probability().outside() > 0 ? "score_outside_0_1" : null;
  }

  private void undefined(String name, String reason) {
    metrics.add(MetricValue.undefined(name, reason));
  }

  private MetricValue flagged(MetricValue value) {
    return pooled.allTied() ? value.withFlag("all_tied") : value;
  }

  private MetricValue averagePrecision(String reason) {
    if (reason != null) {
      return MetricValue.undefined("average_precision", reason);
    }
    // AP = (1/P) sum p_g * precision_g
    double value = Math.min(1, pooled.sum.precisionSum.toDouble() * 0x1p-62 / positives);
    var metric = flagged(MetricValue.defined("average_precision", value));
    metric = negatives == 0 ? metric.withFlag("no_negatives") : metric;
    return full
        ? RankingIntervals.averagePrecision(
            metric,
            pooled.averagePrecisionVariance(value),
            pooled.effective(1),
            negatives,
            options.level())
        : metric.withoutInterval(NOT_REQUESTED);
  }

  private MetricValue rocAuc(String reason) {
    String why = bothClassesReason(reason);
    if (why != null) {
      return MetricValue.undefined("roc_auc", why);
    }
    // AUC = 1 - A2 / (2 P N)
    double value = 1 - pooled.sum.twiceAbove.toDouble() / 2 / positives / negatives;
    var metric = flagged(MetricValue.defined("roc_auc", value));
    return full
        ? RankingIntervals.rocAuc(
            metric,
            pooled.rocAucVariance(value),
            pooled.effective(1),
            pooled.effective(0),
            options.level())
        : metric.withoutInterval(NOT_REQUESTED);
  }

  private void addProbabilityMetrics() {
    String reason = probabilityReason();
    if (reason != null) {
      List.of("log_loss", "brier", "brier_skill").forEach(name -> undefined(name, reason));
      return;
    }
    var sums = total.probability();
    double loss = sums.logLoss(weight);
    double squaredWeights = pooled.squares(0) + pooled.squares(1);
    var logLoss =
        mean(
            "log_loss",
            loss,
            total.weighted()
                ? sums.spread().logLossError(loss, weight, squaredWeights)
                : error(loss, sums.meanSquaredLogLoss(weight)));
    metrics.add(sums.clipped() > 0 ? logLoss.withFlag("clipped") : logLoss);
    var errors = calibrationSums();
    double brier = errors.squaredErrors() / weight;
    metrics.add(
        mean(
            "brier",
            brier,
            total.weighted()
                ? sums.spread().brierError(brier, weight, squaredWeights)
                : error(brier, errors.fourthPowers() / weight)));
    double rate = positives / weight;
    double uncertainty = rate * (1 - rate);
    metrics.add(
        uncertainty > 0
            ? MetricValue.defined("brier_skill", 1 - brier / uncertainty)
            : MetricValue.undefined("brier_skill", "one_class"));
  }

  private double error(double mean, double meanSquare) {
    return Math.sqrt(Math.max(0, meanSquare - mean * mean) / (weight - 1));
  }

  /** A mean of losses with the normal interval of a mean; with weights of a ratio. */
  private MetricValue mean(String name, double value, double error) {
    if (weight * weight / (pooled.squares(0) + pooled.squares(1)) < 2) {
      return MetricValue.defined(name, value, "too_few_rows");
    }
    return MetricValue.defined(
        name,
        value,
        Intervals.normal(
            value,
            error,
            0,
            Double.MAX_VALUE,
            options.level(),
            total.weighted() ? "hajek_normal" : "normal"));
  }

  private void addPrevalence() {
    String reason = generalReason();
    if (reason != null) {
      undefined("prevalence", reason);
      return;
    }
    double rate = positives / weight;
    double effective = weight * weight / (pooled.squares(0) + pooled.squares(1));
    metrics.add(
        MetricValue.defined(
            "prevalence", rate, Intervals.wilson(rate, effective, options.level())));
  }

  private void addDecision() {
    String reason = generalReason();
    if (reason != null) {
      DecisionMetrics.NAMES.forEach(name -> undefined(name, reason));
      options.questions().betas().forEach(b -> undefined("f" + Questions.label(b), reason));
      return;
    }
    long key = pooled.precision.key(options.decisionThreshold());
    var row = pooled.row(key);
    points.add(new OperatingPoint("decision", row, null));
    new DecisionMetrics(row, pooled.squaresAt(key), options.level())
        .addTo(metrics, options.questions().betas());
  }

  /** A metric at the threshold that a criterion chose; chosen on the same rows, so no interval. */
  private void addBest(
      String name, Best best, String reason, ToDoubleFunction<ThresholdRow> value) {
    if (reason != null || !best.exists()) {
      String why = reason != null ? reason : "zero_margin";
      undefined(name, why);
      points.add(new OperatingPoint(name, null, why));
      return;
    }
    var row = pooled.row(best.key(), best.tp(), best.fp());
    metrics.add(MetricValue.defined(name, value.applyAsDouble(row), "threshold_selected"));
    points.add(new OperatingPoint(name, row, null));
  }

  private void addOptima(String reason) {
    var sum = pooled.sum;
    addBest("max_f1", sum.f1, reason, row -> row.f1().orElseThrow());
    metrics.add(
        reason != null
            ? MetricValue.undefined("max_f1_threshold", reason)
            : MetricValue.defined(
                "max_f1_threshold", pooled.precision.score(sum.f1.key()), "threshold_selected"));
    String both = bothClassesReason(reason);
    metrics.add(
        both != null
            ? MetricValue.undefined("ks", both)
            : MetricValue.defined("ks", Math.max(0, sum.ks.value()), "threshold_selected"));
    String detailed = both != null ? both : full ? null : NOT_REQUESTED;
    addBest("max_youden_j", sum.youden, detailed, row -> row.youdenJ().orElseThrow());
    addBest("max_mcc", sum.mcc, detailed, row -> row.mcc().orElseThrow());
    var questions = options.questions();
    if (questions.hasCosts()) {
      var cost = new Best();
      cost.combine(sum.cost);
      if (reason == null) {
        // predicting nothing is a choice too, at the highest threshold of all
        cost.offer(-questions.falseNegativeCost() * positives, -1L, 0, 0);
      }
      String why = reason != null ? reason : full ? null : NOT_REQUESTED;
      addBest(
          "min_cost",
          cost,
          why,
          row ->
              questions.falsePositiveCost() * row.fp() + questions.falseNegativeCost() * row.fn());
    }
  }

  private void addAreas(String reason) {
    double f = options.questions().maxFpr();
    String partial = "partial_roc_auc_" + Questions.label(f);
    String standardised = partial + "_standardised";
    String detailed = reason != null ? reason : full ? null : NOT_REQUESTED;
    if (detailed != null) {
      List.of("pr_auc_interpolated", "pr_auc_trapezoid", partial, standardised)
          .forEach(name -> undefined(name, detailed));
      return;
    }
    metrics.add(
        MetricValue.defined(
            "pr_auc_interpolated", Math.min(1, pooled.sum.interpolatedSum.value() / positives)));
    metrics.add(
        MetricValue.defined(
            "pr_auc_trapezoid", pooled.sum.trapezoidSum.toDouble() * 0x1p-62 / positives));
    if (negatives == 0) {
      undefined(partial, "no_negatives");
      undefined(standardised, "no_negatives");
      return;
    }
    double area = pooled.sum.twicePartial.toDouble() / 2;
    long[] cut = pooled.sum.cut;
    if (cut != null) {
      double step = pooled.plan.partialLimit() - cut[2];
      // linear inside the tie group that the limit cuts
      area += step * (cut[0] + (double) cut[1] * step / cut[3] / 2);
    }
    double value = area / positives / negatives;
    metrics.add(MetricValue.defined(partial, value));
    // McClish 1989
    metrics.add(
        f < 1
            ? MetricValue.defined(standardised, 0.5 * (1 + (value - f * f / 2) / (f - f * f / 2)))
            : MetricValue.defined(standardised, value));
  }

  private void addConstraints(String reason) {
    var questions = options.questions();
    var sum = pooled.sum;
    String detailed = reason != null ? reason : full ? null : NOT_REQUESTED;
    for (int i = 0; i < sum.atPrecision.length; i++) {
      var best = sum.atPrecision[i];
      addBest(
          "recall_at_precision_" + Questions.label(questions.precisions().get(i)),
          best,
          detailed != null ? detailed : best.exists() ? null : "precision_not_reached",
          row -> row.recall().orElseThrow());
    }
    for (int i = 0; i < sum.atRecall.length; i++) {
      addBest(
          "precision_at_recall_" + Questions.label(questions.recalls().get(i)),
          sum.atRecall[i],
          detailed,
          row -> row.precision().orElseThrow());
    }
    String both = detailed != null ? detailed : bothClassesReason(reason);
    for (int i = 0; i < sum.atFpr.length; i++) {
      var best = new Best();
      best.combine(sum.atFpr[i]);
      best.offer(0, -1L, 0, 0); // predicting nothing has no false positive
      addBest(
          "recall_at_fpr_" + Questions.label(questions.fprs().get(i)),
          best,
          both,
          row -> row.recall().orElseThrow());
    }
  }

  private void addTops(String reason) {
    String detailed = reason != null ? reason : full ? null : NOT_REQUESTED;
    for (double fraction : options.questions().fractions()) {
      var label = Questions.label(fraction);
      long rank =
          detailed != null
              ? 0
              : FoldPlan.topOfFraction(fraction, pooled.plan.positives() + pooled.plan.negatives());
      addTop("lift_at_" + label, rank, detailed, tp -> tp / rank / (positives / weight));
      addTop("gain_at_" + label, rank, detailed, tp -> tp / positives);
    }
    for (long k : options.questions().ks()) {
      long rank = FoldPlan.topOfCount(k, pooled.unit);
      String why = detailed == null && rank > weight ? "fewer_rows" : detailed;
      addTop("precision_at_top_" + k, rank, why, tp -> tp / rank);
      addTop("recall_at_top_" + k, rank, why, tp -> tp / positives);
    }
  }

  private void addTop(
      String name, long rank, String reason, java.util.function.DoubleUnaryOperator value) {
    if (reason != null) {
      undefined(name, reason);
      return;
    }
    var metric = MetricValue.defined(name, value.applyAsDouble(pooled.topTruePositives(rank)));
    metrics.add(pooled.tieAt(rank) ? metric.withFlag("tie_at_k") : metric);
  }

  private CalibrationSums calibrationSums() {
    if (calibrationSums == null) {
      calibrationSums = new CalibrationSums(total);
    }
    return calibrationSums;
  }

  private void addCalibration() {
    String reason = probabilityReason();
    if (reason != null) {
      Calibration.NAMES.forEach(name -> undefined(name, reason));
      return;
    }
    var answers = new Calibration(total, calibrationSums(), weight, options.level());
    answers.addTo(metrics);
    calibration = answers.equalMass();
  }

  private List<ThresholdRow> sweepRows() {
    var rows = new TreeMap<Long, ThresholdRow>(Long::compareUnsigned);
    var sweep = pooled.sum.sweep;
    for (int i = 0; i < sweep.size(); i++) {
      rows.put(sweep.key(i), pooled.row(sweep.key(i), sweep.tp(i), sweep.fp(i)));
    }
    for (int i = 0; pooled.grid && i < Marks.gridSize(options.thresholds()); i++) {
      rows.computeIfAbsent(
          pooled.precision.key(Marks.gridThreshold(i, options.thresholds())), pooled::row);
    }
    return new ArrayList<>(rows.descendingMap().values());
  }

  private List<ThresholdRow> curveRows() {
    var rows = new TreeMap<Long, ThresholdRow>(Long::compareUnsigned);
    var curve = pooled.sum.curve;
    for (int i = 0; i < curve.size(); i++) {
      rows.put(curve.key(i), pooled.row(curve.key(i), curve.tp(i), curve.fp(i)));
    }
    var vertices = new ArrayList<ThresholdRow>();
    vertices.add(pooled.nothing());
    for (var row : rows.descendingMap().values()) {
      addVertex(vertices, row);
    }
    addVertex(vertices, pooled.everything());
    return vertices;
  }

  private static void addVertex(List<ThresholdRow> vertices, ThresholdRow row) {
    var last = vertices.get(vertices.size() - 1);
    if (last.tp() != row.tp() || last.fp() != row.fp()) {
      vertices.add(row);
    }
  }
}
