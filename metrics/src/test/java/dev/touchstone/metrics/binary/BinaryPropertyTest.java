package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BinaryPropertyTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults().withThresholds(20);

  record Case(long seed, int n, boolean weighted) {}

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    for (int seed = 0; seed < 5 * RandomRows.SHAPES; seed++) {
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
  void anyOrderPartitionAndRangesGiveIdenticalBytes(Case c) {
    var rows = RandomRows.of(c.seed, 40 * c.n, c.weighted);
    var options = OPTIONS.withWeightBits(20);
    var whole = evaluate(rows, options, 1, Long.MAX_VALUE, c.seed);
    for (int run = 1; run <= 4; run++) {
      var parts = evaluate(rows.shuffled(run), options, 3 * run, run == 4 ? 1 : c.n, c.seed + run);
      assertThat(parts.counts).as("counts, seed %d", c.seed).isEqualTo(whole.counts);
      assertThat(parts.report).as("report, seed %d", c.seed).isEqualTo(whole.report);
    }
    for (int threads = 1; threads <= 3; threads++) {
      var inMemory =
          BinaryEvaluation.evaluate(
              rows.scores(), rows.labels(), rows.weights(), options.withThreads(threads));
      assertThat(inMemory).isEqualTo(whole.report);
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
      if (copiedScores.length > 0 && metric.isDefined()) {
        close(actual, metric.value());
      }
    }
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
