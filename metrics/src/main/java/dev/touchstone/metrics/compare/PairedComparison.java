package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.sampling.Estimate;
import dev.touchstone.metrics.sampling.RankDifference;
import dev.touchstone.metrics.sampling.RankInfluence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Is the candidate better than the baseline? Compares two models on the same examples, joined by
 * id.
 *
 * <table>
 * <caption>Metrics</caption>
 * <tr><th>name</th><th>difference</th><th>p-value</th></tr>
 * <tr><td>average_precision</td><td>paired influence function, or paired bootstrap</td>
 * <td>normal, or share of replicates</td></tr>
 * <tr><td>roc_auc</td><td>paired DeLong</td><td>normal</td></tr>
 * <tr><td>log_loss, brier</td><td>paired mean, Student's t</td><td>Student's t</td></tr>
 * <tr><td>accuracy</td><td>Bonett and Price; weighted: paired mean</td><td>McNemar mid-p</td></tr>
 * </table>
 *
 * <p>Few positives: below 10 no interval for average precision, from 10 to 49 Student's quantile
 * and the flag {@code low_positives}. ROC AUC with fewer than 5 expected misrankings in a class is
 * flagged {@code few_misranked}: DeLong's interval is too short there. Identical rankings differ by
 * 0 ± 0, p = 1, flag {@code identical_rankings}. A NaN score leaves everything undefined ({@code
 * invalid_score}); scores outside [0, 1] leave log loss and Brier undefined ({@code
 * score_outside_0_1}); log loss is not compared between precisions, whose clips differ ({@code
 * different_precision}).
 *
 * <p>Intervals answer for future examples. The result does not depend on the order of rows. Linear
 * time; about 100 bytes a row of memory while it works.
 *
 * <p>Source: DeLong, DeLong and Clarke-Pearson 1988; Fagerland, Lydersen and Laake 2013; Bonett and
 * Price 2012.
 */
public final class PairedComparison {
  /** The metrics that are compared, with their directions. */
  public static final Map<String, Direction> METRICS = metrics();

  private static final double FEWEST_POSITIVES = 10;
  private static final double FEW_POSITIVES = 50;
  private static final double FEWEST_MISRANKED = 5;

  private final PairedRows rows;
  private final CompareOptions options;
  private final Map<String, MetricComparison> results = new LinkedHashMap<>();

  private PairedComparison(PairedRows rows, CompareOptions options) {
    this.rows = rows;
    this.options = options;
  }

  private static Map<String, Direction> metrics() {
    var metrics = new LinkedHashMap<String, Direction>();
    metrics.put("average_precision", Direction.HIGHER_IS_BETTER);
    metrics.put("roc_auc", Direction.HIGHER_IS_BETTER);
    metrics.put("log_loss", Direction.LOWER_IS_BETTER);
    metrics.put("brier", Direction.LOWER_IS_BETTER);
    metrics.put("accuracy", Direction.HIGHER_IS_BETTER);
    return Collections.unmodifiableMap(metrics);
  }

  /**
   * Compares.
   *
   * @throws IllegalArgumentException when the sets cannot be joined; see {@link PairedRows#join}
   */
  public static PairedReport compare(
      ScoredRows baseline, ScoredRows candidate, CompareOptions options) {
    var rows = PairedRows.join(baseline, candidate);
    if (!options.partialJoin() && !rows.coverage().complete()) {
      throw new IllegalArgumentException(
          "both models must have the same examples: "
              + rows.coverage().joined()
              + " are in both, of "
              + rows.coverage().baselineRows()
              + " and "
              + rows.coverage().candidateRows()
              + "; a partial join has to be allowed");
    }
    return new PairedComparison(rows, options).report();
  }

  private PairedReport report() {
    var a = rows.baseline();
    var b = rows.candidate();
    long n = 0;
    long nPos = 0;
    boolean invalid = false;
    boolean probabilities = true;
    double largest = 0;
    for (int i = 0; i < a.size(); i++) {
      boolean counts = a.weight(i) > 0;
      n += counts ? 1 : 0;
      nPos += counts ? a.label(i) : 0;
      largest = Math.max(largest, a.weight(i));
      invalid |= Double.isNaN(a.score(i)) || Double.isNaN(b.score(i));
      probabilities &= isProbability(a.score(i)) && isProbability(b.score(i));
    }
    String reason =
        a.size() == 0 ? "empty" : invalid ? "invalid_score" : n == 0 ? "zero_weight" : null;
    if (reason != null) {
      METRICS.keySet().forEach(name -> undefined(name, reason));
      boolean counted = !invalid;
      return new PairedReport(
          rows.coverage(),
          n,
          nPos,
          List.copyOf(results.values()),
          counted ? new McNemar(0, 0, 0, 0) : null,
          counted ? new DecisionFlips(0, 0, 0, 0, 0) : null);
    }
    var decisions = decisions();
    addRanking();
    addLosses(probabilities, largest);
    addAccuracy(decisions.mcnemar(), largest);
    var ordered = new ArrayList<MetricComparison>();
    METRICS.keySet().forEach(name -> ordered.add(results.get(name)));
    return new PairedReport(
        rows.coverage(), n, nPos, ordered, decisions.mcnemar(), decisions.flips());
  }

