package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BinaryPropertyTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults().withThresholds(20);

  record Case(long seed, int n, boolean weighted) {}

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    for (int seed = 0; seed < 3 * RandomRows.SHAPES; seed++) {
      cases.add(new Case(seed, 3 + 13 * (seed % 23), seed % 3 == 1));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheDefinitions(Case c) {
    var rows = RandomRows.of(c.seed, c.n, c.weighted);
    var report = BinaryEvaluation.evaluate(rows.scores(), rows.labels(), rows.weights(), OPTIONS);
    double[] doubles = new double[rows.size()];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = rows.scores()[i];
    }
    var ofDoubles = BinaryEvaluation.evaluate(doubles, rows.labels(), rows.weights(), OPTIONS);
    for (var each : List.of(report, ofDoubles)) {
      double[] all =
          BruteForce.counts(rows.scores(), rows.labels(), rows.weights(), Double.NEGATIVE_INFINITY);
      if (all[0] > 0) {
        close(
            each.metric("average_precision"),
            BruteForce.averagePrecision(rows.scores(), rows.labels(), rows.weights()));
        close(
            each.metric("max_f1"), BruteForce.maxF1(rows.scores(), rows.labels(), rows.weights()));
        var atBest =
            BruteForce.counts(
                rows.scores(),
                rows.labels(),
                rows.weights(),
                each.metric("max_f1_threshold").value());
        assertThat(2 * atBest[0] / (all[0] + atBest[0] + atBest[1]))
            .isCloseTo(each.metric("max_f1").value(), within(1e-12));
      } else {
        assertThat(each.metric("average_precision").reason()).isEqualTo("no_positives");
      }
      if (all[0] > 0 && all[1] > 0) {
        close(
            each.metric("roc_auc"),
            BruteForce.rocAuc(rows.scores(), rows.labels(), rows.weights()));
        close(each.metric("ks"), BruteForce.ks(rows.scores(), rows.labels(), rows.weights()));
      }
      assertThat(each.sweep()).hasSizeLessThanOrEqualTo(20);
      var listed = new ArrayList<ThresholdRow>(each.sweep());
      listed.addAll(each.curve());
      for (var row : listed) {
        double[] counts =
            BruteForce.counts(rows.scores(), rows.labels(), rows.weights(), row.threshold());
        if (row.threshold() < Double.POSITIVE_INFINITY) {
          assertThat(new double[] {row.tp(), row.fp()})
              .as("seed %d threshold %s", c.seed, row.threshold())
              .containsExactly(counts);
        }
        assertThat(row.tp() + row.fn()).isEqualTo(all[0]);
        assertThat(row.fp() + row.tn()).isEqualTo(all[1]);
      }
      for (int i = 1; i < each.sweep().size(); i++) {
        assertThat(each.sweep().get(i).threshold()).isLessThan(each.sweep().get(i - 1).threshold());
      }
      for (int i = 1; i < each.curve().size(); i++) {
        assertThat(each.curve().get(i).tp()).isGreaterThanOrEqualTo(each.curve().get(i - 1).tp());
        assertThat(each.curve().get(i).fp()).isGreaterThanOrEqualTo(each.curve().get(i - 1).fp());
      }
    }
  }

  private static void close(MetricValue actual, double expected) {
    assertThat(actual.value()).as(actual.name()).isCloseTo(expected, within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void areasAndOperatingPointsAgreeWithTheDefinitions(Case c) {
    var rows = RandomRows.of(c.seed, 5 * c.n, c.weighted);
    var truth = new BruteCurve(rows);
    if (truth.positives == 0 || truth.negatives == 0) {
      return;
    }
    var questions =
        new Questions(
            List.of(0.3, 0.8),
            List.of(0.5, 1.0),
            List.of(0.0, 0.2),
            List.of(0.1, 1.0),
            List.of(1L, 7L),
            List.of(2.0),
            0.3,
            1,
            7,
            3);
    var report =
        BinaryEvaluation.evaluate(
            rows.scores(), rows.labels(), rows.weights(), OPTIONS.withQuestions(questions));
    close(report.metric("pr_auc_trapezoid"), truth.trapezoid());
    close(report.metric("pr_auc_interpolated"), truth.interpolated(), 1e-6);
    close(report.metric("partial_roc_auc_0.3"), truth.partial(0.3));
    double standardised = 0.5 * (1 + (truth.partial(0.3) - 0.045) / (0.3 - 0.045));
    close(report.metric("partial_roc_auc_0.3_standardised"), standardised);
    double tolerance = c.weighted ? 1e-9 : 1e-12; // the end of a fraction falls on a unit of weight
    double all = truth.positives + truth.negatives;
    double tenth = c.weighted ? 0.1 * all : Math.ceil(0.1 * all - 1e-9);
    close(report.metric("gain_at_0.1"), truth.top(tenth) / truth.positives, tolerance);
    close(
        report.metric("lift_at_0.1"),
        truth.top(tenth) / tenth / (truth.positives / all),
        10 * tolerance);
    close(report.metric("gain_at_1"), 1);
    close(report.metric("lift_at_1"), 1);
    for (int k : new int[] {1, 7}) {
      if (k <= all) {
        close(report.metric("precision_at_top_" + k), truth.top(k) / k);
        close(report.metric("recall_at_top_" + k), truth.top(k) / truth.positives);
      } else {
        assertThat(report.metric("precision_at_top_" + k).reason()).isEqualTo("fewer_rows");
      }
    }
    for (double precision : new double[] {0.3, 0.8}) {
      double best =
          truth.best(
              (tp, fp) ->
                  tp >= 3 && tp >= precision * (tp + fp) - 1e-12 ? tp / truth.positives : -1);
      var metric = report.metric("recall_at_precision_" + precision);
      if (best < 0) {
        assertThat(metric.reason()).isEqualTo("precision_not_reached");
      } else {
        close(metric, best);
      }
    }
    close(
        report.metric("precision_at_recall_0.5"),
        truth.best((tp, fp) -> tp >= 0.5 * truth.positives ? tp / (tp + fp) : -1));
    close(
        report.metric("precision_at_recall_1"),
        truth.best((tp, fp) -> tp == truth.positives ? tp / (tp + fp) : -1));
    close(
        report.metric("recall_at_fpr_0.2"),
        Math.max(
            0,
            truth.best(
                (tp, fp) -> fp <= 0.2 * truth.negatives + 1e-12 ? tp / truth.positives : -1)));
    close(
        report.metric("min_cost"),
        Math.min(7 * truth.positives, -truth.best((tp, fp) -> -(fp + 7 * (truth.positives - tp)))));
    close(
        report.metric("max_youden_j"),
        truth.best((tp, fp) -> tp > 0 ? tp / truth.positives - fp / truth.negatives : -1));
    double mcc = truth.best((tp, fp) -> tp > 0 ? truth.mcc(tp, fp) : Double.NEGATIVE_INFINITY);
    if (mcc == Double.NEGATIVE_INFINITY) {
      assertThat(report.metric("max_mcc").reason()).isEqualTo("zero_margin");
    } else {
      close(report.metric("max_mcc"), mcc);
    }
    for (var point : report.operatingPoints()) {
      if (point.row() != null && point.row().threshold() < Double.POSITIVE_INFINITY) {
        assertThat(new double[] {point.row().tp(), point.row().fp()})
            .as(point.name())
            .containsExactly(
                BruteForce.counts(
                    rows.scores(), rows.labels(), rows.weights(), point.row().threshold()));
      }
    }
  }

  private static void close(MetricValue actual, double expected, double tolerance) {
    assertThat(actual.value()).as(actual.name()).isCloseTo(expected, within(tolerance));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void varianceIsThatOfTheInfluenceValues(Case c) {
    var rows = RandomRows.of(c.seed, 4 * c.n, c.weighted);
    var truth = new BruteCurve(rows);
    if (truth.positives == 0 || truth.negatives == 0) {
      return;
    }
    double[] expected = truth.variances();
    var total = CoarseCounts.of(OPTIONS);
    feed(total, rows, 0, rows.size());
    var results = new ArrayList<RangeResult>();
    for (var task : ResolvePlan.of(total, OPTIONS, 7).ranges()) {
      var scan = RangeScan.of(task);
      feed(scan, rows, 0, rows.size());
      results.add(scan.result());
    }
    var pooled = Pooled.of(total, results, OPTIONS);
    double ap = BruteForce.averagePrecision(rows.scores(), rows.labels(), rows.weights());
    assertThat(pooled.averagePrecisionVariance(ap))
        .isCloseTo(expected[0], within(1e-12 + 1e-9 * expected[0]));
    double auc = BruteForce.rocAuc(rows.scores(), rows.labels(), rows.weights());
    if (truth.positives > 1 && truth.negatives > 1) {
      assertThat(pooled.rocAucVariance(auc))
          .isCloseTo(expected[1], within(1e-12 + 1e-9 * expected[1]));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  @Tag("slow")
  void anyOrderPartitionAndRangesGiveIdenticalBytes(Case c) {
    var rows = RandomRows.of(c.seed, 40 * c.n, c.weighted);
    var options = OPTIONS.withWeightBits(20);
    var whole = evaluate(rows, options, 1, Long.MAX_VALUE, c.seed);
    for (int run = 1; run <= 2; run++) {
      var parts = evaluate(rows.shuffled(run), options, 3 * run, run == 1 ? 1 : c.n, c.seed + run);
      assertThat(parts.counts).as("counts, seed %d", c.seed).isEqualTo(whole.counts);
      assertThat(parts.report).as("report, seed %d", c.seed).isEqualTo(whole.report);
    }
    var inMemory = BinaryEvaluation.evaluate(rows.scores(), rows.labels(), rows.weights(), options);
    if (!c.weighted) { // in memory, weights have a finer unit
      assertThat(inMemory).isEqualTo(whole.report);
    }
    for (int threads = 2; threads <= 3; threads++) {
      var shuffled = rows.shuffled(threads);
      var threaded =
          BinaryEvaluation.evaluate(
              shuffled.scores(),
              shuffled.labels(),
              shuffled.weights(),
              options.withThreads(threads));
      assertThat(threaded).isEqualTo(inMemory);
    }
  }

  private record Outcome(byte[] counts, BinaryReport report) {}

  /** Both passes as a cluster would run them: parts, bytes in between, any order. */
  private static Outcome evaluate(
      RandomRows rows, BinaryOptions options, int parts, long maxRows, long seed) {
    var random = new SplittableRandom(seed);
    int[] bounds = new int[parts + 1];
    for (int i = 1; i < parts; i++) {
      bounds[i] = random.nextInt(rows.size() + 1);
    }
    bounds[parts] = rows.size();
    java.util.Arrays.sort(bounds);
    var total = CoarseCounts.of(options);
    for (int i = 0; i < parts; i++) {
      var part = CoarseCounts.of(options);
      feed(part, rows, bounds[i], bounds[i + 1]);
      total.combine(CoarseCounts.fromBytes(part.toBytes()));
    }
    var results = new ArrayList<RangeResult>();
    for (var task : ResolvePlan.of(total, options, maxRows).ranges()) {
      var range = RangeTask.fromBytes(task.toBytes());
      RangeScan scan = RangeScan.of(range);
      for (int i = parts - 1; i >= 0; i--) {
        var part = RangeScan.of(range);
        feed(part, rows, bounds[i], bounds[i + 1]);
        scan.combine(part);
      }
      results.add(RangeResult.fromBytes(scan.result().toBytes()));
    }
    Collections.shuffle(results, new java.util.Random(seed));
    return new Outcome(total.toBytes(), BinaryReport.assemble(total, results, options));
  }

  private static void feed(RowAccumulator into, RandomRows rows, int from, int to) {
    if (rows.weights() == null) {
      into.accept(rows.scoreBytes(), 4 * from, rows.labels(), from, to - from);
    } else {
      into.accept(
          rows.scoreBytes(),
          4 * from,
          rows.labels(),
          from,
          rows.weightBytes(),
          4 * from,
          to - from);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void integerWeightsEqualCopiesAndZeroEqualsAbsence(Case c) {
    var rows = RandomRows.of(c.seed, c.n, false);
    var random = new SplittableRandom(c.seed);
    double[] weights = new double[c.n];
    var scores = new ArrayList<Float>();
    var labels = new ArrayList<Byte>();
    for (int i = 0; i < c.n; i++) {
      weights[i] = random.nextInt(4);
      for (int copy = 0; copy < weights[i]; copy++) {
        scores.add(rows.scores()[i]);
        labels.add(rows.labels()[i]);
      }
    }
    float[] copiedScores = new float[scores.size()];
    byte[] copiedLabels = new byte[scores.size()];
    for (int i = 0; i < copiedScores.length; i++) {
      copiedScores[i] = scores.get(i);
      copiedLabels[i] = labels.get(i);
    }
    var weighted = BinaryEvaluation.evaluate(rows.scores(), rows.labels(), weights, OPTIONS);
    var copied = BinaryEvaluation.evaluate(copiedScores, copiedLabels, null, OPTIONS);
    for (var metric : copied.metrics()) {
      var actual = weighted.metric(metric.name());
      boolean counted = metric.name().matches("(lift|gain)_.*|ece_debiased|mce");
      if (copiedScores.length > 0 && metric.isDefined() && !counted) {
        close(actual, metric.value());
      }
    }
    assertThat(weighted.calibration().size()).isEqualTo(copied.calibration().size());
    assertThat(weighted.curve()).isEqualTo(copied.curve());
    assertThat(weighted.sweep()).isEqualTo(copied.sweep());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void negatedScoresMirrorTheRocCurve(Case c) {
    var rows = RandomRows.of(c.seed, c.n, c.weighted);
    float[] negated = new float[c.n];
    byte[] swapped = new byte[c.n];
    for (int i = 0; i < c.n; i++) {
      negated[i] = -rows.scores()[i];
      swapped[i] = (byte) (1 - rows.labels()[i]);
    }
    var auc = evaluated(rows.scores(), rows.labels(), rows.weights());
    if (auc.isDefined()) {
      close(auc, 1 - evaluated(negated, rows.labels(), rows.weights()).value());
      close(auc, 1 - evaluated(rows.scores(), swapped, rows.weights()).value());
    }
  }

  private static MetricValue evaluated(float[] scores, byte[] labels, double[] weights) {
    return BinaryEvaluation.evaluate(scores, labels, weights, OPTIONS).metric("roc_auc");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void increasingMapsChangeNoRankingMetric(Case c) {
    var rows = RandomRows.of(c.seed, c.n, c.weighted);
    float[] mapped = new float[c.n];
    for (int i = 0; i < c.n; i++) {
      mapped[i] = 2 * rows.scores()[i]; // injective, also at the extremes of these shapes
    }
    var before = BinaryEvaluation.evaluate(rows.scores(), rows.labels(), rows.weights(), OPTIONS);
    var after = BinaryEvaluation.evaluate(mapped, rows.labels(), rows.weights(), OPTIONS);
    for (var name : List.of("average_precision", "roc_auc", "max_f1", "ks")) {
      assertThat(after.metric(name)).isEqualTo(before.metric(name));
    }
  }
}
