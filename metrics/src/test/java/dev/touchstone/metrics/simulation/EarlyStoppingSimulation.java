package dev.touchstone.metrics.simulation;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.simulation.Simulations.Table;
import dev.touchstone.metrics.stopping.Check;
import dev.touchstone.metrics.stopping.Decision.Action;
import dev.touchstone.metrics.stopping.KerasPatience;
import dev.touchstone.metrics.stopping.Mode;
import dev.touchstone.metrics.stopping.RunState;
import dev.touchstone.metrics.stopping.StopRule;
import dev.touchstone.metrics.stopping.StoppingJudge;
import java.util.SplittableRandom;

/** Early stopping on a noisy metric: patience on values against patience on intervals. */
final class EarlyStoppingSimulation {
  private static final int CHECKPOINTS = 80;
  private static final int OPTIMUM = 35;
  private static final double MIN_DELTA = 0.002;
  private static final double CORRELATION = 0.5;
  private static final int RUNS = 1_500;

  private EarlyStoppingSimulation() {}

  /** The true metric: learning, then overfitting. */
  private static double truth(int t) {
    return 0.8 - 0.3 * Math.exp(-t / 9.0) - 0.0017 * Math.max(0, t - OPTIMUM);
  }

  /** Sampling noise of all checkpoints: they share a sample, so it is correlated. */
  private static double[] noise(double deviation, SplittableRandom random) {
    double[] noise = new double[CHECKPOINTS];
    double e = random.nextGaussian();
    for (int t = 0; t < CHECKPOINTS; t++) {
      noise[t] = deviation * e;
      e = CORRELATION * e + Math.sqrt(1 - CORRELATION * CORRELATION) * random.nextGaussian();
    }
    return noise;
  }

  /** Checkpoint at which the run stops, and the one that is kept. */
  private static int[] naive(double[] values, int patience) {
    var state = KerasPatience.of(Mode.MAX, MIN_DELTA, patience).run(values);
    return new int[] {
      state.stopped() ? (int) state.stoppedAt() : CHECKPOINTS, (int) state.bestAt()
    };
  }

  private static int[] confirmed(double[] values, double deviation, StopRule rule) {
    var state = RunState.START;
    for (int t = 0; t < CHECKPOINTS; t++) {
      Check.Comparison comparison = null;
      if (state.best() != null) {
        int best = Integer.parseInt(state.best());
        double alpha = StoppingJudge.nextAlpha(rule, state);
        double difference = values[t] - values[best];
        double error = deviation * Math.sqrt(2 * (1 - Math.pow(CORRELATION, t - best)));
        // one-sided at alpha_t on either side, as the rule uses one side at a time
        double half = Intervals.z(1 - 2 * alpha) * error;
        comparison =
            new Check.Comparison(
                state.best(), difference, difference - half, difference + half, alpha, 1, true);
      }
      var decision =
          StoppingJudge.judge(rule, state, Check.of(Integer.toString(t), values[t], comparison));
      state = decision.after();
      if (decision.action() == Action.STOP) {
        return new int[] {t, Integer.parseInt(state.best())};
      }
    }
    return new int[] {CHECKPOINTS, Integer.parseInt(state.best())};
  }

  private static double[] score(int[] stopAndKept) {
    int stop = stopAndKept[0];
    boolean never = stop == CHECKPOINTS;
    double best = truth(OPTIMUM);
    return new double[] {
      stop,
      !never && stop < OPTIMUM && best - truth(stop) > 0.01 ? 1 : 0,
      best - truth(stopAndKept[1]),
      never ? 1 : 0
    };
  }

  static String run() {
    var table =
        new Table(
            "sample sd",
            "rule",
            "median stop",
            "stopped prematurely",
            "mean regret",
            "never stopped");
    double[] deviations = {0.002, 0.008, 0.02};
    var rule = StopRule.of(Mode.MAX, MIN_DELTA, 3);
    for (double deviation : deviations) {
      for (int r = 0; r < 4; r++) {
        int which = r;
        var results =
            Simulations.runs(
                RUNS,
                run -> {
                  var random = new SplittableRandom(Simulations.SEED + run);
                  double[] values = noise(deviation, random);
                  for (int t = 0; t < CHECKPOINTS; t++) {
                    values[t] += truth(t);
                  }
                  return score(
                      switch (which) {
                        case 0 -> naive(values, 3);
                        case 1 -> naive(values, 10);
                        case 2 -> confirmed(values, deviation, rule);
                        default -> confirmed(values, deviation, rule.withUndecided(10, false));
                      });
                });
        double median = Simulations.median(results, 0);
        table.row(
            deviation,
            new String[] {
                  "naive, patience 3",
                  "naive, patience 10",
                  "confirmed, patience 3, advancing (the default)",
                  "confirmed, patience 3, not advancing"
                }
                [r],
            median == CHECKPOINTS ? "never" : Simulations.format("%.0f", median),
            Simulations.share(results, 1),
            Simulations.format(
                "%.4f ± %.5f",
                Simulations.mean(results, 2), Simulations.deviation(results, 2) / Math.sqrt(RUNS)),
            Simulations.share(results, 3));
      }
    }
    return "## Early stopping on a sampled metric\n\n"
        + Simulations.format(
            "%d model checkpoints, true optimum at %d, min_delta %s, sampling noise AR(1) with"
                + " correlation %s between successive checkpoints; %,d runs a row. Premature:"
                + " stopped before the optimum with the true value more than 0.01 below it."
                + " Regret: true value of the optimum less that of the checkpoint that is kept."
                + " Advancing: an undecided gain becomes the checkpoint to beat and patience"
                + " starts anew. The judge is the engine's own, at alpha 0.05 telescoping,"
                + " one-sided.%n%n",
            CHECKPOINTS, OPTIMUM, MIN_DELTA, CORRELATION, RUNS)
        + table;
  }
}
