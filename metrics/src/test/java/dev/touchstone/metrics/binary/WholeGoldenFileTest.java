package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.GoldenCase;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.Poisson;
import dev.touchstone.metrics.QuantileRanks;
import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.SplitMix64;
import dev.touchstone.metrics.compare.CorrectedResampledT;
import dev.touchstone.metrics.compare.DistributionShift;
import dev.touchstone.metrics.compare.McNemar;
import dev.touchstone.metrics.compare.MultipleTests;
import dev.touchstone.metrics.multiclass.MulticlassCounts;
import dev.touchstone.metrics.multiclass.MulticlassOptions;
import dev.touchstone.metrics.regression.RegressionEvaluation;
import dev.touchstone.metrics.regression.RegressionOptions;
import dev.touchstone.metrics.regression.RegressionReport;
import dev.touchstone.metrics.sampling.RankInfluence;
import dev.touchstone.metrics.sampling.XxHash64;
import dev.touchstone.metrics.sequential.AsymptoticSequence;
import dev.touchstone.metrics.sequential.EmpiricalBernstein;
import dev.touchstone.metrics.sequential.NormalMixture;
import dev.touchstone.metrics.sequential.StitchedBoundary;
import dev.touchstone.metrics.shared.Moments;
import dev.touchstone.metrics.shared.WideSum;
import dev.touchstone.metrics.stopping.KerasPatience;
import dev.touchstone.metrics.stopping.LightningPatience;
import dev.touchstone.metrics.stopping.MannKendall;
import dev.touchstone.metrics.stopping.Mode;
import dev.touchstone.metrics.stopping.PatienceState;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every case of the golden file, and every value that a case expects: a case without a check fails,
 * and so does a value that its check left out.
 */
class WholeGoldenFileTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults();

  static List<JsonNode> cases() {
    return Golden.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyExpectedValueHolds(JsonNode golden) {
    var c = new GoldenCase(golden);
    check(c);
    assertThat(c.open()).as("expected values of %s that nothing asserts", c.id()).isEmpty();
  }

  @Test
  void theFileHasAllItsCases() {
    assertThat(cases()).hasSize(54);
    assertThat(cases().stream().map(c -> c.get("id").asText()).distinct()).hasSize(54);
  }

  @Test
  void aCaseThatNobodyKnowsFails() {
    var unknown = cases().get(0).deepCopy();
    ((com.fasterxml.jackson.databind.node.ObjectNode) unknown).put("id", "new-case");
    assertThatThrownBy(() -> check(new GoldenCase(unknown)))
        .hasMessage("no check for golden case new-case");
    var more = cases().get(0).deepCopy();
    ((com.fasterxml.jackson.databind.node.ObjectNode) more.get("expected")).put("another", 1);
    assertThatThrownBy(() -> everyExpectedValueHolds(more)).hasMessageContaining("/another");
  }

  private static void check(GoldenCase c) {
    if (c.id().startsWith("gen-")) {
      generated(c);
      return;
    }
    if (c.id().startsWith("degenerate-") || c.id().startsWith("rank-toydata-")) {
      ranking(c);
      return;
    }
    switch (c.id()) {
      case "rank-toy-1" -> toy(c);
      case "rank-constant" -> constant(c);
      case "rank-weighted" -> weighted(c);
      case "ap-influence", "ap-influence-weighted" -> influence(c);
      case "ranges-merge" -> ranges(c);
      case "float-key" -> keys(c);
      case "mcc-doc" -> c.number("/mcc", decisions(c).metric("mcc").value());
      case "balacc-doc" ->
          c.number("/balanced_accuracy", decisions(c).metric("balanced_accuracy").value())
              .number("/youden_j", decisions(c).metric("youden_j").value());
      case "logloss-doc" ->
          c.number("/log_loss", report(c, "p", OPTIONS).metric("log_loss").value());
      case "brier-doc" -> c.number("/brier", report(c, "p", OPTIONS).metric("brier").value());
      case "calibration" -> calibration(c);
      case "topk-doc" -> topK(c);
      case "f-multi-doc" -> multiclassF1(c);
      case "regression-doc" -> regression(c);
      case "pinball-doc" ->
          c.number(
              "/pinball",
              regressionReport(
                      c,
                      RegressionOptions.defaults()
                          .withPinballQuantiles(List.of(c.in("alpha").asDouble())))
                  .metric("pinball_0.9")
                  .value());
      case "quantile-ci" -> quantiles(c);
      case "davis-goadrich" -> interpolation(c);
      case "pr-keilwagen-segment" -> segment(c);
      case "bh-1995" -> manyTests(c);
      case "mcnemar-agresti" -> mcNemar(c);
      case "nadeau-bengio" -> resampledT(c);
      case "wilson-81-263", "wilson-0-20" -> wilson(c);
      case "nist-numacc1" -> moments(c, Golden.doubles(c.in("x")));
      case "nist-numacc3" -> moments(c, thirdAccuracySet());
      case "neumaier" -> sums(c);
      case "cs-normal-mixture" -> normalMixture(c);
      case "cs-stitching" -> stitching(c);
      case "cs-empbern" -> empiricalBernstein(c);
      case "cs-asymp-wor" -> asymptotic(c);
      case "ks-ties" ->
          c.number(
              "/d",
              DistributionShift.kolmogorovSmirnov(
                  Golden.doubles(c.in("a")), Golden.doubles(c.in("b"))));
      case "psi-js" -> shift(c);
      case "mann-kendall" -> trend(c);
      case "splitmix64" -> {
        for (int i = 0; i < c.in("count").asInt(); i++) {
          long output = SplitMix64.at(c.in("seed").asLong(), i);
          c.text("/outputs/" + i, Long.toUnsignedString(output));
        }
      }
      case "xxh64" -> {
        for (int i = 0; i < c.in("strings").size(); i++) {
          byte[] bytes = c.in("strings").get(i).asText().getBytes(StandardCharsets.UTF_8);
          c.text("/hex/" + i, HexFormat.of().toHexDigits(XxHash64.hash(bytes, 0)));
        }
      }
      case "poisson1-inversion" -> poisson(c);
      case "earlystop-min", "earlystop-max-small-steps" -> {
        patience(c, "", keras(c));
        patience(c, "", lightning(c));
      }
      case "earlystop-nan" -> {
        patience(c, "/keras", keras(c));
        patience(c, "/lightning_check_finite", lightning(c));
      }
      default -> throw new AssertionError("no check for golden case " + c.id());
    }
  }

  // binary

  private static double[] weights(GoldenCase c) {
    return c.inputs().has("weight") ? Golden.doubles(c.in("weight")) : null;
  }

  private static BinaryReport report(GoldenCase c, String scores, BinaryOptions options) {
    return BinaryEvaluation.evaluate(
        Golden.doubles(c.in(scores)), Golden.labels(c.in("y")), weights(c), options);
  }

  private static BinaryReport decisions(GoldenCase c) {
    return report(c, "pred", OPTIONS);
  }

  private static void ranking(GoldenCase c) {
    ranking(c, report(c, "score", OPTIONS));
    var floats = Golden.floats(Golden.doubles(c.in("score")));
    ranking(c, BinaryEvaluation.evaluate(floats, Golden.labels(c.in("y")), weights(c), OPTIONS));
  }

  private static void ranking(GoldenCase c, BinaryReport report) {
    c.metric("average_precision", report.metric("average_precision"));
    c.metric("roc_auc", report.metric("roc_auc"));
  }

  private static void toy(GoldenCase c) {
    ranking(c);
    var report = report(c, "score", OPTIONS);
    c.number("/trapezoid_pr_auc", report.metric("pr_auc_trapezoid").value());
    var curve =
        PrecisionRecall.curve(Golden.doubles(c.in("score")), Golden.labels(c.in("y")), null);
    c.numbers("/pr_precision", curve.stream().mapToDouble(p -> p.precision()).toArray());
    c.numbers("/pr_recall", curve.stream().mapToDouble(p -> p.recall()).toArray());
    c.numbers(
        "/pr_thresholds",
        curve.stream().mapToDouble(p -> p.threshold()).filter(t -> !Double.isNaN(t)).toArray());
    assertThat(curve.get(curve.size() - 1).threshold()).as("closing point").isNaN();
    c.numbers(
        "/roc_fpr", report.curve().stream().mapToDouble(r -> r.fpr().orElseThrow()).toArray());
    c.numbers(
        "/roc_tpr", report.curve().stream().mapToDouble(r -> r.recall().orElseThrow()).toArray());
  }

  private static void constant(GoldenCase c) {
    float[] scores = new float[100];
    byte[] labels = new byte[100];
    for (int i = 0; i < 100; i++) {
      scores[i] = 1;
      labels[i] = (byte) (i % 4 == 0 ? 1 : 0);
    }
    ranking(c, BinaryEvaluation.evaluate(scores, labels, null, OPTIONS));
  }

  private static void weighted(GoldenCase c) {
    ranking(c);
    var unweighted =
        BinaryEvaluation.evaluate(
            Golden.doubles(c.in("score")), Golden.labels(c.in("y")), null, OPTIONS);
    c.number("/unweighted_average_precision", unweighted.metric("average_precision").value());
    c.number("/unweighted_roc_auc", unweighted.metric("roc_auc").value());
  }

  private static void influence(GoldenCase c) {
    var influence =
        RankInfluence.of(Golden.doubles(c.in("score")), Golden.labels(c.in("y")), weights(c));
    c.number("/average_precision", influence.averagePrecision());
    double[] u = IntStream.range(0, influence.size()).mapToDouble(influence::influence).toArray();
    c.numbers("/u", u);
    c.number("/se", Math.sqrt(influence.averagePrecisionEstimate().superpopulationVariance()));
    if (c.expected("/sum_u") != null) {
      c.number("/sum_u", Arrays.stream(u).sum());
    }
  }

  private static void ranges(GoldenCase c) {
    double[] p = Golden.doubles(c.in("pos_per_group_desc"));
    double[] n = Golden.doubles(c.in("neg_per_group_desc"));
    long positives = (long) Arrays.stream(p).sum();
    long negatives = (long) Arrays.stream(n).sum();
    var plan = FoldPlan.of(ScorePrecision.FLOAT32, OPTIONS, false, positives, negatives, 1);
    long tp = 0;
    long fp = 0;
    double precisionSum = 0;
    double twiceAbove = 0;
    for (int r = 0; r < c.in("ranges").size(); r++) {
      String at = "/per_range/" + r;
      int from = c.in("ranges").get(r).get(0).asInt();
      int to = c.in("ranges").get(r).get(1).asInt();
      c.numbers(at + "/groups", from, to).number(at + "/TP0", tp).number(at + "/FP0", fp);
      var result = new RangeResult(0, 1, plan);
      var fold = new GroupFold(result, plan);
      fold.startBin(0, tp, fp, tp, fp);
      long localP = 0;
      long localN = 0;
      for (int g = from; g < to; g++) {
        if (p[g] > 0) {
          fold.group(100 - g, (long) p[g], (long) n[g], (long) p[g], (long) n[g]);
        } else {
          fold.gap((long) n[g], (long) n[g]);
        }
        localP += (long) p[g];
        localN += (long) n[g];
      }
      fold.endBin();
      double sum = result.precisionSum.toDouble() * 0x1p-62;
      c.number(at + "/p", localP).number(at + "/n", localN).number(at + "/ap_partial", sum);
      c.fraction(at + "/ap_partial_exact", sum);
      // what stands above the range adds 2 p FP0
      c.number(at + "/A2_local", result.twiceAbove.toDouble() - 2.0 * localP * fp);
      precisionSum += sum;
      twiceAbove += result.twiceAbove.toDouble();
      tp += localP;
      fp += localN;
    }
    c.number("/average_precision", precisionSum / positives);
    c.fraction("/average_precision_exact", precisionSum / positives);
    c.number("/roc_auc", 1 - twiceAbove / 2 / positives / negatives);
  }

  private static void keys(GoldenCase c) {
    double[] scores = Golden.doubles(c.in("scores"));
    c.numbers(
        "/keys", Arrays.stream(scores).map(s -> ScoreKey.of((float) s) & 0xFFFF_FFFFL).toArray());
    c.numbers("/keys", Arrays.stream(scores).map(s -> ScorePrecision.FLOAT32.key(s)).toArray());
  }

  private static void calibration(GoldenCase c) {
    var report = report(c, "p", OPTIONS.withCalibrationBins(c.in("bins").asInt()));
    Map.of(
            "ece", "ece",
            "brier", "brier",
            "reliability", "brier_reliability",
            "resolution", "brier_resolution",
            "uncertainty", "brier_uncertainty",
            "within_bin_variance", "brier_within_bin_variance",
            "within_bin_covariance_times_2", "brier_within_bin_covariance")
        .forEach((key, name) -> c.number("/" + key, report.metric(name).value()));
  }

  private static void generated(GoldenCase c) {
    var data = Golden.Generated.of(c.inputs());
    var options = OPTIONS.withDecisionThreshold(0.9);
    var report = BinaryEvaluation.evaluate(data.scores(), data.labels(), null, options);
    ranking(c, report);
    c.number("/P", report.nPos()).number("/N", report.n() - report.nPos());
    c.number("/distinct_scores", Arrays.stream(data.scores()).distinct().count());
    c.number("/sum_score", WideSum.of(data.scores()).value());
    var decision = report.operatingPoint("decision").row();
    c.numbers("/tp_fp_at_ge_0_9", decision.tp(), decision.fp());
    var groups = BinaryEvaluation.tieGroups(data.scores(), data.labels());
    long fp = 0;
    long twiceAbove = 0;
    for (int g = 0; g < groups.size; g++) {
      fp += groups.gaps[g] + groups.negatives[g];
      twiceAbove += groups.positives[g] * (2 * fp - groups.negatives[g]);
    }
    c.number("/twice_A", twiceAbove);
    var influence = RankInfluence.of(data.scores(), data.labels(), null);
    c.number("/delong_var", influence.rocAucEstimate().superpopulationVariance());
    c.number(
        "/ap_if_se", Math.sqrt(influence.averagePrecisionEstimate().superpopulationVariance()));
  }

  private static void interpolation(GoldenCase c) {
    var points =
        PrecisionRecall.between(
            c.in("A").get("tp").asLong(),
            c.in("A").get("fp").asLong(),
            c.in("B").get("tp").asLong(),
            c.in("B").get("fp").asLong(),
            c.in("P").asLong());
    assertThat(points).hasSize(c.expected("/points").size());
    for (int i = 0; i < points.size(); i++) {
      String at = "/points/" + i;
      c.number(at + "/tp", points.get(i).tp()).number(at + "/fp", points.get(i).fp());
      c.number(at + "/recall", points.get(i).recall());
      c.number(at + "/precision", points.get(i).precision());
    }
  }

  private static void segment(GoldenCase c) {
    long positives = c.in("P").asLong();
    long tp = c.in("tp_a").asLong();
    long fp = c.in("fp_a").asLong();
    long p = c.in("tp_b").asLong() - tp;
    long n = c.in("fp_b").asLong() - fp;
    var plan = FoldPlan.of(ScorePrecision.FLOAT32, OPTIONS, false, positives, 2_000, 1);
    var result = new RangeResult(0, 1, plan);
    var fold = new GroupFold(result, plan);
    fold.startBin(0, tp, fp, tp, fp);
    fold.group(9, p, n, p, n);
    fold.endBin();
    c.number("/area_times_P", result.interpolatedSum.value());
    c.number("/area", result.interpolatedSum.value() / positives);
  }

  // other tasks

  private static void topK(GoldenCase c) {
    double[] scores = new double[3 * c.in("y").size()];
    for (int i = 0; i < c.in("y").size(); i++) {
      System.arraycopy(Golden.doubles(c.in("score").get(i)), 0, scores, 3 * i, 3);
    }
    int k = c.in("k").asInt();
    var counts =
        MulticlassCounts.of(
            MulticlassOptions.of(3).withPrecision(ScorePrecision.FLOAT64).withTopK(List.of(k)));
    counts.accept(scores, ints(c.in("y")), null);
    c.number("/top_k_accuracy", counts.result().metric("top_" + k + "_accuracy").value());
  }

  private static int[] ints(JsonNode array) {
    return Arrays.stream(Golden.doubles(array)).mapToInt(x -> (int) x).toArray();
  }

  private static void multiclassF1(GoldenCase c) {
    var counts = MulticlassCounts.of(MulticlassOptions.of(3));
    counts.acceptClasses(ints(c.in("y")), ints(c.in("pred")), null);
    var report = counts.result();
    for (var average : List.of("macro", "micro", "weighted")) {
      c.number("/f1_" + average, report.metric(average + "_f1").value());
    }
    c.numbers(
        "/f1_per_class", report.classes().stream().mapToDouble(row -> row.f1().value()).toArray());
  }

  private static RegressionReport regressionReport(GoldenCase c, RegressionOptions options) {
    return RegressionEvaluation.evaluate(
        Golden.doubles(c.in("y")), Golden.doubles(c.in("pred")), null, options);
  }

  private static void regression(GoldenCase c) {
    var report = regressionReport(c, RegressionOptions.defaults());
    for (var name : List.of("mse", "rmse", "mae", "r2")) {
      c.number("/" + name, report.metric(name).value());
    }
  }

  private static void quantiles(GoldenCase c) {
    for (int i = 0; i < c.inputs().size(); i++) {
      var in = c.inputs().get(i);
      var ranks =
          QuantileRanks.of(in.get("n").asInt(), in.get("p").asDouble(), in.get("conf").asDouble());
      String at = "/" + i;
      c.number(at + "/lower_rank", ranks.lower());
      if (c.expected(at + "/upper_rank").isNull()) {
        c.absent(at + "/upper_rank", ranks.upper() > ranks.rows());
        c.absent(at + "/coverage", !ranks.enclosed());
      } else {
        c.number(at + "/upper_rank", ranks.upper()).number(at + "/coverage", ranks.coverage());
      }
    }
  }

  // tests and intervals

  private static void manyTests(GoldenCase c) {
    double[] p = Golden.doubles(c.in("p"));
    double q = c.in("q").asDouble();
    double[] bh = MultipleTests.benjaminiHochberg(p);
    double[] holm = MultipleTests.holm(p);
    c.numbers("/bh_adjusted", bh).numbers("/holm_adjusted", holm);
    c.number("/bh_rejected", Arrays.stream(bh).filter(v -> v <= q).count());
    c.number("/holm_rejected", Arrays.stream(holm).filter(v -> v <= q).count());
    c.number("/bonferroni_rejected", Arrays.stream(p).filter(v -> v * p.length <= q).count());
  }

  private static void mcNemar(GoldenCase c) {
    var test =
        new McNemar(
            c.in("both").asLong(),
            c.in("a_only").asLong(),
            c.in("b_only").asLong(),
            c.in("neither").asLong());
    c.number("/chi2", test.chiSquared()).number("/chi2_cc", test.chiSquaredCorrected());
    c.number("/p", test.asymptoticP()).number("/p_cc", test.correctedP());
    c.number("/mid_p", test.midP()).number("/exact_p", test.exactP());
  }

  private static void resampledT(GoldenCase c) {
    double[] d = Golden.doubles(c.in("d"));
    var t = CorrectedResampledT.of(d, c.in("n_test").asDouble() / c.in("n_train").asDouble());
    c.number("/mean", t.mean()).number("/var", t.variance()).number("/se", t.standardError());
    c.number("/t", t.t()).number("/df", t.degreesOfFreedom()).number("/p", t.pValue());
    // without correction: nothing but the folds' own spread
    c.number("/naive_t", t.mean() / Math.sqrt(t.variance() / t.count()));
  }

  private static void wilson(GoldenCase c) {
    double n = c.in("n").asDouble();
    var interval = Intervals.wilson(c.in("k").asDouble() / n, n, c.in("conf").asDouble());
    c.number("/lo", interval.low()).number("/hi", interval.high());
  }

  private static double[] thirdAccuracySet() {
    double[] x = new double[1001];
    x[0] = 1000000.2;
    for (int i = 1; i < x.length; i++) {
      x[i] = i % 2 == 1 ? 1000000.1 : 1000000.3;
    }
    return x;
  }

  private static void moments(GoldenCase c, double[] x) {
    var left = Moments.of();
    var right = Moments.of();
    for (int i = 0; i < x.length; i++) {
      (i % 3 == 0 ? left : right).add(x[i]);
    }
    var all = left.combine(right);
    c.number("/mean", all.mean());
    c.number("/sd", Math.sqrt(all.centredSquares() / (all.weight() - 1)));
  }

  private static void sums(GoldenCase c) {
    double[] x = Golden.doubles(c.in("x"));
    c.number("/sum", WideSum.of(x).value());
    double naive = 0;
    double kahan = 0;
    double carried = 0;
    for (double value : x) {
      naive += value;
      double corrected = value - carried;
      double next = kahan + corrected;
      carried = next - kahan - corrected;
      kahan = next;
    }
    c.number("/naive", naive).number("/kahan", kahan);
  }

  private static void normalMixture(GoldenCase c) {
    var boundary = NormalMixture.tightestAt(c.in("alpha").asDouble(), c.in("v_opt").asDouble());
    c.number("/rho", boundary.rho()).number("/bound", boundary.bound(c.in("v").asDouble()));
  }

  private static void stitching(GoldenCase c) {
    var boundary =
        new StitchedBoundary(
            c.in("alpha").asDouble(),
            c.in("v_min").asDouble(),
            c.in("c").asDouble(),
            c.in("s").asDouble(),
            c.in("eta").asDouble());
    c.number("/bound", boundary.bound(c.in("v").asDouble()));
  }

  private static void empiricalBernstein(GoldenCase c) {
    double alpha = c.in("alpha").asDouble();
    var with = EmpiricalBernstein.withReplacement(alpha);
    var without = EmpiricalBernstein.withoutReplacement(alpha, c.in("N_for_wor").asLong());
    int seen = 0;
    for (int at = 0; at < c.in("at_n").size(); at++) {
      while (seen < c.in("at_n").get(at).asInt()) {
        seen++;
        with.accept(seen * 37 % 101 / 100.0);
        without.accept(seen * 37 % 101 / 100.0);
      }
      c.number("/lower/" + at, with.currentLow()).number("/upper/" + at, with.currentHigh());
      c.number("/lower_wor/" + at, without.currentLow());
      c.number("/upper_wor/" + at, without.currentHigh());
    }
  }

  private static void asymptotic(GoldenCase c) {
    var sequence =
        AsymptoticSequence.withoutReplacement(
            c.in("alpha").asDouble(),
            c.in("N").asLong(),
            c.in("n_star").asLong(),
            c.in("var_plan").asDouble());
    double variance = c.in("var").asDouble();
    c.number("/half_width", sequence.halfWidth(c.in("n").asLong(), variance));
    c.number("/half_width_n20000", sequence.halfWidth(20_000, variance));
  }

  private static void shift(GoldenCase c) {
    long[] p =
        Arrays.stream(Golden.doubles(c.in("p"))).mapToLong(x -> Math.round(10 * x)).toArray();
    long[] q =
        Arrays.stream(Golden.doubles(c.in("q"))).mapToLong(x -> Math.round(10 * x)).toArray();
    double bits = DistributionShift.jensenShannon(p, q);
    c.number("/psi", DistributionShift.stabilityIndex(p, q).index());
    c.number("/js_bits", bits).number("/js_nats", bits * Math.log(2));
  }

  private static void trend(GoldenCase c) {
    var test = MannKendall.of(Golden.doubles(c.in("x")));
    c.number("/S", test.s()).number("/var", test.variance());
    c.number("/z", test.z()).number("/p", test.pValue());
  }

  private static void poisson(GoldenCase c) {
    double[] u = Golden.doubles(c.in("u"));
    c.numbers("/k", Arrays.stream(u).map(x -> Poisson.of(1).invert(x)).toArray());
    c.numbers("/cdf_0_to_7", IntStream.range(0, 8).mapToDouble(k -> leastAbove(k)).toArray());
  }

  /** The least u that is drawn above k: the distribution function at k. */
  private static double leastAbove(int k) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      if (Poisson.of(1).invert(middle) > k) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  // early stopping

  private static PatienceState keras(GoldenCase c) {
    return KerasPatience.of(mode(c), c.in("min_delta").asDouble(), c.in("patience").asLong())
        .run(Golden.doubles(c.in("values")));
  }

  private static PatienceState lightning(GoldenCase c) {
    return LightningPatience.of(mode(c), c.in("min_delta").asDouble(), c.in("patience").asLong())
        .run(Golden.doubles(c.in("values")));
  }

  private static Mode mode(GoldenCase c) {
    return Mode.valueOf(c.in("mode").asText().toUpperCase(Locale.ROOT));
  }

  private static void patience(GoldenCase c, String at, PatienceState state) {
    if (c.expected(at + "/stop_index").isNull()) {
      c.absent(at + "/stop_index", !state.stopped());
    } else {
      c.number(at + "/stop_index", state.stoppedAt()).text(at + "/reason", state.reason());
    }
    c.number(at + "/best", state.best()).number(at + "/best_index", state.bestAt());
  }
}
