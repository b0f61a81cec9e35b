package dev.touchstone.metrics.simulation;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.sampling.RankInfluence;
import dev.touchstone.metrics.simulation.Simulations.Table;
import java.util.SplittableRandom;

/** Coverage of 95 % intervals for average precision. */
final class ApIntervalSimulation {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults().withThresholds(2);

  private ApIntervalSimulation() {}

  static String run() {
    var table =
        new Table(
            "AP",
            "n",
            "prevalence",
            "P",
            "runs",
            "bias",
            "sd",
            "influence se",
            "binomial logit",
            "influence Wald",
            "influence logit",
            "reported (width; none)");
    for (double ap : new double[] {0.3, 0.7}) {
      for (int n : new int[] {10_000, 100_000}) {
        for (double prevalence : new double[] {0.001, 0.01, 0.1}) {
          int runs = n == 10_000 ? 600 : 300;
          var law = Binormal.ofAveragePrecision(prevalence, ap);
          long seed = Simulations.SEED + Double.hashCode(ap * prevalence) + n;
          var results = Simulations.runs(runs, run -> run(law, n, ap, seed + 1_000_000L * run));
          double reported = Simulations.mean(results, 7);
          double covered = Simulations.mean(results, 5);
          table.row(
              ap,
              Simulations.format("%,d", n),
              prevalence,
              Simulations.format("%.0f", n * prevalence),
              runs,
              Simulations.format("%+.4f", Simulations.mean(results, 0) - ap),
              Simulations.format("%.4f", Simulations.deviation(results, 0)),
              Simulations.format("%.4f", Simulations.mean(results, 1)),
              Simulations.share(results, 2),
              Simulations.share(results, 3),
              Simulations.share(results, 4),
              Simulations.format(
                  "%.3f (%.4f; %.0f %%)",
                  covered / reported,
                  Simulations.mean(results, 6) / reported,
                  100 * (1 - reported)));
        }
      }
    }
    return "## Intervals for average precision\n\n"
        + "Coverage of 95 % intervals for the law's average precision (superpopulation), binormal"
        + " scores; ± is the Monte-Carlo standard error. The reported interval is the engine's:"
        + " none below 10 positives, the wider of influence logit with Student's quantile and"
        + " binomial logit up to 49, influence logit from 50 on; its coverage counts the runs that"
        + " have one.\n\n"
        + table;
  }

  private static double[] run(Binormal law, int n, double truth, long seed) {
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    var random = new SplittableRandom(seed);
    law.draw(random, scores, labels);
    var ranks = RankInfluence.ofOwned(scores, labels, null);
    while (ranks.count(1) == 0) {
      // a set without positives has nothing to estimate; about 5 in 100,000 at 10 expected
      law.draw(random, scores, labels);
      ranks = RankInfluence.ofOwned(scores, labels, null);
    }
    var estimate = ranks.averagePrecisionEstimate();
    double ap = estimate.value();
    double se = Math.sqrt(estimate.superpopulationVariance());
    double z = Intervals.z(0.95);
    double binomial = Math.sqrt(ap * (1 - ap) / ranks.count(1));
    boolean inside = ap > 0 && ap < 1;
    var interval =
        BinaryEvaluation.evaluate(scores, labels, null, OPTIONS)
            .metric("average_precision")
            .interval();
    return new double[] {
      ap,
      se,
      inside && Intervals.logit(ap, binomial, z, 0.95, "b").contains(truth) ? 1 : 0,
      Math.abs(ap - truth) <= z * se ? 1 : 0,
      inside && Intervals.logit(ap, se, z, 0.95, "i").contains(truth) ? 1 : 0,
      interval != null && interval.contains(truth) ? 1 : 0,
      interval == null ? 0 : interval.high() - interval.low(),
      interval == null ? 0 : 1
    };
  }
}
