package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DistributionShiftTest {
  private static long[] counts(double[] shares) {
    return Arrays.stream(shares).mapToLong(s -> Math.round(1000 * s)).toArray();
  }

  @Test
  void indexAndDivergenceOfTheGoldenCase() {
    var golden = Golden.named("psi-js");
    var expected = golden.get("expected");
    long[] p = counts(Golden.doubles(golden.get("inputs").get("p")));
    long[] q = counts(Golden.doubles(golden.get("inputs").get("q")));
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(DistributionShift.stabilityIndex(p, q).index())
        .isCloseTo(expected.get("psi").asDouble(), within(tolerance));
    assertThat(DistributionShift.jensenShannon(p, q))
        .isCloseTo(expected.get("js_bits").asDouble(), within(tolerance));
    assertThat(DistributionShift.jensenShannon(p, q) * Math.log(2))
        .isCloseTo(expected.get("js_nats").asDouble(), within(tolerance));
  }

  @Test
  void distanceOfTheGoldenCase() {
    var golden = Golden.named("ks-ties");
    double[] a = Golden.doubles(golden.get("inputs").get("a"));
    double[] b = Golden.doubles(golden.get("inputs").get("b"));
    double d = golden.get("expected").get("d").asDouble();
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(DistributionShift.kolmogorovSmirnov(a, b)).isCloseTo(d, within(tolerance));
    assertThat(DistributionShift.kolmogorovSmirnov(b, a)).isCloseTo(d, within(tolerance));
  }

  @Test
  void theDistanceIsItsDefinition() {
    for (int seed = 0; seed < 30; seed++) {
      var random = new SplittableRandom(seed);
      double[] a = random.doubles(random.nextInt(1, 40)).map(x -> Math.rint(x * 9)).toArray();
      double[] b = random.doubles(random.nextInt(1, 40)).map(x -> Math.rint(x * 12)).toArray();
      double most = 0;
      for (double t = -1; t <= 13; t++) {
        double at = t;
        double fa = Arrays.stream(a).filter(x -> x <= at).count() / (double) a.length;
        double fb = Arrays.stream(b).filter(x -> x <= at).count() / (double) b.length;
        most = Math.max(most, Math.abs(fa - fb));
      }
      assertThat(DistributionShift.kolmogorovSmirnov(a, b))
          .as("seed %s", seed)
          .isCloseTo(most, within(1e-14));
    }
  }

  @Test
  void nothingAndEverything() {
    long[] same = {5, 10, 15};
    assertThat(DistributionShift.stabilityIndex(same, same).index()).isZero();
    assertThat(DistributionShift.stabilityIndex(same, same).pValue()).isEqualTo(1);
    assertThat(DistributionShift.jensenShannon(same, new long[] {1, 2, 3})).isZero();
    assertThat(DistributionShift.jensenShannon(new long[] {4, 0}, new long[] {0, 9})).isEqualTo(1);
    assertThat(DistributionShift.kolmogorovSmirnov(new double[] {0}, new double[] {-0.0})).isZero();
    assertThat(DistributionShift.kolmogorovSmirnov(new double[] {0}, new double[] {1}))
        .isEqualTo(1);
    // (0.5, 4.5) of 5 against (2.5, 2.5) of 5
    assertThat(DistributionShift.stabilityIndex(new long[] {0, 4}, new long[] {2, 2}).index())
        .isCloseTo(0.4 * Math.log(5) + 0.4 * Math.log(9 / 5.0), within(1e-14));
  }

  @Test
  void withoutAShiftThePValueIsSmallAsOftenAsItSays() {
    int small = 0;
    int runs = 500;
    for (int run = 0; run < runs; run++) {
      var random = new SplittableRandom(run);
      long[] a = new long[10];
      long[] b = new long[10];
      for (int i = 0; i < 2_000; i++) {
        a[random.nextInt(10)]++;
        b[random.nextInt(10)]++;
      }
      small += DistributionShift.stabilityIndex(a, b).pValue() < 0.05 ? 1 : 0;
    }
    // 4 standard deviations of a share of 500
    assertThat((double) small / runs).isCloseTo(0.05, within(0.039));
  }

  @Test
  void nonsenseIsRefusedByName() {
    assertThatThrownBy(() -> DistributionShift.stabilityIndex(new long[] {1}, new long[] {1}))
        .hasMessage("both sides must have the same 2 or more bins, got 1 and 1");
    assertThatThrownBy(() -> DistributionShift.jensenShannon(new long[] {1, 2}, new long[3]))
        .hasMessage("current must have at least one row");
    assertThatThrownBy(() -> DistributionShift.stabilityIndex(new long[] {1, -2}, new long[2]))
        .hasMessage("reference counts must be at least 0, got -2 (bin 1)");
    assertThatThrownBy(() -> DistributionShift.kolmogorovSmirnov(new double[0], new double[1]))
        .hasMessage("both sides must have values, got 0 and 1");
    assertThatThrownBy(
            () -> DistributionShift.kolmogorovSmirnov(new double[] {Double.NaN}, new double[1]))
        .hasMessage("score must be a number, got NaN (row 0)");
  }
}
