package dev.touchstone.metrics.simulation;

import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.sampling.Allocation;
import dev.touchstone.metrics.sampling.InclusionHash;
import dev.touchstone.metrics.sampling.PlanDesign;
import dev.touchstone.metrics.sampling.RankDifference;
import dev.touchstone.metrics.sampling.RankInfluence;
import dev.touchstone.metrics.simulation.Simulations.Table;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Average precision of 400,000 examples from all positives and a few thousand negatives. */
final class TierOneSimulation {
  private static final int EXAMPLES = 400_000;
  private static final int RUNS = 200;

  private TierOneSimulation() {}

  /** One evaluation set under a reference and two later model checkpoints. */
  private static final class World {
    final byte[] labels = new byte[EXAMPLES];
    final double[] reference = new double[EXAMPLES];
    final double[] a = new double[EXAMPLES];
    final double[] b = new double[EXAMPLES];
    final double exactA;
    final double exactB;

    World(double prevalence, double mu) {
      var random = new SplittableRandom(Simulations.SEED);
      for (int i = 0; i < EXAMPLES; i++) {
        labels[i] = (byte) (random.nextDouble() < prevalence ? 1 : 0);
        double z = random.nextGaussian() + mu * labels[i];
        reference[i] = z + 0.6 * random.nextGaussian();
        a[i] = z + 0.45 * random.nextGaussian();
        b[i] = z + 0.3 * random.nextGaussian();
      }
      exactA = RankInfluence.ofOwned(a, labels, null).averagePrecision();
      exactB = RankInfluence.ofOwned(b, labels, null).averagePrecision();
    }

    /** Inclusion rates of every example under a design. */
    double[] rates(int design, long budget) {
      var ranks = RankInfluence.ofOwned(reference, labels, null);
      double[] sizes = new double[EXAMPLES];
      long[] ones = new long[EXAMPLES];
      for (int i = 0; i < EXAMPLES; i++) {
        if (labels[i] == 0) {
          double h = ranks.weightOfNegative(i);
          ones[i] = 1;
          sizes[i] = design == 1 ? h : design == 2 ? Math.sqrt(h) : 0;
        }
      }
      if (design == 3) {
        var plan = PlanDesign.of("tier-one", 1, budget).plan(labels, reference);
        for (int i = 0; i < EXAMPLES; i++) {
          sizes[i] = plan.strata().get(plan.stratumOf(labels[i], reference[i], "")).rate();
        }
        return sizes;
      }
      double[] rates = Allocation.proportionalToSize(ones, sizes, budget, design == 1 ? 0.1 : 0.3);
      for (int i = 0; i < EXAMPLES; i++) {
        rates[i] = labels[i] == 1 ? 1 : rates[i];
      }
      return rates;
    }
  }

  private static final String[] DESIGNS = {
    "uniform", "H, e = 0.1", "sqrt H, e = 0.3", "plan (bands of sqrt H)"
  };

  static String run() {
    var table =
        new Table(
            "prevalence",
            "negatives",
            "design",
            "AP",
            "bias",
            "sd",
            "estimated se",
            "coverage × 1.0",
            "coverage × 1.6",
            "difference: true",
            "sd",
            "coverage × 1.0",
            "coverage × 1.3");
    for (double prevalence : new double[] {0.001, 0.005}) {
      var world = new World(prevalence, prevalence == 0.001 ? 3.2 : 2.4);
      for (long budget : new long[] {4_000, 20_000}) {
        for (int design = 0; design < DESIGNS.length; design++) {
          double[] rates = world.rates(design, budget);
          var results = Simulations.runs(RUNS, run -> sample(world, rates, run));
          table.row(
              Simulations.format("%.1f %%", 100 * prevalence),
              Simulations.format("%,d", budget),
              DESIGNS[design],
              Simulations.format("%.3f", world.exactB),
              Simulations.format("%+.4f", Simulations.mean(results, 0) - world.exactB),
              Simulations.format("%.4f", Simulations.deviation(results, 0)),
              Simulations.format("%.4f", Simulations.mean(results, 1)),
              Simulations.share(results, 2),
              Simulations.share(results, 3),
              Simulations.format("%.3f", world.exactB - world.exactA),
              Simulations.format("%.4f", Simulations.deviation(results, 4)),
              Simulations.share(results, 5),
              Simulations.share(results, 6));
        }
      }
    }
    return "## Average precision at tier 1\n\n"
        + Simulations.format(
            "%,d examples, all positives kept, negatives sampled by hash of the id with rates from"
                + " a reference model; %d salts a row; coverage of the whole set's value (finite"
                + " target) by 95 %% intervals whose half width is multiplied by a factor. The"
                + " reference ranks worse than both checkpoints.%n%n",
            EXAMPLES, RUNS)
        + table;
  }

  private static double[] sample(World world, double[] rates, int run) {
    var hash = InclusionHash.of("tier-one", Simulations.SEED + run);
    int[] rows = new int[EXAMPLES];
    int n = 0;
    for (int i = 0; i < EXAMPLES; i++) {
      if (rates[i] == 1 || hash.u(i) < rates[i]) {
        rows[n++] = i;
      }
    }
    rows = Arrays.copyOf(rows, n);
    double[] a = new double[n];
    double[] b = new double[n];
    byte[] labels = new byte[n];
    double[] weights = new double[n];
    for (int i = 0; i < n; i++) {
      a[i] = world.a[rows[i]];
      b[i] = world.b[rows[i]];
      labels[i] = world.labels[rows[i]];
      weights[i] = 1 / rates[rows[i]];
    }
    var ranksA = RankInfluence.ofOwned(a, labels, weights);
    var ranksB = RankInfluence.ofOwned(b, labels, weights);
    var level = ranksB.averagePrecisionEstimate();
    var difference = RankDifference.of(ranksA, ranksB).averagePrecision();
    double truth = world.exactB - world.exactA;
    var t = Target.FINITE;
    return new double[] {
      level.value(),
      level.standardError(t),
      level.logit(t, 0.95, 1).interval().contains(world.exactB) ? 1 : 0,
      level.logit(t, 0.95, 1.6).interval().contains(world.exactB) ? 1 : 0,
      difference.value(),
      difference.normal(t, 0.95, 1, -1, 1).interval().contains(truth) ? 1 : 0,
      difference.normal(t, 0.95, 1.3, -1, 1).interval().contains(truth) ? 1 : 0
    };
  }
}
