package dev.touchstone.metrics.simulation;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.sequential.AsymptoticSequence;
import dev.touchstone.metrics.sequential.BettingTest;
import dev.touchstone.metrics.sequential.BoundedBlock;
import dev.touchstone.metrics.sequential.EmpiricalBernstein;
import dev.touchstone.metrics.simulation.Simulations.Table;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Watching a paired difference grow from 200 to 20,000 of 100,000 examples, in 100 looks. */
final class PeekingSimulation {
  private static final int POPULATION = 100_000;
  private static final int LOOK = 200;
  private static final int LOOKS = 100;
  private static final int RUNS = 400;
  private static final double ALPHA = 0.05;
  private static final int PLANNED = 5_000;

  private static final String[] METHODS = {
    "fixed 95 % interval, peeked",
    "Bonferroni over 100 looks",
    "fixed interval, end only",
    "asymptotic CS",
    "asymptotic CS without replacement",
    "empirical Bernstein WoR, by value",
    "the same in blocks of 200",
    "betting WoR, by value",
    "the same in blocks of 200"
  };

  private PeekingSimulation() {}

  /** Decision flips: a share of +1 and -1. */
  private static double[] flips(double up, double down) {
    double[] d = new double[POPULATION];
    int ups = (int) Math.round(up * POPULATION);
    int downs = (int) Math.round(down * POPULATION);
    for (int i = 0; i < ups + downs; i++) {
      d[i] = i < ups ? 1 : -1;
    }
    return d;
  }

  /** Differences of squared errors: small, symmetric, some large. */
  private static double[] brier(double mean) {
    var random = new SplittableRandom(Simulations.SEED);
    double[] d = new double[POPULATION];
    double sum = 0;
    for (int i = 0; i < POPULATION; i++) {
      d[i] =
          Math.max(
              -0.9, Math.min(0.9, 0.035 * random.nextGaussian() * random.nextGaussian() * 1.4));
      sum += d[i];
    }
    for (int i = 0; i < POPULATION; i++) {
      d[i] += mean - sum / POPULATION;
    }
    return d;
  }

  private static double variance(double[] d) {
    double sum = 0;
    double squares = 0;
    for (double x : d) {
      sum += x;
      squares += x * x;
    }
    return squares / d.length - sum / d.length * sum / d.length;
  }

  /** The look at which each method first says "different", or 0. */
  private static double[] run(double[] population, double populationVariance, long seed) {
    var random = new SplittableRandom(seed);
    double[] d = population.clone();
    double[] first = new double[METHODS.length];
    var endless = AsymptoticSequence.withReplacement(ALPHA, PLANNED, populationVariance);
    var finite =
        AsymptoticSequence.withoutReplacement(ALPHA, POPULATION, PLANNED, populationVariance);
    var byValue = EmpiricalBernstein.withoutReplacement(ALPHA, POPULATION);
    var byBlock = EmpiricalBernstein.withoutReplacement(ALPHA, POPULATION);
    var betByValue = BettingTest.withoutReplacement(0.5, ALPHA, POPULATION);
    var betByBlock = BettingTest.withoutReplacement(0.5, ALPHA, POPULATION);
    double z = Intervals.z(1 - ALPHA);
    double bonferroni = Intervals.z(1 - ALPHA / LOOKS);
    double sum = 0;
    double squares = 0;
    for (int look = 1; look <= LOOKS; look++) {
      double[] block = new double[LOOK];
      for (int i = 0; i < LOOK; i++) {
        int at = (look - 1) * LOOK + i;
        int pick = random.nextInt(at, POPULATION);
        double x = d[pick];
        d[pick] = d[at];
        d[at] = x;
        sum += x;
        squares += x * x;
        block[i] = (x + 1) / 2;
        byValue.accept(block[i]);
        betByValue.accept(block[i]);
      }
      byBlock.accept(BoundedBlock.of(block));
      betByBlock.acceptBlock(block);
      int n = look * LOOK;
      double mean = sum / n;
      double variance = Math.max(squares / n - mean * mean, 1.0 / n);
      double error = Math.sqrt((squares / n - mean * mean) / n * (1 - (double) n / POPULATION));
      boolean[] says = {
        Math.abs(mean) > z * error,
        Math.abs(mean) > bonferroni * error,
        look == LOOKS && Math.abs(mean) > z * error,
        n >= 500 && Math.abs(mean) > endless.halfWidth(n, variance),
        n >= 500 && Math.abs(mean) > finite.halfWidth(n, variance),
        byValue.low() > 0.5 || byValue.high() < 0.5,
        byBlock.low() > 0.5 || byBlock.high() < 0.5,
        betByValue.rejected(),
        betByBlock.rejected()
      };
      for (int m = 0; m < says.length; m++) {
        first[m] = first[m] == 0 && says[m] && error > 0 ? n : first[m];
      }
    }
    return first;
  }

  static String run() {
    String[] names = {
      "flips 2 %, no difference",
      "flips 0.2 %, no difference",
      "Brier-like, no difference",
      "flips 2 %, true +0.006",
      "flips 0.2 %, true +0.002",
      "Brier-like, true +0.004"
    };
    double[][] populations = {
      flips(0.01, 0.01),
      flips(0.001, 0.001),
      brier(0),
      flips(0.013, 0.007),
      flips(0.002, 0),
      brier(0.004)
    };
    double[][][] results = new double[names.length][][];
    for (int s = 0; s < names.length; s++) {
      double[] population = populations[s];
      double variance = variance(population);
      long seed = Simulations.SEED + 1_000_003L * s;
      results[s] = Simulations.runs(RUNS, run -> run(population, variance, seed + run));
    }
    var alarms = new Table("false alarms within 100 looks", names[0], names[1], names[2]);
    var found = new Table("median n until found (found in)", names[3], names[4], names[5]);
    for (int m = 0; m < METHODS.length; m++) {
      String[] cells = new String[3];
      String[] detections = new String[3];
      for (int s = 0; s < 3; s++) {
        int method = m;
        double[][] alarm =
            Arrays.stream(results[s])
                .map(r -> new double[] {r[method] > 0 ? 1 : 0})
                .toArray(double[][]::new);
        cells[s] = Simulations.share(alarm, 0);
        double[][] late =
            Arrays.stream(results[s + 3])
                .map(r -> new double[] {r[method] == 0 ? 1e9 : r[method], r[method] > 0 ? 1 : 0})
                .toArray(double[][]::new);
        double median = Simulations.median(late, 0);
        detections[s] =
            (median < 1e9 ? Simulations.format("%.0f", median) : "–")
                + Simulations.format(" (%.0f %%)", 100 * Simulations.mean(late, 1));
      }
      alarms.row(METHODS[m], cells[0], cells[1], cells[2]);
      found.row(METHODS[m], detections[0], detections[1], detections[2]);
    }
    return "## Peeking: one paired difference watched while its sample grows\n\n"
        + Simulations.format(
            "%,d examples, drawn without replacement, a look every %d up to %,d; alpha %.2f; %d"
                + " runs a column. Boundaries tuned at n = %,d with the true variance; asymptotic"
                + " sequences speak from n = 500, with a variance of at least 1/n. Intervals"
                + " without a sequence name find differences sooner because they also find what is"
                + " not there. ± is the Monte-Carlo standard error.%n%n",
            POPULATION, LOOK, LOOK * LOOKS, ALPHA, RUNS, PLANNED)
        + alarms
        + "\n"
        + found;
  }
}