  private static boolean isProbability(double score) {
    return score >= 0 && score <= 1;
  }

  private void undefined(String name, String reason) {
    results.put(
        name,
        MetricComparison.undefined(name, METRICS.get(name), reason, options.leastEffect(name)));
  }

  private void addRanking() {
    var a = influence(rows.baseline());
    var b = influence(rows.candidate());
    var difference = RankDifference.of(a, b);
    addAveragePrecision(a, b, difference);
    addRocAuc(a, b, difference);
  }

  private static RankInfluence influence(ScoredRows rows) {
    return rows.floats() != null
        ? RankInfluence.ofOwned(rows.floats(), rows.labels(), rows.weights())
        : RankInfluence.ofOwned(rows.doubles(), rows.labels(), rows.weights());
  }

  private void addAveragePrecision(RankInfluence a, RankInfluence b, RankDifference difference) {
    String name = "average_precision";
    var estimate = difference.averagePrecision();
    if (!estimate.isDefined()) {
      undefined(name, estimate.reason());
      return;
    }
    double positives = difference.effectivePositives();
    boolean few = positives < FEW_POSITIVES;
    if (positives < FEWEST_POSITIVES) {
      results.put(
          name,
          MetricComparison.withoutInterval(
              name,
              METRICS.get(name),
              a.averagePrecision(),
              b.averagePrecision(),
              estimate.value(),
              "too_few_positives",
              options.leastEffect(name)));
      return;
    }
    var comparison =
        ranked(
            name,
            a.averagePrecision(),
            b.averagePrecision(),
            estimate,
            few ? positives - 1 : 0,
            few ? "paired_influence_t" : "paired_influence");
    comparison = options.bootstrap() == null ? comparison : resampled(comparison);
    results.put(name, few ? comparison.withFlag("low_positives") : comparison);
  }

  private MetricComparison resampled(MetricComparison comparison) {
    var bootstrap = PairedBootstrap.of(rows, options.bootstrap(), options.level());
    if (bootstrap.interval() == null) {
      return comparison;
    }
    var resampled =
        MetricComparison.of(
            comparison.name(),
            comparison.direction(),
            comparison.baseline().value(),
            comparison.candidate().value(),
            comparison.difference().value(),
            bootstrap.interval(),
            bootstrap.pValue(),
            comparison.leastEffect());
    for (String flag : comparison.difference().flags()) {
      resampled = resampled.withFlag(flag);
    }
    return bootstrap.dropped() > 0 ? resampled.withFlag("dropped_replicates") : resampled;
  }

  private void addRocAuc(RankInfluence a, RankInfluence b, RankDifference difference) {
    String name = "roc_auc";
    var estimate = difference.rocAuc();
    if (!estimate.isDefined()) {
      undefined(name, estimate.reason());
      return;
    }
    double positives = difference.effectivePositives();
    double negatives = difference.effectiveNegatives();
    if (positives < 2 || negatives < 2) {
      results.put(
          name,
          MetricComparison.withoutInterval(
              name,
              METRICS.get(name),
              a.rocAuc(),
              b.rocAuc(),
              estimate.value(),
              "too_few_rows",
              options.leastEffect(name)));
      return;
    }
    var comparison = ranked(name, a.rocAuc(), b.rocAuc(), estimate, 0, "paired_delong");
    double missed = 1 - Math.max(a.rocAuc(), b.rocAuc());
    boolean few = Math.min(positives, negatives) * missed < FEWEST_MISRANKED;
    results.put(name, few ? comparison.withFlag("few_misranked") : comparison);
  }

