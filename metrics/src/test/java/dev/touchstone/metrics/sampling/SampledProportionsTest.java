package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Accuracy, precision, recall and F1 of a stratified sample, with intervals for the whole set. */
class SampledProportionsTest {
  private static final List<String> METRICS = List.of("accuracy", "precision", "recall", "f1");
  private static final float[] SCORES = {1, 1, 0, 0}; // of TP, FP, FN, TN
  private static final int[] LABELS = {1, 0, 1, 0};

  private static StratumTally tally(long[]... cellsByStratum) {
    var tally = StratumTally.of(cellsByStratum.length, 0.5);
    for (int h = 0; h < cellsByStratum.length; h++) {
      for (int cell = 0; cell < 4; cell++) {
        for (long i = 0; i < cellsByStratum[h][cell]; i++) {
          tally.accept(h, SCORES[cell], LABELS[cell]);
        }
      }
    }
    return tally;
  }

  private static Map<String, Estimate> estimates(long[] populations, long[]... cellsByStratum) {
    return tally(cellsByStratum).result(populations).stream()
        .filter(e -> METRICS.contains(e.name()))
        .collect(Collectors.toMap(Estimate::name, e -> e));
  }

  /**
   * Three positives that were all seen, one of them missed, and 4 of 40 negatives, all right. R =
   * 42/43, V = 0, and n = N (R (1 - R) / N + 2 · 10 / N²) / (2 · 10 · 9 / N²) = 902 / 180.
   */
  @Test
  void anErrorOfAHeavyStratumThatShowedNoneIsAllowedFor() {
    var found = estimates(new long[] {3, 40}, new long[] {2, 0, 1, 0}, new long[] {0, 0, 0, 4});
    var accuracy = found.get("accuracy");
    assertThat(accuracy.finiteVariance()).isCloseTo(0, within(1e-30));
    assertThat(accuracy.trials().below()).isCloseTo(902 / 180.0, within(1e-12));
    var interval = TierOne.level(accuracy, 0.95).interval();
    assertThat(interval.method()).isEqualTo("wilson_unseen");
    assertThat(interval.target()).isEqualTo(Target.FINITE);
    assertThat(interval.low())
        .isEqualTo(Intervals.wilson(42 / 43.0, accuracy.trials().below(), 0.95).low());
    // negatives that were not seen are taken to be right already
    assertThat(interval.high()).isCloseTo(42 / 43.0, within(1e-12));
    // precision 2/2: one false alarm not seen would lower it, nothing can raise it
    var precision = TierOne.level(found.get("precision"), 0.95).interval();
    assertThat(precision.low()).isBetween(0.01, 0.99);
    assertThat(precision.high()).isEqualTo(1);
    // all positives were seen
    var recall = TierOne.level(found.get("recall"), 0.95).interval();
    assertThat(recall.low()).isEqualTo(recall.high()).isEqualTo(2 / 3.0);
    assertThat(recall.method()).isEqualTo("exact");
  }

  /** Without a true positive among all positives precision is 0, whatever was not seen. */
  @Test
  void whatCanNotBeHasNoAllowance() {
    var found = estimates(new long[] {3, 40}, new long[] {0, 0, 3, 0}, new long[] {0, 1, 0, 3});
    var precision = TierOne.level(found.get("precision"), 0.95).interval();
    assertThat(precision.low()).isZero();
    assertThat(precision.high()).isZero();
    assertThat(found.get("precision").trials())
        .isEqualTo(new Estimate.Trials(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY));
  }

  /** n / (1 - n/N), but for the n - 1 of a sample variance: Wilson needs no help there. */
  @Test
  void equalWeightsNeedNoAllowance() {
    var accuracy = estimates(new long[] {1_000}, new long[] {0, 7, 0, 193}).get("accuracy");
    for (double trials : new double[] {accuracy.trials().below(), accuracy.trials().above()}) {
      assertThat(trials).isBetween(199 / 0.8, 200 / 0.8);
    }
    var right = estimates(new long[] {1_000}, new long[] {0, 0, 0, 200}).get("accuracy");
    assertThat(right.trials().below()).isCloseTo(200 / 0.8, within(1e-9));
  }

  /** Computed row by row with NumPy, roots by its solver: src/test/python/sample_reference.py. */
  @Test
  void numpyFindsTheSameIntervals() throws IOException {
    List<String> lines;
    try (var in = getClass().getResourceAsStream("/sampling/intervals.csv")) {
      lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    }
    List<long[]> cells = new ArrayList<>();
    List<Long> populations = new ArrayList<>();
    int compared = 0;
    for (String line : lines) {
      String[] parts = line.split(",");
      switch (parts[0]) {
        case "case" -> {
          cells.clear();
          populations.clear();
        }
        case "stratum" -> {
          populations.add(Long.parseLong(parts[1]));
          cells.add(
              new long[] {
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                Long.parseLong(parts[4]),
                Long.parseLong(parts[5])
              });
        }
        case "metric" -> {
          var estimate =
              estimates(
                      populations.stream().mapToLong(n -> n).toArray(),
                      cells.toArray(long[][]::new))
                  .get(parts[1]);
          var value = TierOne.level(estimate, 0.95);
          String of = parts[1] + " after line " + lines.indexOf(line);
          // roots of a quadratic near 0 and 1 lose half of their digits
          assertThat(value.value()).as(of).isCloseTo(Double.parseDouble(parts[2]), within(1e-12));
          assertThat(value.interval().low())
              .as(of)
              .isCloseTo(Double.parseDouble(parts[3]), within(1e-7));
          assertThat(value.interval().high())
              .as(of)
              .isCloseTo(Double.parseDouble(parts[4]), within(1e-7));
          compared++;
        }
        default -> assertThat(line).startsWith("#");
      }
    }
    assertThat(compared).isGreaterThan(150);
  }

