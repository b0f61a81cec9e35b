package dev.touchstone.metrics.simulation;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.sampling.RankInfluence;
import dev.touchstone.metrics.simulation.Simulations.Table;
import java.util.SplittableRandom;

/** Coverage of intervals for ROC AUC with few positives, and of the guarded rule. */
final class DeLongSimulation {
  private static final int NEGATIVES = 10_000;
  private static final int RUNS = 1_000;

  private DeLongSimulation() {}

  static String run() {
    var table =
        new Table(
            "P",
            "AUC",
            "P (1 - AUC)",
            "Wald",
            "logit",
            "logit, t(P - 1)",
            "Hanley–McNeil score",
            "reported (guarded rule)");
    int[] positives = {10, 10, 10, 30, 100, 100, 1_000};
    double[] aucs = {0.760, 0.962, 0.993, 0.962, 0.962, 0.993, 0.962};
    for (int cell = 0; cell < positives.length; cell++) {
      int p = positives[cell];
      double auc = aucs[cell];
      double mu = Binormal.separationOfRocAuc(auc);
      long seed = Simulations.SEED + 7_919L * cell;
      var results = Simulations.runs(RUNS, run -> covers(p, auc, mu, seed + 1_000_000L * run));
      table.row(
          p,
          auc,
          Simulations.format("%.2f", p * (1 - auc)),
          Simulations.share(results, 0),
          Simulations.share(results, 1),
          Simulations.share(results, 2),
          Simulations.share(results, 3),
          Simulations.share(results, 4));
    }
    return "## DeLong's interval and its guard\n\n"
        + Simulations.format(
            "Coverage of 95 %% intervals for ROC AUC (superpopulation), binormal scores, %,d"
                + " negatives, %,d runs a row. The rule: DeLong on the logit scale with at least"
                + " 5 expected misrankings in either class, Hanley and McNeil's score interval"
                + " otherwise.%n%n",
            NEGATIVES, RUNS)
        + table;
  }

  private static double[] covers(int p, double auc, double mu, long seed) {
    var random = new SplittableRandom(seed);
    int n = p + NEGATIVES;
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      labels[i] = (byte) (i < p ? 1 : 0);
      scores[i] = (float) (random.nextGaussian() + mu * labels[i]);
    }
    var estimate = RankInfluence.ofOwned(scores, labels, null).rocAucEstimate();
    double a = estimate.value();
    double se = Math.sqrt(estimate.superpopulationVariance());
    double z = Intervals.z(0.95);
    boolean inside = a > 0 && a < 1;
    Interval reported =
        BinaryEvaluation.evaluate(scores, labels, null, BinaryOptions.defaults().withThresholds(2))
            .metric("roc_auc")
            .interval();
    return new double[] {
      Math.abs(a - auc) <= z * se ? 1 : 0,
      inside && logit(a, se, z, auc) ? 1 : 0,
      inside && logit(a, se, Intervals.t(0.95, p - 1), auc) ? 1 : 0,
      score(a, auc, z, p, NEGATIVES) ? 1 : 0,
      reported.contains(auc) ? 1 : 0
    };
  }

  private static boolean logit(double value, double se, double quantile, double truth) {
    return Intervals.logit(value, se, quantile, 0.95, "logit").contains(truth);
  }

  /** Whether truth is in Hanley and McNeil's score interval: (A - theta)² <= z² V(theta). */
  private static boolean score(double a, double theta, double z, double p, double n) {
    double q1 = theta / (2 - theta) - theta * theta;
    double q2 = 2 * theta * theta / (1 + theta) - theta * theta;
    double variance = (theta * (1 - theta) + (p - 1) * q1 + (n - 1) * q2) / (p * n);
    return (a - theta) * (a - theta) <= z * z * variance;
  }
}