  /** A difference of rankings; {@code freedom} 0 stands for the normal distribution. */
  private MetricComparison ranked(
      String name, double a, double b, Estimate difference, double freedom, String method) {
    double error = Math.sqrt(difference.superpopulationVariance());
    var comparison =
        MetricComparison.of(
            name,
            METRICS.get(name),
            a,
            b,
            difference.value(),
            error,
            freedom > 0 ? Intervals.t(options.level(), freedom) : Intervals.z(options.level()),
            freedom > 0 ? MetricComparison.tTail(freedom) : MetricComparison.normalTail(),
            options.level(),
            method,
            options.leastEffect(name));
    return error == 0 && difference.value() == 0
        ? comparison.withFlag("identical_rankings")
        : comparison;
  }

  private void addLosses(boolean probabilities, double largest) {
    if (!probabilities) {
      undefined("log_loss", "score_outside_0_1");
      undefined("brier", "score_outside_0_1");
      return;
    }
    var a = rows.baseline();
    var b = rows.candidate();
    boolean weighted = a.weighted();
    boolean samePrecision = a.precision() == b.precision();
    double epsilon = a.precision().clipEpsilon();
    var logLoss = weighted ? PairedMean.weighted(largest) : PairedMean.of();
    var brier = weighted ? PairedMean.weighted(largest) : PairedMean.of();
    for (int i = 0; i < a.size(); i++) {
      boolean positive = a.label(i) == 1;
      // the probability given to what was the case
      double hitA = positive ? a.score(i) : 1 - a.score(i);
      double hitB = positive ? b.score(i) : 1 - b.score(i);
      double missA = positive ? 1 - a.score(i) : a.score(i);
      double missB = positive ? 1 - b.score(i) : b.score(i);
      if (weighted) {
        double w = a.weight(i);
        brier.accept(missA * missA, missB * missB, w);
        if (samePrecision) {
          logLoss.accept(logLoss(hitA, epsilon), logLoss(hitB, epsilon), w);
        }
      } else {
        brier.accept(missA * missA, missB * missB);
        if (samePrecision) {
          logLoss.accept(logLoss(hitA, epsilon), logLoss(hitB, epsilon));
        }
      }
    }
    put("brier", brier);
    if (samePrecision) {
      put("log_loss", logLoss);
    } else {
      undefined("log_loss", "different_precision");
    }
  }

  private static double logLoss(double hit, double epsilon) {
    return -Ln.ofNormal(Math.max(epsilon, Math.min(1 - epsilon, hit)));
  }

  private void put(String name, PairedMean mean) {
    results.put(
        name, mean.result(name, METRICS.get(name), options.level(), options.leastEffect(name)));
  }

  private record Decisions(McNemar mcnemar, DecisionFlips flips) {}

  private Decisions decisions() {
    var a = rows.baseline();
    var b = rows.candidate();
    // by label, decision of the baseline, decision of the candidate
    long[] counts = new long[8];
    for (int i = 0; i < a.size(); i++) {
      if (a.weight(i) > 0) {
        int decisionA = a.score(i) >= options.baselineThreshold() ? 1 : 0;
        int decisionB = b.score(i) >= options.candidateThreshold() ? 1 : 0;
        counts[a.label(i) << 2 | decisionA << 1 | decisionB]++;
      }
    }
    long n = 0;
    for (long count : counts) {
      n += count;
    }
    return new Decisions(
        new McNemar(
            counts[0] + counts[7],
            counts[1] + counts[6],
            counts[2] + counts[5],
            counts[3] + counts[4]),
        new DecisionFlips(n, counts[5], counts[6], counts[1], counts[2]));
  }

  private void addAccuracy(McNemar mcnemar, double largest) {
    String name = "accuracy";
    var a = rows.baseline();
    var b = rows.candidate();
    if (a.weighted()) {
      var mean = PairedMean.weighted(largest);
      for (int i = 0; i < a.size(); i++) {
        mean.accept(
            right(a, i, options.baselineThreshold()),
            right(b, i, options.candidateThreshold()),
            a.weight(i));
      }
      put(name, mean);
      return;
    }
    double n = mcnemar.n();
    var comparison =
        MetricComparison.of(
            name,
            METRICS.get(name),
            (mcnemar.bothRight() + mcnemar.baselineOnly()) / n,
            (mcnemar.bothRight() + mcnemar.candidateOnly()) / n,
            mcnemar.accuracyDifference(),
            mcnemar.accuracyDifferenceInterval(options.level()),
            mcnemar.midP(),
            options.leastEffect(name));
    results.put(
        name, mcnemar.discordant() == 0 ? comparison.withFlag("identical_decisions") : comparison);
  }

  private static double right(ScoredRows rows, int row, double threshold) {
    return (rows.score(row) >= threshold ? 1 : 0) == rows.label(row) ? 1 : 0;
  }
}