  @Test
  void intervalsLieWithinTheRangeAndNarrowWithTheSample() {
    for (int seed = 0; seed < 300; seed++) {
      var random = new SplittableRandom(seed);
      int strata = 1 + random.nextInt(6);
      long[][] once = new long[strata][4];
      long[][] twice = new long[strata][4];
      long[] populations = new long[strata];
      for (int h = 0; h < strata; h++) {
        boolean positive = random.nextBoolean();
        once[h][positive ? 0 : 3] = 2 + random.nextInt(60);
        once[h][positive ? 2 : 1] = random.nextInt(5);
        long n = once[h][0] + once[h][1] + once[h][2] + once[h][3];
        populations[h] = 2 * n + random.nextInt(3_000);
        for (int cell = 0; cell < 4; cell++) {
          twice[h][cell] = 2 * once[h][cell];
        }
      }
      var few = estimates(populations, once);
      var more = estimates(populations, twice);
      for (String metric : METRICS) {
        if (few.get(metric).isDefined()) {
          String of = metric + ", seed " + seed;
          var a = TierOne.level(few.get(metric), 0.95);
          var b = TierOne.level(more.get(metric), 0.95);
          assertThat(a.interval().low()).as(of).isBetween(0.0, a.value());
          assertThat(a.interval().high()).as(of).isBetween(a.value(), 1.0);
          assertThat(width(b)).as(of).isLessThanOrEqualTo(width(a));
        }
      }
    }
  }

  private static double width(MetricValue value) {
    return value.interval().high() - value.interval().low();
  }

  /** The last example to be seen takes the rest of the width away; it is small before. */
  @Test
  void widthGoesToNothingAsTheSampleBecomesTheSet() {
    double last = 1;
    for (long missing : new long[] {1_000, 100, 10, 1, 0}) {
      var estimate =
          estimates(
                  new long[] {50, 2_000},
                  new long[] {40, 0, 10, 0},
                  new long[] {0, 20, 0, 1_980 - missing})
              .get("f1");
      double width = width(TierOne.level(estimate, 0.95));
      assertThat(width).isLessThan(last);
      last = width;
    }
    assertThat(last).isZero();
  }

  /**
   * 2,000 draws from a set with 60 false alarms in a stratum of which 200 of 20,000 are seen: every
   * other sample shows none of them, and the variance alone takes them for nothing.
   */
  @Test
  void rareErrorsInThinStrataAreCovered() {
    long[] populations = {500, 1_000, 20_000};
    int[] errors = {150, 150, 60};
    int[] seen = {500, 300, 200};
    var truth = estimates(populations, whole(populations, errors));
    Map<String, Integer> covered = new TreeMap<>();
    Map<String, Integer> before = new TreeMap<>();
    int draws = 2_000;
    for (int draw = 0; draw < draws; draw++) {
      var random = new SplittableRandom(draw);
      long[][] cells = new long[3][4];
      for (int h = 0; h < 3; h++) {
        int wrong = wrong(random, (int) populations[h], errors[h], seen[h]);
        cells[h][h == 0 ? 2 : 1] = wrong;
        cells[h][h == 0 ? 0 : 3] = seen[h] - wrong;
      }
      var found = estimates(populations, cells);
      for (String metric : List.of("accuracy", "precision", "f1")) {
        double value = truth.get(metric).value();
        count(covered, metric, TierOne.level(found.get(metric), 0.95), value);
        var plain = found.get(metric).withTrials(null).wilson(Target.FINITE, 0.95);
        count(before, metric, plain, value);
      }
    }
    for (String metric : covered.keySet()) {
      // three Monte-Carlo errors of 0.005
      assertThat(covered.get(metric) / (double) draws).as(metric).isBetween(0.93, 0.995);
      assertThat(before.get(metric) / (double) draws).as(metric).isLessThan(0.9);
    }
  }

  private static void count(
      Map<String, Integer> hits, String metric, MetricValue value, double truth) {
    var interval = value.interval();
    boolean hit = interval.low() <= truth && truth <= interval.high();
    hits.merge(metric, hit ? 1 : 0, Integer::sum);
  }

  private static long[][] whole(long[] populations, int[] errors) {
    long[][] cells = new long[3][4];
    for (int h = 0; h < 3; h++) {
      cells[h][h == 0 ? 2 : 1] = errors[h];
      cells[h][h == 0 ? 0 : 3] = populations[h] - errors[h];
    }
    return cells;
  }

  /** How many of the errors are among so many drawn without replacement. */
  private static int wrong(SplittableRandom random, int population, int errors, int drawn) {
    int left = errors;
    for (int i = 0; i < drawn; i++) {
      left -= random.nextInt(population - i) < left ? 1 : 0;
    }
    return errors - left;
  }

  @Test
  void futureExamplesHaveTheIntervalTheyHad() {
    var accuracy =
        estimates(new long[] {30, 400}, new long[] {20, 0, 10, 0}, new long[] {0, 2, 0, 38})
            .get("accuracy");
    assertThat(accuracy.wilson(Target.SUPERPOPULATION, 0.95).interval())
        .isEqualTo(accuracy.withTrials(null).wilson(Target.SUPERPOPULATION, 0.95).interval());
    assertThatThrownBy(() -> new Estimate.Trials(1, Double.NaN))
        .hasMessage("trials must be above 0, got 1.0, NaN");
  }
}
