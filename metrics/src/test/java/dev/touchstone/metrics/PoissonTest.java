package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.statistics.distribution.PoissonDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoissonTest {
  @Test
  void goldenInversionHolds() {
    var golden = Golden.named("poisson1-inversion");
    double[] u = Golden.doubles(golden.get("inputs").get("u"));
    for (int i = 0; i < u.length; i++) {
      assertThat(Poisson.of(1).invert(u[i]))
          .isEqualTo(golden.get("expected").get("k").get(i).asLong());
    }
    double[] cdf = Golden.doubles(golden.get("expected").get("cdf_0_to_7"));
    for (int k = 0; k < cdf.length; k++) {
      assertThat(Poisson.of(1).invert(cdf[k] - 2e-15)).isEqualTo(k);
      assertThat(Poisson.of(1).invert(cdf[k] + 2e-15)).isEqualTo(k + 1);
    }
  }

  @Test
  void splitMixVectorsHold() {
    var golden = Golden.named("splitmix64");
    long seed = golden.get("inputs").get("seed").asLong();
    for (int i = 0; i < 3; i++) {
      assertThat(Long.toUnsignedString(SplitMix64.at(seed, i)))
          .isEqualTo(golden.get("expected").get("outputs").get(i).asText());
    }
  }

  /** Chi-square over cells of at least 20 expected draws, at 5 standard deviations. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 5, 40, 256, 257, 1_000, 50_000})
  void drawsFollowTheDistribution(long mean) {
    int draws = 200_000;
    double[] values = new double[draws];
    Poisson.of(mean).fill(values, 77, 0);
    int spread = (int) (8 * Math.sqrt(mean)) + 12;
    long least = Math.max(0, mean - spread);
    double[] seen = new double[2 * spread + 2];
    for (double value : values) {
      seen[(int) Math.max(0, Math.min(seen.length - 1, value - least))]++;
    }
    var truth = PoissonDistribution.of(mean);
    double chiSquare = 0;
    double cellSeen = 0;
    double cellExpected = 0;
    int cells = 0;
    for (int i = 0; i < seen.length; i++) {
      cellSeen += seen[i];
      cellExpected += draws * truth.probability((int) (least + i));
      if (cellExpected >= 20) {
        chiSquare += Math.pow(cellSeen - cellExpected, 2) / cellExpected;
        cells++;
        cellSeen = 0;
        cellExpected = 0;
      }
    }
    assertThat(chiSquare)
        .as("mean %d, %d cells", mean, cells)
        .isLessThan(cells - 1 + 5 * Math.sqrt(2.0 * cells));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 17, 100, 256})
  void tablesHoldTheDistributionFunction(long mean) {
    var tabled = new Poisson(mean);
    var truth = PoissonDistribution.of(mean);
    for (int k = 0; k < mean + 5 * Math.sqrt(mean); k++) {
      double cdf = truth.cumulativeProbability(k);
      if (truth.probability(k) > 1e-9 && truth.probability(k + 1) > 1e-9) {
        assertThat(tabled.invert(cdf - 1e-11)).as("below P(X <= %d)", k).isEqualTo(k);
        assertThat(tabled.invert(cdf + 1e-11)).as("above P(X <= %d)", k).isEqualTo(k + 1);
      }
    }
    assertThat(tabled.invert(0)).isZero();
    assertThat(tabled.invert(Math.nextDown(1.0))).isGreaterThan(mean + (long) Math.sqrt(mean));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 17, 100, 256})
  void tabledDrawsAreThoseOfTheInversion(long mean) {
    var tabled = new Poisson(mean);
    double[] draws = new double[3_000];
    tabled.fill(draws, 9, 50);
    for (int i = 0; i < draws.length; i++) {
      assertThat(draws[i]).isEqualTo(tabled.invert(SplitMix64.unit(SplitMix64.at(9, 50 + i))));
    }
  }

  @Test
  void logarithmsOfFactorialsAreTheirSums() {
    double sum = 0;
    for (int k = 0; k < 1_000; k++) {
      sum += k < 2 ? 0 : Math.log(k);
      assertThat(Poisson.logFactorial(k)).as("ln %d!", k).isCloseTo(sum, within(1e-11));
    }
  }

  /** Hörmann's algorithm PTRS, step by step, with factorials as products. */
  @ParameterizedTest
  @ValueSource(longs = {257, 1_000})
  void rejectionIsHoermannsOnTheSameUniformNumbers(long mean) {
    double[] draws = new double[4_000];
    Poisson.of(mean).fill(draws, 3, 0);
    double[] logFactorials = new double[5_000];
    for (int k = 2; k < logFactorials.length; k++) {
      logFactorials[k] = logFactorials[k - 1] + Math.log(k);
    }
    double smu = Math.sqrt(mean);
    double b = 0.931 + 2.53 * smu;
    double a = -0.059 + 0.02483 * b;
    double vr = 0.9277 - 3.6224 / (b - 2);
    double alpha = 1.1239 + 1.1328 / (b - 3.4);
    for (int i = 0; i < draws.length; i++) {
      long stream = SplitMix64.at(3, i);
      double found = -1;
      for (int uniform = 0; found < 0; uniform += 2) {
        double u = SplitMix64.unit(SplitMix64.at(stream, uniform)) - 0.5;
        double v = SplitMix64.unit(SplitMix64.at(stream, uniform + 1));
        double us = 0.5 - Math.abs(u);
        double k = Math.floor((2 * a / us + b) * u + mean + 0.43);
        boolean atOnce = us >= 0.07 && v <= vr;
        boolean never = k < 0 || us < 0.013 && v > us;
        if (atOnce || !never && accepts(v * alpha / (a / (us * us) + b), k, mean, logFactorials)) {
          found = k;
        }
      }
      assertThat(draws[i]).as("draw %d", i).isEqualTo(found);
    }
  }

  private static boolean accepts(double ratio, double k, long mean, double[] logFactorials) {
    return Math.log(ratio) <= -mean + k * Math.log(mean) - logFactorials[(int) k];
  }

  @Test
  void drawsDependOnSeedAndIndexAlone() {
    for (long mean : new long[] {1, 300}) {
      double[] whole = new double[10];
      double[] part = new double[4];
      Poisson.of(mean).fill(whole, 5, 100);
      Poisson.of(mean).fill(part, 5, 106);
      assertThat(part).containsExactly(whole[6], whole[7], whole[8], whole[9]);
    }
  }

  @Test
  void meansBelowOneAreRefused() {
    assertThatThrownBy(() -> Poisson.of(0)).hasMessage("mean must be at least 1, got 0");
    assertThatThrownBy(() -> Poisson.of(257).invert(0.5))
        .hasMessage("mean must be at most 256, got 257.0");
    assertThat(SplitMix64.unit(-1)).isCloseTo(1, within(1e-15)).isLessThan(1);
  }
}
